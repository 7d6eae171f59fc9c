"""`homeport estimate` and `homeport prices`, as they are typed."""

import csv
import io
import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from homeport.cli.estimate import estimate
from homeport.cli.prices import prices
from homeport.cost.prices.book import load_book
from homeport.errors import HomeportError
from tests.cost.platforms import FOLDER
from tests.cost.prices.lists import csv_list, product

TOLD = (
    "Heroku      $4,476",
    "36.9% less on AWS",
    "Invoice of 2026-10: $4,551, unexplained by the lines: $75.25",
    "shop",
    "vendors that stay",
    "Breaks even",
    "$496 to $1,030",
    "Move, laid out as arm (",
    "that Homeport builds today",
    "not in this estimate: Grafana",
)


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """homeport.yml of the reference team, with its code's folders and its usage beside it."""
    for name in ("homeport.yml", "homeport.usage.yml"):
        shutil.copy(FOLDER / name, tmp_path / name)
    for service in yaml.safe_load((tmp_path / "homeport.yml").read_text())["services"]:
        (tmp_path / service).mkdir()
    return tmp_path / "homeport.yml"


def run(file: Path, *arguments: str, command: object = estimate) -> Result:
    return CliRunner().invoke(command, arguments, obj=file, catch_exceptions=False)  # type: ignore[arg-type]


def test_both_bills_stand_side_by_side_and_fit_a_narrow_window(team: Path) -> None:
    result = run(team)
    assert result.exit_code == 0
    for text in TOLD:
        assert text in result.stdout
    tables = [line for line in result.stdout.splitlines() if re.match(r"\S+ .*\$", line) and not line.startswith("-")]
    assert max(len(line.rstrip()) for line in tables) <= 100


def test_every_line_is_printed_on_demand(team: Path) -> None:
    assert "NAT gateways" not in run(team).stdout.partition("Layout")[0]
    lines = run(team, "--lines").stdout
    assert "PostgreSQL db.m7g.large with a standby" in lines
    assert re.search(r"2 NAT gateways .* 0\.045 .* 2026-08-10 +M2YSHUBETB3JX4M4", lines)
    assert re.search(r"1 NAT gateway  ", lines)
    assert re.search(r"\n(billing|) +stage +\$59\.00", lines)


def test_json_and_csv_are_clean_on_stdout(team: Path) -> None:
    document = json.loads(run(team, "--json", "--environment", "prod").stdout)
    assert document["environments"] == ["prod"]
    rows = list(csv.DictReader(io.StringIO(run(team, "--csv").stdout)))
    assert {row["environment"] for row in rows} == {"stage", "prod", ""}
    assert {row["side"] for row in rows} == {"heroku", "aws"}
    assert run(team, "--json", "--csv").exit_code == 2


def test_without_a_usage_file_everything_is_assumed_and_said(team: Path) -> None:
    team.with_name("homeport.usage.yml").unlink()
    result = run(team)
    assert result.exit_code == 0
    assert "homeport.usage.yml: does not exist" in result.stderr
    assert "Heroku     unknown" in result.stdout
    assert "prod: nothing is measured, all traffic and logs are assumed" in result.stdout


def test_a_usage_file_that_was_named_has_to_be_there(team: Path) -> None:
    with pytest.raises(HomeportError, match=r"mine\.yml: does not exist"):
        run(team, "--usage", str(team.with_name("mine.yml")))


def test_without_a_platform_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(HomeportError, match=r"homeport\.yml: does not exist"):
        run(tmp_path / "homeport.yml")


def test_a_layout_or_environment_that_is_not_known_is_named(team: Path) -> None:
    with pytest.raises(HomeportError, match="layout: upside-down: not known"):
        run(team, "--layout", "upside-down")
    with pytest.raises(HomeportError, match="environment qa: is not declared"):
        run(team, "--environment", "qa")


def test_names_that_are_in_the_usage_alone_are_told(team: Path) -> None:
    usage = team.with_name("homeport.usage.yml")
    usage.write_text(usage.read_text().replace("      billing: {requests", "      biling: {requests"))
    assert "prod: services.biling: not in homeport.yml (did you mean 'billing'?)" in run(team).stderr


def test_a_page_and_a_usage_file_for_infracost_are_written(team: Path) -> None:
    page, usage = team.with_name("estimate.html"), team.with_name("infracost-usage.yml")
    result = run(team, "--html", str(page), "--infracost", str(usage))
    assert f"{page} is written" in result.stderr.replace("\n", "")
    assert page.read_text().startswith("<!doctype html>")
    document = yaml.safe_load(usage.read_text())
    assert "environment prod" in usage.read_text()
    requests = document["resource_usage"]["module.api.aws_apigatewayv2_api.this"]["monthly_requests"]
    assert requests == 49_000_000  # measured, of six services
    assert document["resource_usage"]["module.network.aws_nat_gateway.this[*]"]["monthly_data_processed_gb"] == 90


def test_unknown_prices_are_filled_only_on_demand(team: Path) -> None:
    team.write_text(team.read_text().replace("region: us-east-1", "region: eu-central-1"))
    unknown = run(team).stdout
    assert "no price of api.http.request in eu-central-1" in unknown
    filled = run(team, "--fill-from", "us-east-1").stdout
    assert "unknown:" not in filled and "api.http.request (L)" in filled
    with pytest.raises(HomeportError, match="region mars-1: has no prices"):
        run(team, "--fill-from", "mars-1")


def test_prices_are_refreshed_from_a_folder_and_then_used(team: Path, tmp_path: Path) -> None:
    lists = tmp_path / "lists"
    lists.mkdir()
    dear = [product("SKU9", "NatGateway-Hours", ("0", "Inf", "1.045"), operation="NatGateway")]
    (lists / "index.csv").write_text(csv_list("AmazonEC2", dear))
    before = json.loads(run(team, "--json").stdout)["aws"]["cents"]
    result = run(team, "refresh", "--from", str(lists), "--region", "us-east-1", command=prices)
    assert result.exit_code == 0 and "nat.hour" in result.stdout
    document = json.loads(run(team, "--json").stdout)
    assert document["aws"]["cents"] == pytest.approx(before + 3 * 730 * 100)
    (line,) = [line for line in document["lines"] if line["price"] == "nat.hour" and line["environment"] == "stage"]
    assert (line["sku"], line["date"]) == ("SKU9", "2026-10-02")


def test_an_ambiguous_price_is_refused_alone_and_fails(team: Path, tmp_path: Path) -> None:
    lists = tmp_path / "lists"
    lists.mkdir()
    twins = [product(sku, "NatGateway-Hours", ("0", "Inf", "1"), operation="NatGateway") for sku in ("A", "B")]
    clear = product("C", "NatGateway-Bytes", ("0", "Inf", "0.046"), operation="NatGateway")
    (lists / "index.csv").write_text(csv_list("AmazonEC2", [*twins, clear]))
    with pytest.raises(HomeportError, match="1 prices are ambiguous"):
        run(team, "refresh", "--from", str(lists), "--region", "us-east-1", command=prices)
    book = load_book(team.with_name("homeport.prices.json"))
    assert book.prices["nat.gb", "us-east-1"].usd == 0.046
    assert book.prices["nat.hour", "us-east-1"] == load_book().prices["nat.hour", "us-east-1"]


def test_prices_are_shown_by_name_and_region(tmp_path: Path) -> None:
    result = run(tmp_path / "homeport.yml", "show", "fargate.arm", "--region", "us-east-1", command=prices)
    assert "0.03238" in result.stdout and "x86" not in result.stdout
    every = json.loads(run(tmp_path / "homeport.yml", "show", "--json", command=prices).stdout)
    assert len(every) == len(load_book().prices)


def test_names_from_the_bill_are_printed_as_they_are(team: Path) -> None:
    usage = team.with_name("homeport.usage.yml")
    usage.write_text(usage.read_text().replace('item: "papertrail:volmar"', 'part: "[red]logs[/red]", item: "a[b]"'))
    assert "[red]logs[/red]" in run(team).stdout
