"""The whole answer: options side by side, in words, as JSON and as a page."""

import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest

from homeport.cost.simulation import words
from homeport.cost.simulation.compare import Comparison, Dynos, Question, compare
from homeport.cost.simulation.functions import FunctionPrices, FunctionSettings
from homeport.cost.simulation.page import render_page
from homeport.cost.simulation.profile import Profile
from homeport.cost.simulation.replay import Replay
from homeport.cost.simulation.search import Goal
from homeport.cost.simulation.service_time import lognormal
from homeport.cost.simulation.settings import Prices, Settings

START = datetime(2026, 9, 7, tzinfo=UTC)


def hours(days: int) -> Profile:
    hour = np.arange(days * 24)
    requests = 90_000 * (0.55 - 0.45 * np.cos(2 * np.pi * hour / 24))
    requests[24 * (days // 2) + 9] *= 3
    return Profile(START, 3600, requests, None, "CSV test.csv", ("a note",))


def question(days: int = 2, p95_ms: float = 600, name: str = "shop") -> Question:
    return Question(
        name=name,
        profile=hours(days),
        service=lognormal(80, 400, "given"),
        goal=Goal(p95_ms),
        prices=Prices(vcpu_hour_usd=0.04, gb_hour_usd=0.004),
        declared=Settings(256, 512, 2, 2, 10, 60),
        dynos=Dynos(4, workers=2, month_usd=200.0),
        function=FunctionSettings(512),
        function_prices=FunctionPrices(0.0000133, 0.0000002),
    )


@cache
def answer(days: int = 2, p95_ms: float = 600) -> Comparison:
    return compare(question(days, p95_ms))


def test_all_options_stand_side_by_side() -> None:
    assert [option.name for option in answer().options] == [
        "Heroku today",
        "homeport.yml",
        "cheapest",
        "cheapest fixed",
        "function",
    ]
    by_name = {option.name: option for option in answer().options}
    assert by_name["Heroku today"].month_usd == 200.0
    assert by_name["homeport.yml"].replay.settings == Settings(256, 512, 2, 2, 10, 60)
    assert answer().cheapest is by_name["cheapest"]


def test_every_option_serves_the_same_requests() -> None:
    total = hours(2).requests.sum()
    assert [option.replay.requests for option in answer().options] == pytest.approx([total] * 5)


def test_of_a_long_profile_the_choice_holds_over_all_of_it() -> None:
    found = answer(days=40)
    best = found.cheapest
    assert best is not None and best.holds and isinstance(best.replay, Replay)
    assert len(best.replay.workload.minutes) == 40 * 1440
    assert len(found.choices[0].replay.workload.minutes) == 28 * 1440
    assert "searched on the busiest 28 days" in words.assumptions(found.question)[-1]


def test_the_verdict_says_what_to_write() -> None:
    best = answer().cheapest
    assert best is not None and isinstance(best.replay, Replay)
    assert re.fullmatch(
        r"\d+ to \d+ tasks of .* CPU hold p95 ≤ 600 ms for \$\d+\.\d\d a month", words.verdict(answer())
    )
    assert words.yaml_lines(best.replay.settings)[2].startswith("scale: {min: ")


def test_an_impossible_goal_has_no_cheapest() -> None:
    found = answer(p95_ms=300)
    assert found.cheapest is None
    assert words.verdict(found).startswith("no settings hold p95 ≤ 300 ms: the quickest have 4")
    assert "too slow" in words.rows(found)[2]
    names = {option.name for option in found.options}
    assert {"quickest", "quickest fixed"} <= names and not {"cheapest", "cheapest fixed"} & names
    quickest = min(choice.replay.p95_ms for choice in found.choices)
    assert min(option.replay.p95_ms for option in found.options) <= quickest * 1.01
    assert "No settings hold" in render_page(found)


def test_the_table_has_a_row_for_each_option() -> None:
    rows = words.rows(answer())
    assert {len(row) for row in rows} == {len(words.COLUMNS)}
    assert rows[0][1] == "4 dynos with 2 workers"
    assert "cold starts" in rows[4][1]


def test_assumptions_name_what_changes_them() -> None:
    lines = words.assumptions(question())
    assert "a note" in lines
    for option in ("--service-time", "--cpu-share", "--start-seconds", "--min-tasks", "--seed"):
        assert any(option in line for line in lines), option


def test_the_document_is_json_without_numbers_that_are_none() -> None:
    document = json.loads(json.dumps(words.document(answer()), allow_nan=False))
    assert document["options"][2]["settings"]["target"] in (40, 50, 60, 70, 80)
    assert document["searched"] == len(answer().choices)
    assert document["traffic"]["days"] == 2


def test_the_same_question_has_the_same_answer() -> None:
    assert words.document(compare(question())) == words.document(answer())


def test_the_page_fetches_nothing_and_its_plots_are_well_formed() -> None:
    page = render_page(answer(days=40))
    assert not re.search(r"<script|<link|<img|url\(|@import|https?://", page)
    plots = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(plots) == 7  # three of the whole profile, three of its busiest day, cost and latency
    for plot in plots:
        svg = ElementTree.fromstring(plot)
        assert [child.tag for child in svg][:2] == ["title", "desc"]
        assert "nan" not in plot and "inf" not in plot


def test_names_are_escaped_in_the_page() -> None:
    page = render_page(replace(answer(), question=question(name='<b onload="x">')))
    assert "<b onload" not in page and "&lt;b onload" in page


def test_the_day_of_the_busiest_hour_is_drawn() -> None:
    assert "The day of the busiest hour, Tuesday 08 September 2026" in render_page(answer())


@pytest.mark.parametrize(
    ("value", "text"), [(12.3, "12 ms"), (9000, "9,000 ms"), (12_340, "12.3 s"), (float("nan"), "–")]
)
def test_milliseconds_are_readable(value: float, text: str) -> None:
    assert words.milliseconds(value) == text


def test_unknown_money_is_not_zero() -> None:
    assert words.usd(None) == "unknown"
    assert (words.usd(12.345), words.usd(1234.5)) == ("$12.35", "$1,234")
