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
    assert document["layouts"][0]["break_even"]["dearer_services"] == 2
    assert document["not_in_the_estimate"]


@pytest.mark.parametrize("cut", ["by_kind", "by_environment", "by_service"])
def test_both_bills_are_cut_in_the_same_way_and_add_up(cut: str, team: Comparison) -> None:
    sides = render_json(team, BOOK)[cut]
    assert sum(side["heroku_cents"] for side in sides) == pytest.approx(team.bill.cents, abs=0.05)
    assert sum(side["aws_cents"] for side in sides) == pytest.approx(team.chosen.cents, abs=0.1)


def test_each_service_is_shown_in_each_environment(team: Comparison) -> None:
    sides = {(side["name"], side["environment"]): side for side in render_json(team, BOOK)["by_service"]}
    assert sides["billing", "stage"]["heroku_cents"] == 5900  # two Standard-1X and essential-1
    assert 0 < sides["billing", "stage"]["aws_cents"] < sides["billing", "prod"]["aws_cents"]
    kinds = {side["name"]: side for side in render_json(team, BOOK)["by_kind"]}
    assert kinds["vendors that stay"]["heroku_cents"] == kinds["vendors that stay"]["aws_cents"] == 12800
    assert kinds["databases"]["heroku_cents"] > 0 < kinds["caches"]["heroku_cents"]


def test_money_in_json_is_rounded_to_hundredths_of_cents_at_most(team: Comparison) -> None:
    for part in render_json(team, BOOK)["verdict"]["parts"]:
        assert part["aws_cents"] == round(part["aws_cents"], 2)


def test_every_line_tells_price_date_confidence_and_basis(team: Comparison) -> None:
    for line in render_json(team, BOOK)["lines"]:
        assert line["price"] and line["date"] and line["source"]
        assert (
            line["sku"] or line["usage_type"] or line["cents_high"] == 0 or line["price"] == "valkey.serverless.minimum"
        )
        assert line["confidence"] in ("H", "M", "L") and line["basis"] in ("fixed", "measured", "assumed")
        assert line["cents_low"] <= line["cents"] <= line["cents_high"]


def test_csv_has_every_line_and_column(team: Comparison) -> None:
    rows = list(csv.DictReader(io.StringIO(render_csv(team))))
    assert tuple(rows[0]) == COLUMNS
    heroku = [row for row in rows if row["side"] == "heroku"]
    aws = [row for row in rows if row["side"] == "aws"]
    assert len(aws) == len(team.chosen.estimate.lines)
    assert sum(float(row["cents"]) for row in aws) == pytest.approx(team.chosen.estimate.cents, abs=0.05)
    assert sum(float(row["cents"]) for row in heroku) == team.bill.cents
    assert {row["kind"] for row in heroku} >= {"compute", "databases", "caches", "watching"}


def test_csv_has_what_waits_for_a_price_without_cents() -> None:
    there = compare(make_platform(region="eu-west-2"), Usage(), BOOK)
    rows = list(csv.DictReader(io.StringIO(render_csv(there))))
    waiting = [row for row in rows if not row["cents"]]
    assert len(waiting) == len(there.chosen.estimate.unknown) and all("no price of" in row["note"] for row in waiting)


@pytest.mark.parametrize("item", ["=cmd()", "+1", "-1", "@a"])
def test_csv_holds_no_formula(item: str) -> None:
    use = Use(price="alb.hour", amount=fixed(1), item=item, kind="requests", region="us-east-1")
    (line,), _ = price_uses([use], BOOK)
    there = compare(make_platform(), Usage(), BOOK)
    option = replace(there.chosen, estimate=replace(there.chosen.estimate, lines=(line,)))
    (row,) = csv.DictReader(io.StringIO(render_csv(replace(there, options=(option,)))))
    assert row["item"] == f"'{item}"
    assert line_document(line)["item"] == item


def test_an_unknown_price_is_told_once_with_all_that_waits_for_it() -> None:
    there = compare(make_platform(2, region="eu-central-1"), Usage(), BOOK).chosen.estimate
    by_reason = {entry["reason"]: entry["items"] for entry in unknown_prices(there)}
    (images,) = [items for reason, items in by_reason.items() if "ecr.gb in eu-central-1" in reason]
    assert images == ["prod s0 images", "prod s1 images"]


def test_weak_prices_are_named_the_weakest_first(team: Comparison) -> None:
    there = compare(make_platform(region="eu-west-1"), Usage(), BOOK.filled_from("us-east-1")).chosen.estimate
    weak = weak_lines(there)
    assert {line.confidence for line in weak} == {"L", "M"}
    assert [line.confidence for line in weak] == sorted((line.confidence for line in weak), key="LM".index)
    assert len({line.price for line in weak}) == len(weak)
