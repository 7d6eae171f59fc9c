"""The search: what is in the grid, and that what it finds is the cheapest of it that holds."""

from datetime import UTC, datetime

import numpy as np
import pytest

from homeport.cost.simulation.replay import replay
from homeport.cost.simulation.search import (
    TASKS_MAX,
    Goal,
    candidates,
    frontier,
    judge,
    least_memory,
    search,
    workers_for,
)
from homeport.cost.simulation.service_time import lognormal
from homeport.cost.simulation.settings import Prices, Workload, slots
from homeport.errors import HomeportError
from homeport.model.fargate import find_size_problem

PRICES = Prices(vcpu_hour_usd=0.04, gb_hour_usd=0.004)


def daily(peak: float, days: int = 1) -> Workload:
    minute = np.arange(days * 1440)
    mean = peak * (0.55 - 0.45 * np.cos(2 * np.pi * minute / 1440))
    requests = np.random.default_rng(1).poisson(mean).astype(float)
    return Workload("shop", datetime(2026, 11, 2, tzinfo=UTC), requests, lognormal(80, 400))


def test_every_candidate_is_a_size_that_fargate_has() -> None:
    for settings in candidates(daily(3000)):
        assert find_size_problem(settings.cpu, settings.memory_mb) == ("", "")
        assert 1 <= settings.min <= settings.max <= TASKS_MAX
        assert (settings.target is None) == (settings.min == settings.max)


def test_no_two_candidates_do_the_same() -> None:
    grid = list(candidates(daily(3000)))
    does = {(s.cpu, s.memory_mb, slots(s, 0.5), s.min, s.max, s.target) for s in grid}
    assert len(does) == len(grid) > 100


def test_workers_and_memory_follow_herokus_rule() -> None:
    assert [workers_for(cpu) for cpu in (256, 1024, 2048, 4096)] == [2, 3, 5, 9]
    assert [workers_for(1024, memory) for memory in (256, 512, 2048)] == [1, 2, 3]
    assert least_memory(256, 2) == 512
    assert least_memory(256, 9) is None


def test_the_first_is_the_cheapest_of_those_that_hold() -> None:
    found = search(daily(3000), PRICES, Goal(600))
    holding = [choice for choice in found if choice.holds]
    assert found[: len(holding)] == holding and 0 < len(holding) < len(found)
    assert found[0].month_usd == min(choice.month_usd for choice in holding)
    assert all(choice.replay.p95_ms <= 600 for choice in holding)


def test_what_is_found_holds_when_it_is_replayed_alone() -> None:
    workload, goal = daily(3000), Goal(600)
    best = search(workload, PRICES, goal)[0]
    [again] = replay([(workload, best.replay.settings)])
    assert judge(again, PRICES, goal).month_usd == pytest.approx(best.month_usd)
    assert judge(again, PRICES, goal).holds


def test_following_a_strong_day_is_cheaper_than_any_fixed_number() -> None:
    found = search(daily(20_000, days=1), PRICES, Goal(600))
    cheapest = {fixed: next(c for c in found if (c.replay.settings.target is None) == fixed) for fixed in (False, True)}
    assert cheapest[False].month_usd < 0.9 * cheapest[True].month_usd


def test_an_impossible_goal_is_held_by_none() -> None:
    assert not any(choice.holds for choice in search(daily(500), PRICES, Goal(399)))


def test_two_tasks_at_least_where_they_are_asked_for() -> None:
    assert min(settings.min for settings in candidates(daily(100), tasks_min=2)) == 2


def test_what_no_grid_can_serve_is_said() -> None:
    with pytest.raises(HomeportError, match="its busiest minute needs more than 500 tasks of 4 vCPU"):
        search(daily(5e7), PRICES, Goal(600))


def test_the_frontier_holds_what_nothing_beats() -> None:
    found = search(daily(3000), PRICES, Goal(600))
    best = frontier(found)
    assert [choice.month_usd for choice in best] == sorted(choice.month_usd for choice in best)
    for choice in found:
        assert any(b.month_usd <= choice.month_usd and b.replay.p95_ms <= choice.replay.p95_ms for b in best)
