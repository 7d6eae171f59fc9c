"""The price book: its file, its tiers, and what it does not know."""

import datetime
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.cost.estimate import estimate
from homeport.cost.prices.book import (
    GLOBAL,
    HEROKU,
    SHIPPED,
    Price,
    PriceBook,
    Tier,
    book_of,
    load_book,
    parse_book,
    render_book,
)
from homeport.cost.prices.facts import build_book, load_facts
from homeport.errors import HomeportError
from tests.cost.platforms import load_team


def price(*tiers: tuple[float, float], free: float = 0, region: str = "us-east-1", id: str = "thing") -> Price:
    return Price(
        id=id,
        region=region,
        service="AmazonThing",
        unit="GB",
        tiers=tuple(Tier(above, usd) for above, usd in tiers),
        free=free,
        date="2026-10-01",
        source="a test",
        confidence="H",
    )


def test_the_shipped_book_is_what_the_facts_make_byte_for_byte() -> None:
    assert render_book(build_book(load_facts())).encode() == SHIPPED.read_bytes()


def test_every_shipped_price_has_a_source_a_date_and_a_unit() -> None:
    book = load_book()
    for found in book.prices.values():
        assert found.source and found.unit and found.confidence in ("H", "M", "L")
        assert datetime.date.fromisoformat(found.date) <= datetime.date.fromisoformat(book.date)


def test_the_book_names_the_regions_that_it_must() -> None:
    assert set(load_book().regions) == {"us-east-1", "eu-west-1", "eu-central-1"}


# What nobody publishes where it can be read without an account: `homeport prices refresh` reads them, and until then
# they are unknown and named. A price that is found goes from here.
GUARDED = {"guardduty.event", "guardduty.log-gb", "ses.mail"}
UNKNOWN: dict[str, set[str]] = {
    "us-east-1": set(),
    "eu-west-1": GUARDED,
    "eu-central-1": GUARDED | {"api.http.request", "config.item", "ecr.gb", "rds.backup"},
}


@pytest.mark.parametrize("region", UNKNOWN)
def test_prices_of_the_team_are_known_or_named(region: str) -> None:
    platform, usage = load_team()
    there = estimate(platform.model_copy(update={"region": region}), usage, load_book())
    assert {item.use.price for item in there.unknown} == UNKNOWN[region]


@pytest.mark.parametrize("region", UNKNOWN)
def test_spot_has_a_price_in_both_architectures_and_never_that_of_on_demand(region: str) -> None:
    book = load_book()
    for architecture, unit in product(("x86", "arm"), ("vcpu", "gb")):
        spot = book.find(f"fargate.{architecture}.{unit}.spot", region)
        listed = book.find(f"fargate.{architecture}.{unit}", region)
        assert spot and listed and spot.usd < listed.usd and spot.confidence == "M"


def test_a_source_that_is_not_listed_is_refused() -> None:
    facts = load_facts()
    facts["prices"]["alb.hour"]["us-east-1"] = [0.02, "NOBODY", "H"]
    with pytest.raises(KeyError, match="NOBODY"):
        build_book(facts)


def test_a_book_survives_its_file() -> None:
    book = load_book()
    assert parse_book(render_book(book), "book").prices == book.prices


def test_a_price_without_tiers_is_a_product() -> None:
    assert price((0, 0.09)).cents(50) == pytest.approx(450)


def test_free_units_are_not_billed() -> None:
    assert price((0, 0.5), free=5).cents(5) == 0
    assert price((0, 0.5), free=5).cents(7) == pytest.approx(100)


def test_each_tier_bills_what_lies_in_it() -> None:
    egress = price((0, 0.09), (10240, 0.085), (51200, 0.07))
    assert egress.cents(10240) == pytest.approx(92160)
    assert egress.cents(10241) == pytest.approx(92160 + 8.5)
    assert egress.cents(60000) == pytest.approx(100 * (10240 * 0.09 + 40960 * 0.085 + 8800 * 0.07))


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_more_never_costs_less(one: float, more: float) -> None:
    tiered = price((0, 0.09), (10240, 0.085), (51200, 0), free=100)
    assert tiered.cents(one + more) >= tiered.cents(one) - 1e-6


def test_a_price_is_never_taken_from_another_region() -> None:
    book = book_of("2026-10-01", [price((0, 1), region="us-east-1")])
    assert book.find("thing", "us-east-1")
    assert book.find("thing", "eu-west-1") is None


def test_a_global_price_is_that_of_every_region() -> None:
    assert book_of("2026-10-01", [price((0, 1), region=GLOBAL)]).find("thing", "eu-west-1")


def test_a_region_fills_another_only_on_demand_and_is_then_weak() -> None:
    there = price((0, 1), region="eu-west-1", id="other")
    book = book_of("2026-10-01", [price((0, 1)), there]).filled_from("us-east-1")
    found = book.find("thing", "eu-west-1")
    assert found and found.confidence == "L" and "us-east-1" in found.source
    assert book.find("other", "eu-west-1") == there
    assert book.find("thing", HEROKU) is None


def test_a_refreshed_book_wins_and_keeps_the_free_units() -> None:
    shipped = book_of("2026-01-01", [price((0, 1), free=5), price((0, 2), id="kept")])
    fresh = book_of("2026-10-01", [price((0, 0.5))])
    book = fresh.laid_over(shipped)
    assert book.find("thing", "us-east-1") == price((0, 0.5), free=5)
    assert book.find("kept", "us-east-1") == price((0, 2), id="kept")
    assert book.date == "2026-10-01"


def test_a_first_tier_that_is_free_is_not_given_twice() -> None:
    shipped = book_of("2026-01-01", [price((0, 1), free=5)])
    book = book_of("2026-10-01", [price((0, 0), (5, 1))]).laid_over(shipped)
    assert book.prices["thing", "us-east-1"].cents(10) == pytest.approx(500)


def test_one_price_twice_is_refused() -> None:
    with pytest.raises(HomeportError, match="thing in us-east-1: is there twice"):
        book_of("2026-10-01", [price((0, 1)), price((0, 2))])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"date": "soon", "prices": []}',
        '{"date": "2026-10-01", "prices": [{"id": "a"}]}',
        '{"date": "2026-10-01", "prices": [{"id": "a", "tiers": []}]}',
        render_book(book_of("2026-10-01", [replace(price((0, 1)), confidence="X")])),  # type: ignore[arg-type]
        render_book(book_of("2026-10-01", [price((5, 1), (0, 1))])),
        render_book(book_of("2026-10-01", [price((0, -1))])),
    ],
)
def test_what_is_no_book_is_refused_by_name(text: str) -> None:
    with pytest.raises(HomeportError, match=r"^mine\.json: is not a price book"):
        parse_book(text, "mine.json")


def test_the_age_of_a_book_is_counted_in_days() -> None:
    assert PriceBook("2026-10-01").age_days(datetime.date(2026, 11, 1)) == 31
