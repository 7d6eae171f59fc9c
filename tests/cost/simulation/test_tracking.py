"""Target tracking against traces worked out by hand from what AWS documents."""

import numpy as np
import pytest

from homeport.cost.simulation.tracking import Lanes, Timing, Trace, initial_state, new_trace, track

TIMING = Timing(start_seconds=120, scale_out_cooldown_seconds=60, scale_in_cooldown_seconds=300)


def follow(load: list[float], low: int = 1, high: int = 10, timing: Timing = TIMING, unit: float = 1e9) -> Trace:
    """One service whose target is 100 requests a minute for each task."""
    lanes = Lanes(np.array([unit]), np.array([0.01]), np.array([True]), np.array([float(low)]), np.array([float(high)]))
    trace = new_trace(len(load), 1)
    column = np.array(load)[:, None]
    track(column, np.zeros(1, np.int64), lanes, timing, initial_state(lanes, timing), trace)
    return trace


def runs(values: np.ndarray) -> list[tuple[int, int]]:
    """(first minute, value) of each stretch of equal values."""
    column = values[:, 0]
    return [(i, int(column[i])) for i in range(len(column)) if i == 0 or column[i] != column[i - 1]]


def test_the_third_datapoint_above_the_target_scales_out_in_proportion() -> None:
    trace = follow([100] * 5 + [300] * 20)
    assert runs(trace.desired) == [(0, 1), (8, 3)]  # minutes 5, 6 and 7 are above; 1 × 300 / 100
    assert runs(trace.running) == [(0, 1), (10, 3)]  # 120 s later


def test_two_datapoints_above_the_target_are_not_enough() -> None:
    assert runs(follow([100, 300, 300, 100, 300, 300, 100]).desired) == [(0, 1)]


def test_the_target_itself_is_not_above_it() -> None:
    assert runs(follow([100] * 40).desired) == [(0, 1)]


def test_capacity_is_rounded_up() -> None:
    assert runs(follow([210] * 30).desired) == [(0, 1), (3, 3)]  # 2.1 tasks


def test_while_the_first_tasks_start_the_same_load_adds_no_more() -> None:
    slow = Timing(start_seconds=600, scale_out_cooldown_seconds=0)
    assert runs(follow([500] * 30, timing=slow).desired) == [(0, 1), (3, 5)]


def test_during_the_cooldown_only_a_larger_scale_out_counts() -> None:
    trace = follow([300] * 4 + [500] * 20)  # wanted 3 at first; 5, of the one task that runs, a minute later
    assert runs(trace.desired) == [(0, 1), (3, 3), (5, 5)]


def test_the_cooldown_ends_after_its_tasks_run() -> None:
    # 3 wanted from minute 3, running from 5; 450 from minute 5 on is 150 for each: 3 × 1.5 is 5. The cool-down covers
    # minutes 3 to 5 (two to start, one of cool-down), so that minute 6 may act.
    assert runs(follow([300] * 5 + [450] * 20).desired) == [(0, 1), (3, 3), (7, 5)]


def test_the_fifteenth_datapoint_below_nine_tenths_scales_in() -> None:
    trace = follow([300] * 10 + [150] * 30, low=1)
    assert runs(trace.desired) == [(0, 1), (3, 3), (25, 2)]  # minutes 10 to 24; 3 × 50 / 100 is 1.5
    assert runs(trace.running)[-1] == (25, 2)  # who goes takes no requests from then on


def test_nothing_scales_in_between_nine_tenths_and_the_target() -> None:
    assert runs(follow([300] * 10 + [273] * 60).desired) == [(0, 1), (3, 3)]  # 91 %


def test_a_task_whose_loss_would_exceed_the_target_stays() -> None:
    assert runs(follow([200] * 10 + [110] * 60).desired) == [(0, 1), (3, 2)]  # 2 × 55 / 100 is 1.1: two


def test_one_datapoint_above_starts_the_fifteen_anew() -> None:
    trace = follow([300] * 10 + [150] * 14 + [300] + [150] * 20)
    assert runs(trace.desired) == [(0, 1), (3, 3), (40, 2)]


def test_the_cooldown_of_a_scale_in_holds_the_next_one_back() -> None:
    # 8 tasks; 400 a minute is half: 4 from minute 35 on. Then 100 from the same minute: 4 × 25 / 100 is 1, but the
    # alarm, which never left, may act again only when 5 minutes are over (minutes 35 to 39).
    trace = follow([800] * 20 + [400] * 15 + [100] * 30)
    assert runs(trace.desired) == [(0, 1), (3, 8), (35, 4), (41, 1)]


def test_a_scale_out_ends_the_cooldown_of_a_scale_in() -> None:
    trace = follow([800] * 20 + [400] * 15 + [900] * 30)
    assert runs(trace.desired)[:4] == [(0, 1), (3, 8), (35, 4), (38, 9)]


def test_minimum_and_maximum_hold() -> None:
    trace = follow([5000] * 30 + [0.0] * 60, low=2, high=6)
    assert {int(value) for value in trace.desired[:, 0]} == {2, 6}


def test_what_cannot_be_served_waits_and_leaves_after_the_time_limit() -> None:
    trace = follow([130.0] * 3 + [0.0] * 3, high=1, unit=100.0)
    assert trace.backlog[:, 0] == pytest.approx([30, 50, 50, 0, 0, 0])  # 30 s of 100 a minute is 50 requests


def test_tasks_that_start_at_once_run_in_the_next_minute() -> None:
    trace = follow([300] * 10, timing=Timing(start_seconds=0, scale_out_cooldown_seconds=0))
    assert runs(trace.running) == runs(trace.desired) == [(0, 1), (3, 3)]


def test_lanes_do_not_touch_each_other() -> None:
    load = np.random.default_rng(5).uniform(0, 900, (200, 3))
    numbers = np.arange(1.0, 4.0)
    lanes = Lanes(np.full(3, 200.0), np.full(3, 0.01), np.array([True, False, True]), numbers, numbers + 5)
    together = new_trace(200, 3)
    track(load, np.arange(3), lanes, TIMING, initial_state(lanes, TIMING), together)
    for lane in range(3):
        one, alone = lanes.of(np.array([lane])), new_trace(200, 1)
        track(load, np.array([lane]), one, TIMING, initial_state(one, TIMING), alone)
        assert (alone.desired[:, 0] == together.desired[:, lane]).all()
        assert (alone.backlog[:, 0] == together.backlog[:, lane]).all()
