"""The Heroku bill: what is billed, what a list price fills in, and what no line explains."""

from typing import Any

import pytest

from homeport.cost.heroku_bill import read_bill, reconcile
from homeport.cost.prices.book import load_book
from homeport.model.usage import Usage

BOOK = load_book()


def usage(*charges: dict[str, Any], invoices: tuple[tuple[str, int], ...] = ()) -> Usage:
    listed = [{"month": month, "total_cents": cents} for month, cents in invoices]
    return Usage.model_validate({"heroku": {"charges": list(charges), "invoices": listed}})


def test_what_heroku_bills_wins_over_the_list_price() -> None:
    (line,) = read_bill(usage({"item": "heroku-postgresql:standard-0", "cents": 4200}), BOOK).lines
    assert line.cents == 4200


@pytest.mark.parametrize(
    ("item", "cents"),
    [
        ("heroku-postgresql:premium-2", 35000),
        ("heroku-redis:premium-0", 1500),
        ("web: 4 x Performance-M", 100000),
        ("worker: 2 × standard-2x", 10000),
        ("web: 0.5 x Standard-1X", 1250),
        ("web: 1 x dyno-2c-4gb", 15000),
        ("space:private", 100000),
        ("scheduler:standard", 0),
    ],
)
def test_a_list_price_is_used_where_heroku_did_not_say(item: str, cents: int) -> None:
    (line,) = read_bill(usage({"item": item}), BOOK).lines
    assert line.cents == cents
    assert line.source.startswith("list price of 20")


def test_what_nobody_knows_is_unknown_and_not_free() -> None:
    bill = read_bill(usage({"item": "papertrail:volmar"}, {"item": "web: 2 x Enormous"}), BOOK)
    assert [line.cents for line in bill.unknown] == [None, None]
    assert bill.cents == 0


def test_eco_dynos_are_billed_once_an_account() -> None:
    charges = [{"app": app, "item": "web: 1 x Eco"} for app in ("a", "b", "c")]
    bill = read_bill(usage(*charges), BOOK)
    assert [line.cents for line in bill.lines] == [500, 0, 0]


def test_invoices_show_what_the_lines_do_not_explain() -> None:
    invoices = (("2026-10", 6500), ("2026-07", 1), ("2026-09", 5000), ("2026-08", 4000))
    bill = read_bill(usage({"item": "heroku-postgresql:standard-0"}, invoices=invoices), BOOK)
    assert [(r.month, r.unexplained_cents) for r in reconcile(bill)] == [
        ("2026-08", -1000),
        ("2026-09", 0),
        ("2026-10", 1500),
    ]


def test_what_stays_with_its_vendor_is_counted_on_both_sides() -> None:
    bill = read_bill(usage({"item": "sentry:team", "cents": 2900, "moves": False}, {"item": "x:y", "cents": 100}), BOOK)
    assert (bill.cents, bill.kept_cents) == (3000, 2900)


def test_a_bill_is_split_by_environment_and_an_invoice_is_not() -> None:
    charges = [{"environment": name, "item": "x:y", "cents": 100} for name in ("stage", "prod", "prod")]
    everything = usage(*charges, invoices=(("2026-10", 300),))
    assert read_bill(everything, BOOK).by(lambda charge: charge.environment) == {"prod": 200, "stage": 100}
    stage = read_bill(everything, BOOK, ["stage"])
    assert (stage.cents, stage.invoices) == (100, ())
