"""Whole replays: days side by side, what is billed, and what a size can do."""

import heapq
from datetime import UTC, datetime

import numpy as np
import pytest

from homeport.cost.simulation import tracking
from homeport.cost.simulation.replay import _lanes, latency_over_time, replay
from homeport.cost.simulation.service_time import exponential, lognormal
from homeport.cost.simulation.settings import Prices, Settings, Workload, slots, stretch
from homeport.cost.simulation.tracking import Timing

START = datetime(2026, 11, 2, tzinfo=UTC)


def workload(minutes: np.ndarray, cpu_share: float = 0.5) -> Workload:
    return Workload("shop", START, minutes, lognormal(80, 400), cpu_share)


def daily(days: int, peak: float = 3000.0, seed: int = 1) -> np.ndarray:
    minute = np.arange(days * 1440)
    mean = peak * (0.55 - 0.45 * np.cos(2 * np.pi * minute / 1440))
    return np.random.default_rng(seed).poisson(mean).astype(float)


SETTINGS = Settings(cpu=512, memory_mb=1024, workers=4, min=2, max=20, target=60)


@pytest.mark.parametrize("length", [100, 1440, 5 * 1440, 5 * 1440 + 77])
@pytest.mark.parametrize("peak", [50.0, 3000.0, 30_000.0])  # nothing to do, something, far too much
def test_days_side_by_side_are_one_pass_from_beginning_to_end(length: int, peak: float) -> None:
    row = (workload(daily(6, peak)[:length]), SETTINGS)
    [found] = replay([row], keep_series=True)
    lanes, timing = _lanes([row]), Timing()
    trace = tracking.new_trace(length, 1)
    load = row[0].minutes[:, None]
    tracking.track(load, np.zeros(1, np.int64), lanes, timing, tracking.initial_state(lanes, timing), trace)
    assert found.series is not None
    assert (found.series.desired == trace.desired[:, 0]).all()
    assert (found.series.running == trace.running[:, 0]).all()
    assert (found.series.backlog == trace.backlog[:, 0]).all()


def test_a_fixed_number_never_changes_and_bills_every_hour() -> None:
    [found] = replay([(workload(daily(2)), Settings(workers=8, cpu=1024, min=5, max=5))], keep_series=True)
    assert found.series is not None and set(found.series.desired) == {5}
    assert found.task_hours == pytest.approx(5 * 48)
    assert found.month_hours == pytest.approx(5 * 730)


def test_every_request_is_served_or_lost_or_waits_at_the_end() -> None:
    [found] = replay([(workload(daily(2, 20_000)), Settings(min=2, max=2))], keep_series=True)
    series = found.series
    assert series is not None
    accounted = series.served.sum() + series.lost.sum() + series.backlog[-1]
    assert accounted == pytest.approx(found.workload.minutes.sum())
    assert found.error_share > 0.5 and found.p95_ms == 30_000


def test_following_the_load_needs_fewer_hours_than_its_peak_would() -> None:
    load = workload(daily(3))
    following, fixed = replay([(load, SETTINGS), (load, Settings(512, 1024, 4, 14, 14))])
    assert following.task_hours < 0.75 * fixed.task_hours
    assert following.p95_ms < 1.2 * fixed.p95_ms


def test_tasks_that_go_are_billed_while_they_drain() -> None:
    minutes = np.array([1500.0] * 60 + [10.0] * 60)
    settings = Settings(1024, 2048, 8, 1, 10, target=50)
    rows = [(workload(minutes), settings)]
    [short] = replay(rows, Timing(drain_seconds=0), keep_series=True)
    [long] = replay(rows, Timing(drain_seconds=3600))
    assert short.series is not None
    gone = int(np.maximum(-np.diff(short.series.desired), 0).sum())
    assert gone > 0 and long.task_hours - short.task_hours == pytest.approx(gone)


def simulate_with(running: np.ndarray, workers: int, minutes: np.ndarray, seed: int) -> np.ndarray:
    """Response times of single requests on as many servers as run in each minute; who goes, goes when idle."""
    random = np.random.default_rng(seed)
    counts = random.poisson(minutes)
    starts = np.repeat(np.arange(len(minutes)), counts)
    arrivals = np.sort(starts * 60 + random.random(len(starts)) * 60)
    services = random.exponential(0.2, len(arrivals)).tolist()
    free, took = [0.0] * (int(running[0]) * workers), np.empty(len(arrivals))
    for number, arrival in enumerate(arrivals.tolist()):
        minute = int(arrival // 60)
        while len(free) < running[minute] * workers:
            heapq.heappush(free, minute * 60.0)
        while len(free) > running[minute] * workers:
            heapq.heappop(free)
        ends = max(arrival, heapq.heappop(free)) + services[number]
        heapq.heappush(free, ends)
        took[number] = ends - arrival
    return took


def test_hours_of_scaling_have_the_latencies_of_single_requests() -> None:
    minute = np.arange(240)
    minutes = np.where((minute > 80) & (minute < 160), 2000.0, 700 + 2 * minute)
    load = Workload("shop", START, minutes, exponential(0.2), cpu_share=0.0)
    settings = Settings(1024, 2048, 4, 1, 10, target=800, by_requests=True)  # of 1200 that a task can serve
    [found] = replay([(load, settings)], keep_series=True)
    assert found.series is not None and found.tasks_max == 3
    took = simulate_with(found.series.running, 4, minutes, seed=3) * 1000
    assert found.p50_ms == pytest.approx(np.quantile(took, 0.5), rel=0.02)
    assert found.p95_ms == pytest.approx(np.quantile(took, 0.95), rel=0.03)
    assert found.mean_wait_ms + 200 == pytest.approx(took.mean(), rel=0.03)


def test_rows_come_back_in_their_order_whatever_their_length() -> None:
    first, second = workload(daily(2)), workload(daily(1))
    rows = [(first, SETTINGS), (second, SETTINGS), (first, Settings())]
    for row, found in zip(rows, replay(rows), strict=True):
        assert (found.workload, found.settings) == row
        [alone] = replay([row])
        assert (alone.p95_ms, alone.task_hours) == pytest.approx((found.p95_ms, found.task_hours))


def test_the_same_input_gives_the_same_output() -> None:
    first, second = (replay([(workload(daily(2)), SETTINGS)])[0] for _ in range(2))
    assert (first.p99_ms, first.errors, first.task_hours) == (second.p99_ms, second.errors, second.task_hours)


def test_requests_for_each_task_can_be_the_metric() -> None:
    minutes = np.full(300, 950.0)
    [found] = replay([(workload(minutes), Settings(1024, 2048, 8, 1, 20, 100, by_requests=True))], keep_series=True)
    assert found.series is not None and found.series.desired[-1] == 10


def test_latency_by_the_hour_adds_up_to_that_of_all() -> None:
    [found] = replay([(workload(daily(1)), SETTINGS)], keep_series=True)
    hours = latency_over_time(found, np.arange(1440) // 60)
    assert hours.requests.sum() == pytest.approx(found.requests)
    weighted = (hours.mean_wait * hours.requests).sum() / hours.requests.sum() * 1000
    assert weighted == pytest.approx(found.mean_wait_ms, rel=0.02)


def test_a_quarter_of_a_core_stretches_only_the_computing() -> None:
    assert stretch(0.5, 0.25) == pytest.approx(0.5 + 2)
    assert stretch(0.5, 4) == 1
    assert stretch(0.0, 0.25) == 1


def test_workers_beyond_what_the_cpu_can_feed_add_nothing() -> None:
    assert slots(Settings(cpu=1024, workers=1), 0.5) == 1
    assert slots(Settings(cpu=1024, workers=8), 0.5) == pytest.approx(2)  # two at a time keep the core busy
    assert slots(Settings(cpu=4096, workers=8), 0.5) == pytest.approx(8)
    assert slots(Settings(cpu=256, workers=8), 0.0) == 8


def test_a_full_task_uses_all_of_its_cpu_and_no_more() -> None:
    load = Workload("shop", START, np.full(120, 5000.0), exponential(0.1), 0.5)
    [found] = replay([(load, Settings(cpu=512, workers=8, min=1, max=1))])
    assert found.cpu_percent_peak == pytest.approx(100)


def test_a_task_hour_costs_its_cpu_and_its_memory() -> None:
    assert Prices(vcpu_hour_usd=0.04, gb_hour_usd=0.004).task_hour_usd(512, 1024) == pytest.approx(0.024)
