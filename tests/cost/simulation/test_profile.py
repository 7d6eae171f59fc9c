"""Profiles become minutes."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from homeport.cost.simulation.profile import Profile, assumed_week, busiest, find_step_problem, make_profile
from homeport.errors import HomeportError

START = datetime(2026, 11, 2, tzinfo=UTC)


def profile(requests: list[float], step: int) -> Profile:
    return make_profile(START, step, tuple(requests), None, "test")


def test_hours_are_spread_evenly_over_their_minutes() -> None:
    minutes = profile([600, 0, 60], 3600).minutes()
    assert len(minutes) == 180 and minutes[0] == 10 and minutes[60] == 0 and minutes[-1] == 1


def test_seconds_are_added_up_to_minutes() -> None:
    assert profile([1, 2, 3, 4, 5, 6, 7], 20).minutes().tolist() == [6, 15, 7]


def test_a_seed_spreads_by_chance_and_always_alike() -> None:
    hours = profile([60_000] * 24, 3600)
    assert (hours.minutes(1) == hours.minutes(1)).all() and (hours.minutes(1) != hours.minutes(2)).any()
    assert hours.minutes(1).mean() == pytest.approx(1000, rel=0.01)
    assert hours.minutes(1).var() == pytest.approx(1000, rel=0.2)  # Poisson's


@pytest.mark.parametrize("step", [1, 30, 60, 3600, 86_400])
def test_steps_that_fit_minutes_are_taken(step: int) -> None:
    assert find_step_problem(step) == ""


@pytest.mark.parametrize("step", [0, -60, 7, 45, 90, 0.5, 86_460])
def test_steps_that_do_not_are_refused(step: float) -> None:
    assert "expected whole minutes" in find_step_problem(step)


def test_an_assumed_week_has_as_many_requests_as_the_month_says() -> None:
    week = assumed_week(7_300_000, "usage")
    assert week.requests.sum() / 168 * 730 == pytest.approx(7_300_000)
    assert week.requests.max() == pytest.approx(2 * week.requests.mean(), rel=0.05)


def test_the_busiest_part_begins_with_a_day() -> None:
    requests = np.ones(24 * 30)
    requests[24 * 12 + 5] = 1000
    part = busiest(profile(requests.tolist(), 3600), 2)
    assert part.start in (START + timedelta(days=11), START + timedelta(days=12))
    assert len(part.requests) == 48 and part.requests.max() == 1000


def test_a_short_profile_is_its_own_busiest_part() -> None:
    short = profile([1, 2, 3], 3600)
    assert busiest(short, 28) is short


def test_numbers_in_memory_are_checked_as_those_of_files() -> None:
    with pytest.raises(HomeportError) as caught:
        make_profile(START, 7, (1.0, float("nan"), -2.0), None, "api: apps/shop/router-metrics")
    assert len(caught.value.message.splitlines()) == 3
    assert "api: apps/shop/router-metrics: requests[1]: nan is not a number" in caught.value.message
