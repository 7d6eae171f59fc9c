"""A function on Lambda under a profile: concurrency, cold starts, throttles, latency, what it costs.

Lambda keeps an environment for each request in progress (M/G/∞; with reserved concurrency R, M/G/R/R: who finds all R
busy is throttled, by Erlang's B, whatever the distribution of durations). Environments are numbered by who is asked
first: number j gets what j-1 others were too busy for, λ·(B(j-1) - B(j)) a second, and is cold if nothing came to it
for the time that Lambda keeps it. AWS does not promise that time; 5 to 15 minutes are usual.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html, …/scaling-behavior.html
Lambda adds at most 1,000 environments every 10 s; that is not modelled.
"""

from dataclasses import dataclass, field

import numpy as np

from homeport.cost.simulation.service_time import GRID, Floats, percentiles
from homeport.cost.simulation.settings import Workload, stretch

MB_PER_VCPU = 1769  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
ACCOUNT_CONCURRENCY = 1000  # an account's default
SHARES = (0.5, 0.95, 0.99)


@dataclass(frozen=True)
class FunctionSettings:
    """Memory sets the CPU: 1,769 MB are one vCPU."""

    memory_mb: int = 256
    reserved: int | None = None  # concurrency; None: the account's default of 1,000
    keep_minutes: int = 10  # that an idle environment stays
    cold_start_seconds: float = 1.0  # of a Django application, rather more; measured is better


@dataclass(frozen=True)
class FunctionPrices:
    """US dollars, without any free tier."""

    gb_second_usd: float
    request_usd: float


@dataclass(frozen=True, eq=False)
class FunctionReplay:
    """What happened. Latencies are of invocations that were not throttled, cold starts included."""

    workload: Workload
    settings: FunctionSettings
    requests: float
    throttled: float
    cold_starts: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    gb_seconds: float
    concurrency_peak: float  # mean number in progress in the fullest minute
    concurrency: Floats = field(repr=False)  # mean number in progress, by minute
    cold: Floats = field(repr=False)  # cold starts, by minute

    def month_usd(self, prices: FunctionPrices) -> float:
        """Of 730 hours like these."""
        spent = self.gb_seconds * prices.gb_second_usd + (self.requests - self.throttled) * prices.request_usd
        return spent / (len(self.workload.minutes) / 60) * 730


def replay_function(workload: Workload, settings: FunctionSettings) -> FunctionReplay:
    """Replay requests as invocations. A cold start's time is billed like the invocation's."""
    cpu = settings.memory_mb / MB_PER_VCPU
    service = workload.service.stretched(stretch(workload.cpu_share, cpu))
    rate = workload.minutes / 60
    load = rate * service.mean
    limit = ACCOUNT_CONCURRENCY if settings.reserved is None else settings.reserved
    blocked, cold = _environments(rate, load, limit, settings.keep_minutes)
    throttled, requests = float((workload.minutes * blocked).sum()), float(workload.minutes.sum())
    cold_starts, done = float(cold.sum() * 60), requests - throttled
    share = cold_starts / done if done else 0.0
    later = GRID - settings.cold_start_seconds
    beyond = np.where(later > GRID[0], np.interp(np.maximum(later, GRID[0]), GRID, service.survival), 1.0)
    p50, p95, p99 = percentiles(service.survival * (1 - share) + beyond * share, SHARES) * 1000
    seconds = done * service.mean + cold_starts * settings.cold_start_seconds
    in_progress = load * (1 - blocked)
    return FunctionReplay(
        workload,
        settings,
        requests=requests,
        throttled=throttled,
        cold_starts=cold_starts,
        p50_ms=float(p50),
        p95_ms=float(p95),
        p99_ms=float(p99),
        gb_seconds=seconds * settings.memory_mb / 1024,
        concurrency_peak=float(in_progress.max()),
        concurrency=in_progress,
        cold=cold * 60,
    )


def _environments(rate: Floats, load: Floats, limit: int, keep_minutes: int) -> tuple[Floats, Floats]:
    """By minute: the share that is throttled, and cold starts a second; environment after environment."""
    blocked, cold = np.ones(len(rate)), np.zeros(len(rate))
    last = min(limit, int(load.max() + 10 * np.sqrt(load.max()) + 10))
    for number in range(1, last + 1):
        offered = load * blocked
        still = offered / (number + offered)
        own = rate * (blocked - still)
        cold += own * np.exp(-_over_last(own * 60, keep_minutes))
        blocked = still
    return (blocked if last == limit else np.zeros(len(rate))), cold


def _over_last(each_minute: Floats, minutes: int) -> Floats:
    """What came in the last `minutes`, the current one for half; before the beginning it was as at the beginning."""
    padded = np.concatenate([np.full(minutes, each_minute[0]), each_minute])
    sums = np.concatenate([[0.0], np.cumsum(padded)])
    window: Floats = sums[minutes:-1] - sums[: len(each_minute)]  # the minutes before this one
    return window - (padded[: len(each_minute)] - each_minute) / 2
