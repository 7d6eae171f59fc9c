"""Capacity units of a load balancer: the largest of four dimensions, all of the same hour."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.cost.lcu import Load, lcus, load_of_requests


@pytest.mark.parametrize(
    ("load", "units"),
    [
        (Load(), 0),
        (Load(new_connections_per_second=25), 1),
        (Load(active_connections_per_minute=3000), 1),
        (Load(gb_per_hour=1), 1),
        (Load(gb_per_hour_functions=0.4), 1),
        (Load(requests_per_second=1000, rules_per_request=11), 1),
        (Load(requests_per_second=1000, rules_per_request=10), 0),  # the first ten rules are free
        (Load(new_connections_per_second=50, active_connections_per_minute=3000, gb_per_hour=1.5), 2),
    ],
)
def test_the_largest_dimension_counts(load: Load, units: float) -> None:
    assert lcus(load) == pytest.approx(units)


def test_connections_are_per_second_and_not_divided_by_a_month() -> None:
    """2,500 new connections a second are 100 units in each hour: $584 a month, not $2 as estimators that mix time
    bases have it."""
    units = lcus(Load(new_connections_per_second=2500))
    assert units == 100
    assert units * 730 * 0.008 == pytest.approx(584)


def test_a_months_gigabytes_are_spread_over_its_hours() -> None:
    load = load_of_requests(per_month=1_000_000, response_kb=730, duration_ms=0)
    assert load.gb_per_hour == pytest.approx(1)


def test_a_million_requests_a_month_are_hardly_a_unit() -> None:
    assert lcus(load_of_requests(1_000_000, response_kb=20, duration_ms=150)) == pytest.approx(0.0274, abs=1e-3)


@given(*(st.floats(0, 1e6) for _ in range(4)))
def test_more_of_anything_never_needs_fewer_units(one: float, more: float, kb: float, ms: float) -> None:
    assert lcus(load_of_requests(one + more, kb, ms)) >= lcus(load_of_requests(one, kb, ms)) - 1e-9
    assert lcus(load_of_requests(one, kb + more, ms)) >= lcus(load_of_requests(one, kb, ms)) - 1e-9
