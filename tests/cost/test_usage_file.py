"""homeport.usage.yml: every mistake with its line, and names that homeport.yml does not have."""

import re
from pathlib import Path

import pytest
import yaml

from homeport.cost.compare import compare
from homeport.cost.layout import WORDS
from homeport.cost.prices.book import load_book
from homeport.cost.report.chart import dollars
from homeport.cost.usage_file import load_usage, strangers
from homeport.errors import HomeportError
from homeport.model.usage import Usage
from tests.cost.platforms import FOLDER, load_team, make_platform


def write(folder: Path, text: str) -> Path:
    file = folder / "homeport.usage.yml"
    file.write_text(text)
    return file


def test_the_teams_file_is_read() -> None:
    platform, usage = load_team()
    assert load_usage(FOLDER / "homeport.usage.yml") == usage
    assert strangers(usage, platform) == []


def test_a_plain_number_is_measured(tmp_path: Path) -> None:
    usage = load_usage(write(tmp_path, "environments: {prod: {nat_gb: 12.5}}"))
    quantity = usage.environments["prod"].nat_gb
    assert quantity and (quantity.typical, quantity.basis) == (12.5, "measured")


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    assert load_usage(write(tmp_path, "")) == Usage()


def test_all_mistakes_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    text = "heroku:\n  charges:\n    - {item: a, cents: -5}\nenvironments:\n  prod:\n    nat_bg: 3\n    mails: .inf\n"
    with pytest.raises(HomeportError) as caught:
        load_usage(write(tmp_path, text))
    lines = caught.value.message.splitlines()
    assert any(":3: heroku.charges[0].cents" in line for line in lines)
    assert any(":6: environments.prod.nat_bg: unknown key (did you mean 'nat_gb'?)" in line for line in lines)


@pytest.mark.parametrize("value", [".inf", "inf", "nan", ".nan"])
def test_what_is_no_number_of_anything_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(HomeportError, match=r"homeport\.usage\.yml:1: environments\.prod"):
        load_usage(write(tmp_path, f"environments: {{prod: {{mails: {value}}}}}"))


@pytest.mark.parametrize("text", ["[]", "- a", "a: [", "a: 1\na: 2"])
def test_what_is_no_usage_is_refused_by_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(HomeportError, match="homeport.usage.yml"):
        load_usage(write(tmp_path, text))


def test_names_that_the_platform_does_not_have_are_told() -> None:
    said = {"services": {"s9": {}, "s0": {"tasks": {"wbe": 1}}}, "data": {"chache": {}}}
    usage = Usage.model_validate({"environments": {"prdo": {}, "prod": said}})
    assert strangers(usage, make_platform()) == [
        "environment prdo: not in homeport.yml (did you mean 'prod'?)",
        "prod: services.s9: not in homeport.yml",
        "prod: data.chache: not in homeport.yml (did you mean 'cache'?)",
        "prod: services.s0.tasks.wbe: no such process (did you mean 'web'?)",
    ]


def test_the_example_of_the_guide_is_right_and_names_every_layout() -> None:
    guide = (Path(__file__).parents[2] / "docs/how-to/see-what-aws-would-cost.md").read_text()
    sample = Usage.model_validate(yaml.safe_load(guide.partition("```yaml\n")[2].partition("```")[0]))
    assert len(sample.heroku.charges) == 3 and sample.environments["prod"].services["shop"].tasks
    words = set(re.findall(r"`([\w=-]+)`", guide.partition("## Layouts")[2].partition("Several words")[0]))
    assert words >= {*WORDS, "default", "nat=N"}


def test_the_guide_quotes_what_the_team_pays() -> None:
    guide = (Path(__file__).parents[2] / "docs/how-to/see-what-aws-would-cost.md").read_text()
    comparison = compare(*load_team(), load_book())
    for amount in (comparison.bill.cents, comparison.chosen.cents):
        assert dollars(amount / 100) in guide
    saved = 100 * (comparison.bill.cents - comparison.chosen.cents) / comparison.bill.cents
    assert f"{saved:.1f}% less on AWS" in guide
