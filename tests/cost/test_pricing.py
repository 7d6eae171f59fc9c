"""Uses → lines: shared free units and tiers, and what is unknown."""

import pytest

from homeport.cost.line import Use, assumed, fixed
from homeport.cost.prices.book import load_book
from homeport.cost.pricing import price_uses

BOOK = load_book()


def logs(gb: float, part: str, region: str = "us-east-1") -> Use:
    return Use(price="logs.in", amount=fixed(gb), item="logs", kind="watching", part=part, region=region)


def test_free_units_are_given_once_to_all_and_shared_by_quantity() -> None:
    lines, _ = price_uses([logs(6, "one"), logs(4, "two")], BOOK)
    assert [line.cents for line in lines] == pytest.approx([150, 100])  # 5 of 10 GB are free


def test_free_units_are_not_given_again_in_another_region() -> None:
    lines, _ = price_uses([logs(5, "one"), logs(1, "two", "eu-west-1")], BOOK)
    assert [line.cents for line in lines] == pytest.approx([0, 57])


def test_tiers_are_those_of_all_uses_together() -> None:
    use = Use(price="transfer.out", amount=fixed(10290), item="a", kind="network", region="us-east-1")
    lines, _ = price_uses([use, use], BOOK)
    assert sum(line.cents for line in lines) == pytest.approx(100 * (10240 * 0.09 + 10240 * 0.085))


def test_low_typical_and_high_are_priced_each() -> None:
    use = Use(price="logs.in", amount=assumed(1, 7, 15, "a guess"), item="a", kind="watching", region="us-east-1")
    (line,), _ = price_uses([use], BOOK)
    assert (line.cents_low, line.cents, line.cents_high) == pytest.approx((0, 100, 500))
    assert line.basis == "assumed"


def test_a_line_names_its_price_with_date_source_and_confidence() -> None:
    (line,), _ = price_uses([logs(6, "one", "eu-central-1")], BOOK)
    assert (line.price, line.region, line.confidence) == ("logs.in", "eu-central-1", "H")
    assert line.date and line.source and line.unit_usd == 0.63


def test_an_unknown_price_is_named_and_in_no_sum() -> None:
    use = Use(price="valkey.cache.t4g.micro", amount=fixed(1), item="a", kind="caches", region="eu-west-2")
    lines, (unknown,) = price_uses([use], BOOK)
    assert lines == ()
    assert unknown.reason.startswith("no price of valkey.cache.t4g.micro in eu-west-2; known in ")


def test_a_use_of_nothing_is_no_line() -> None:
    lines, unknown = price_uses([logs(0, "none")], BOOK)
    assert (lines, unknown) == ((), ())
