"""Functions against Erlang's loss formula and an independent simulation of environments, seeded."""

from datetime import UTC, datetime

import numpy as np
import pytest

from homeport.cost.simulation.functions import (
    MB_PER_VCPU,
    FunctionPrices,
    FunctionReplay,
    FunctionSettings,
    replay_function,
)
from homeport.cost.simulation.service_time import ServiceTime, constant, exponential, lognormal
from homeport.cost.simulation.settings import Workload

START = datetime(2026, 11, 2, tzinfo=UTC)


def replay_steady(
    rate: float, service: ServiceTime, minutes: int = 1440, reserved: int | None = None, keep: int = 10
) -> FunctionReplay:
    """A constant load on a full vCPU."""
    load = Workload("quote", START, np.full(minutes, rate * 60), service, cpu_share=0.5)
    return replay_function(load, FunctionSettings(MB_PER_VCPU, reserved, keep, cold_start_seconds=2.0))


def simulate_environments(
    rate: float, seconds: float, mean: float, keep: float, reserved: int, seed: int
) -> tuple[int, int, int]:
    """Requests, cold starts and throttles, request by request; the environment that was used last is asked first."""
    random = np.random.default_rng(seed)
    arrivals = np.sort(random.random(random.poisson(rate * seconds)) * seconds)
    durations = random.exponential(mean, len(arrivals))
    cold = throttled = 0
    free_from: list[float] = []
    for arrival, duration in zip(arrivals.tolist(), durations.tolist(), strict=True):
        free_from = [moment for moment in free_from if moment > arrival - keep]
        idle = [moment for moment in free_from if moment <= arrival]
        if idle:
            free_from.remove(max(idle))
        elif len(free_from) >= reserved:
            throttled += 1
            continue
        else:
            cold += 1
        free_from.append(arrival + duration)
    return len(arrivals), cold, throttled


@pytest.mark.parametrize(("rate", "keep"), [(0.001, 10), (0.004, 10), (0.5, 2), (4.0, 1)])
def test_cold_starts_are_as_many_as_single_environments_have(rate: float, keep: int) -> None:
    seconds = 4_000_000.0 if rate < 0.1 else 60_000.0
    _, cold, _ = simulate_environments(rate, seconds, 0.4, keep * 60.0, 10_000, seed=3)
    found = replay_steady(rate, exponential(0.4), int(seconds / 60), keep=keep)
    assert cold > 100
    assert found.cold_starts == pytest.approx(cold, rel=0.35)  # the overflow is burstier than the model has it


def test_a_lone_request_finds_its_environment_gone_as_often_as_the_exponential_says() -> None:
    found = replay_steady(1 / 600, constant(0.01), minutes=14_400)
    assert found.cold_starts / found.requests == pytest.approx(np.exp(-1.0), rel=0.01)


@pytest.mark.parametrize("service", [exponential(2.0), lognormal(400, 6000)])
def test_reserved_concurrency_throttles_what_erlang_says(service: ServiceTime) -> None:
    found = replay_steady(5 / service.mean, service, reserved=10)  # 5 Erlang on 10: B is 0.018385
    assert found.throttled / found.requests == pytest.approx(0.018385, abs=1e-5)


def test_throttles_are_those_of_single_requests() -> None:
    number, _, throttled = simulate_environments(8.0, 20_000, 1.0, 600.0, 10, seed=5)
    found = replay_steady(8.0, exponential(1.0), reserved=10)
    assert found.throttled / found.requests == pytest.approx(throttled / number, rel=0.05)


def test_no_concurrency_is_no_service() -> None:
    found = replay_steady(1.0, exponential(0.1), reserved=0)
    assert found.throttled == found.requests and found.gb_seconds == 0


def test_less_memory_is_less_cpu_and_longer_invocations() -> None:
    load = Workload("quote", START, np.full(60, 60.0), lognormal(100, 300), cpu_share=1.0)
    small, full = (replay_function(load, FunctionSettings(memory, keep_minutes=60)) for memory in (442, MB_PER_VCPU))
    assert small.p50_ms == pytest.approx(full.p50_ms * MB_PER_VCPU / 442, rel=0.01)
    assert small.gb_seconds == pytest.approx(full.gb_seconds, rel=0.02)  # as much computing, as much money


def test_cold_starts_are_in_the_latency() -> None:
    found = replay_steady(1 / 1200, constant(0.1), minutes=14_400)  # six of ten are cold
    assert found.p50_ms == pytest.approx(2100, rel=0.03)


def test_a_month_is_charged_by_seconds_and_requests() -> None:
    found = replay_steady(1.0, constant(0.5), minutes=60 * 24, keep=600)
    price = found.month_usd(FunctionPrices(gb_second_usd=0.00001, request_usd=0.000001))
    month = 730 * 3600
    assert price == pytest.approx(month * (0.5 * MB_PER_VCPU / 1024 * 0.00001 + 0.000001), rel=0.01)


def test_more_load_is_never_fewer_environments() -> None:
    peaks = [replay_steady(rate, exponential(0.4)).concurrency_peak for rate in (1, 10, 100)]
    assert peaks == pytest.approx([0.4, 4, 40])
