"""Latencies against an independent simulation of single requests, seeded."""

import heapq

import numpy as np
import pytest

from homeport.cost.simulation.latency import Minutes, Responses, Servers, measure
from homeport.cost.simulation.service_time import ServiceTime, constant, exponential, lognormal

Array = np.ndarray


def simulate_requests(arrivals: Array, services: Array, servers: int) -> Array:
    """The wait of each request, first come, first served; a heap of the times at which servers become free."""
    free = [0.0] * servers
    waits = np.empty(len(arrivals))
    for number, (arrival, service) in enumerate(zip(arrivals.tolist(), services.tolist(), strict=True)):
        begins = max(arrival, heapq.heappop(free))
        heapq.heappush(free, begins + service)
        waits[number] = begins - arrival
    return waits


def steady(servers: int, rho: float, service: ServiceTime, minutes: int = 3000) -> Responses:
    """What the model says of a load that never changes."""
    load = np.full(minutes, rho * servers / service.mean * 60)
    zeros = np.zeros(minutes)
    return measure(
        Minutes(load, load, zeros, np.ones(minutes, np.int64), zeros, np.zeros(minutes, np.int64)),
        Servers(float(servers), service),
    )


def standard_error(values: Array, batches: int = 25) -> float:
    means = [part.mean() for part in np.array_split(values, batches)]
    return float(np.std(means, ddof=1) / np.sqrt(batches))


@pytest.mark.parametrize(("servers", "rho"), [(1, 0.6), (2, 0.8), (8, 0.85), (30, 0.9)])
def test_exponential_service_is_as_single_requests_have_it(servers: int, rho: float) -> None:
    random, mean, number = np.random.default_rng(7), 0.2, 250_000
    arrivals = np.cumsum(random.exponential(mean / (rho * servers), number))
    services = random.exponential(mean, number)
    waits = simulate_requests(arrivals, services, servers)[10_000:]
    found = steady(servers, rho, exponential(mean))
    assert found.mean_wait[0] == pytest.approx(waits.mean(), abs=5 * standard_error(waits))
    expected = np.percentile(waits + services[10_000:], (50, 95, 99))
    assert found.percentiles()[0] == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize(("servers", "rho"), [(2, 0.7), (4, 0.8), (16, 0.85)])
def test_heavy_tails_wait_as_allen_and_cunneen_say(servers: int, rho: float) -> None:
    random, number = np.random.default_rng(11), 400_000
    service = lognormal(80, 400)
    sigma = np.sqrt(np.log1p(service.scv))
    services = random.lognormal(np.log(0.080), sigma, number)
    arrivals = np.cumsum(random.exponential(service.mean / (rho * servers), number))
    waits = simulate_requests(arrivals, services, servers)[10_000:]
    found = steady(servers, rho, service)
    assert found.mean_wait[0] == pytest.approx(waits.mean(), rel=0.12)  # with many servers it is a tenth too long
    expected = np.percentile(waits + services[10_000:], (50, 95, 99))
    assert found.percentiles()[0] == pytest.approx(expected, rel=0.10)


def test_without_any_wait_latency_is_the_service_time() -> None:
    found = steady(1000, 0.2, lognormal(80, 400))
    assert found.percentiles()[0, :2] == pytest.approx([0.080, 0.400], rel=0.002)
    assert steady(1000, 0.2, constant(0.25)).percentiles()[0] == pytest.approx([0.25] * 3, rel=0.025)


def test_an_overloaded_quarter_of_an_hour_queues_as_single_requests_do() -> None:
    random, servers, mean = np.random.default_rng(3), 4, 0.5  # 480 requests a minute are all that 4 servers can do
    load = np.array([300.0] * 15 + [520.0] * 15 + [300.0] * 30)
    during = []
    for _ in range(16):  # one day's luck is worth seconds
        counts = random.poisson(load)
        arrivals = np.sort(np.concatenate([minute * 60 + random.random(n) * 60 for minute, n in enumerate(counts)]))
        waits = simulate_requests(arrivals, random.exponential(mean, len(arrivals)), servers)
        during.append(waits[(arrivals >= 900) & (arrivals < 2700)].mean())
    backlog, left = [], 0.0
    for requests in load:
        left = max(0.0, left + requests - 480)
        backlog.append(left)
    served = load + np.concatenate([[0.0], backlog[:-1]]) - backlog
    minutes = np.arange(60)
    groups = np.where(minutes < 15, 0, np.where(minutes < 45, 1, 2))
    found = measure(
        Minutes(load, served, np.zeros(60), np.ones(60, np.int64), np.array(backlog), groups),
        Servers(float(servers), exponential(mean)),
    )
    assert found.mean_wait[1] == pytest.approx(np.mean(during), rel=0.10)
    assert found.mean_wait[0] < found.mean_wait[1] / 50


def test_a_queue_that_had_only_a_minute_to_form_is_short() -> None:
    load = np.full(60, 100.0)
    load[30] = 119.9  # rho = 0.999 for one minute of M/M/1 with 0.5 s: a stationary queue would wait 500 s
    zeros, one = np.zeros(60), np.ones(60, np.int64)
    groups = (np.arange(60) == 30).astype(np.int64)
    found = measure(Minutes(load, load, zeros, one, zeros, groups), Servers(1.0, exponential(0.5)))
    assert 0.5 < found.mean_wait[1] < 10


def test_lost_requests_count_as_those_that_never_ended() -> None:
    load, ten, zeros, one = np.full(10, 100.0), np.full(10, 10.0), np.zeros(10), np.ones(10, np.int64)
    found = measure(Minutes(load, load - ten, ten, one, zeros, one - 1), Servers(50.0, lognormal(80, 400)))
    p50, p95, p99 = found.percentiles()[0]
    assert p50 < 0.2 and np.isinf(p95) and np.isinf(p99)
    assert found.share_beyond(30.0)[0] == pytest.approx(0.1, abs=1e-3)
    assert found.requests[0] == 1000


def test_minutes_without_requests_have_no_latency() -> None:
    zeros, one = np.zeros(5), np.ones(5, np.int64)
    found = measure(Minutes(zeros, zeros, zeros, one, zeros, one - 1), Servers(2.0, exponential(0.1)))
    assert np.isnan(found.percentiles()).all() and found.mean_wait[0] == 0
