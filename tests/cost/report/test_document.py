"""JSON and CSV: everything, and nothing that a spreadsheet would run."""

import csv
import io
import json
from dataclasses import replace

import pytest

from homeport.cost.compare import Comparison, compare
from homeport.cost.line import Use, fixed
from homeport.cost.prices.book import load_book
from homeport.cost.pricing import price_uses
from homeport.cost.report.document import COLUMNS, line_document, render_csv, render_json, unknown_prices, weak_lines
from homeport.model.usage import Usage
from tests.cost.platforms import load_team, make_platform

BOOK = load_book()


@pytest.fixture(scope="module")
def team() -> Comparison:
    return compare(*load_team(), BOOK)


def test_json_holds_both_bills_and_adds_up(team: Comparison) -> None:
    document = json.loads(json.dumps(render_json(team, BOOK), allow_nan=False))
    assert sum(line["cents"] for line in document["lines"]) == pytest.approx(document["aws"]["cents"], abs=0.05)
    assert sum(line["cents"] for line in document["heroku"]["lines"]) == document["heroku"]["cents"]
    assert document["verdict"]["saving_percent"] >= 35
    assert [month["month"] for month in document["heroku"]["invoices"]] == ["2026-08", "2026-09", "2026-10"]
    assert {layout["layout"] for layout in document["layouts"]} == {option.layout.name for option in team.options}
    assert document["layouts"][0]["break_even_cents"] == pytest.approx(team.chosen.break_even_cents, abs=0.01)


def test_every_line_tells_price_date_confidence_and_basis(team: Comparison) -> None:
    for line in render_json(team, BOOK)["lines"]:
        assert line["price"] and line["date"] and line["source"]
        assert line["confidence"] in ("H", "M", "L") and line["basis"] in ("fixed", "measured", "assumed")
        assert line["cents_low"] <= line["cents"] <= line["cents_high"]


def test_csv_has_every_line_and_column(team: Comparison) -> None:
    rows = list(csv.DictReader(io.StringIO(render_csv(team.chosen.estimate))))
    assert len(rows) == len(team.chosen.estimate.lines)
    assert tuple(rows[0]) == COLUMNS
    assert sum(float(row["cents"]) for row in rows) == pytest.approx(team.chosen.estimate.cents, abs=0.05)


@pytest.mark.parametrize("item", ["=cmd()", "+1", "-1", "@a"])
def test_csv_holds_no_formula(item: str) -> None:
    use = Use(price="alb.hour", amount=fixed(1), item=item, kind="requests", region="us-east-1")
    (line,), _ = price_uses([use], BOOK)
    there = compare(make_platform(), Usage(), BOOK).chosen.estimate
    (row,) = csv.DictReader(io.StringIO(render_csv(replace(there, lines=(line,)))))
    assert row["item"] == f"'{item}"
    assert line_document(line)["item"] == item


def test_an_unknown_price_is_told_once_with_all_that_waits_for_it() -> None:
    there = compare(make_platform(2, region="eu-central-1"), Usage(), BOOK).chosen.estimate
    by_reason = {entry["reason"]: entry["items"] for entry in unknown_prices(there)}
    (images,) = [items for reason, items in by_reason.items() if "ecr.gb in eu-central-1" in reason]
    assert images == ["prod s0 images", "prod s1 images"]


def test_weak_prices_are_named_the_weakest_first(team: Comparison) -> None:
    there = compare(make_platform(region="eu-central-1"), Usage(), BOOK).chosen.estimate
    weak = weak_lines(there)
    assert {line.confidence for line in weak} == {"L", "M"}
    assert [line.confidence for line in weak] == sorted((line.confidence for line in weak), key="LM".index)
    assert len({line.price for line in weak}) == len(weak)
