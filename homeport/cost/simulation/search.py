"""All sensible settings for a workload → replayed, priced, and the cheapest that hold a latency.

The grid is exhaustive: each Fargate size up to 4 vCPU with the least memory that holds its workers, minimum, target,
and the number that a fixed service would need. The maximum is not searched: it costs nothing until it is reached, so it
is what the busiest minute needs at the target, with a quarter on top.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from homeport.cost.simulation.replay import Replay, replay
from homeport.cost.simulation.settings import (
    VCPU,
    Prices,
    Settings,
    Workload,
    cpu_percent_each,
    slots,
    stretch,
)
from homeport.cost.simulation.tracking import Timing
from homeport.errors import HomeportError
from homeport.model.fargate import SIZES

WORKER_MB = 256  # Heroku's buildpack: WEB_CONCURRENCY = min(2 × cores + 1, MB / 256)
CPUS = (256, 512, 1024, 2048, 4096)
TARGETS = (40, 50, 60, 70, 80)
MINIMA = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
TASKS_MAX = 500  # as in homeport.yml
ERRORS_MAX = 0.001  # share of requests beyond the time limit that is still «holds»
HEADROOM = 1.25


@dataclass(frozen=True)
class Goal:
    """What settings must hold, over the whole profile."""

    p95_ms: float
    errors: float = ERRORS_MAX


@dataclass(frozen=True, eq=False)
class Choice:
    """One point of the grid."""

    replay: Replay
    month_usd: float
    holds: bool


def search(
    workload: Workload, prices: Prices, goal: Goal, timing: Timing | None = None, tasks_min: int = 1
) -> list[Choice]:
    """Every choice of the grid, those that hold the goal first, cheapest first. `tasks_min` is 2 for two zones."""
    grid = list(candidates(workload, tasks_min))
    if not grid:
        raise HomeportError(
            f"{workload.name}: its busiest minute needs more than {TASKS_MAX} tasks of {CPUS[-1] // VCPU} vCPU",
            "split the service, or simulate a part of its traffic",
        )
    found = [judge(result, prices, goal) for result in replay([(workload, one) for one in grid], timing)]
    return sorted(found, key=lambda choice: (not choice.holds, choice.month_usd, choice.replay.p95_ms))


def judge(result: Replay, prices: Prices, goal: Goal) -> Choice:
    """A replay with its price, and whether it holds the goal."""
    settings = result.settings
    usd = result.month_hours * prices.task_hour_usd(settings.cpu, settings.memory_mb)
    return Choice(result, usd, result.p95_ms <= goal.p95_ms and result.error_share <= goal.errors)


def frontier(choices: list[Choice]) -> list[Choice]:
    """Those than which no other is both cheaper and quicker; cheapest first."""
    found: list[Choice] = []
    for choice in sorted(choices, key=lambda choice: (choice.month_usd, choice.replay.p95_ms)):
        if not found or choice.replay.p95_ms < found[-1].replay.p95_ms:
            found.append(choice)
    return found


def candidates(workload: Workload, tasks_min: int = 1) -> Iterator[Settings]:
    """The grid: those that follow the load, and those with a fixed number of tasks."""
    for cpu in CPUS:
        known: set[tuple[int, float]] = set()
        for workers in sorted({workers_for(cpu), 2 * workers_for(cpu), max(2, workers_for(cpu) // 2)}):
            if not (memory_mb := least_memory(cpu, workers)):
                continue
            size = Settings(cpu, memory_mb, workers)
            does = (memory_mb, slots(size, workload.cpu_share))
            if does not in known:  # more workers than the CPU can feed change nothing
                known.add(does)
                yield from _of_size(workload, size, tasks_min)


def workers_for(cpu: int, memory_mb: int | None = None) -> int:
    """2 × cores + 1, and no less than 2; no more than fit into the memory."""
    most = max(1, memory_mb // WORKER_MB) if memory_mb else TASKS_MAX
    return min(max(2, 2 * cpu // VCPU + 1), most)


def least_memory(cpu: int, workers: int) -> int | None:
    """The smallest memory that Fargate has for this CPU and that holds the workers; None if there is none."""
    return next((memory for memory in SIZES[cpu] if memory >= workers * WORKER_MB), None)


def _of_size(workload: Workload, size: Settings, tasks_min: int) -> Iterator[Settings]:
    peak = float(workload.minutes.max())
    busy_percent = peak * cpu_percent_each(workload, size)  # of one task, if one had to do it all
    seconds = workload.service.mean * stretch(workload.cpu_share, size.cores)
    all_slots = peak / 60 * seconds / slots(size, workload.cpu_share)
    needed = max(1, tasks_min, math.ceil(max(busy_percent / 100, all_slots)))
    for count in sorted({needed, needed + 1, math.ceil(needed * 1.15), math.ceil(needed * 1.3), needed * 2}):
        if count <= TASKS_MAX:
            yield Settings(size.cpu, size.memory_mb, size.workers, count, count)
    for target in TARGETS:
        most = math.ceil(max(busy_percent / target, needed) * HEADROOM)
        for least in MINIMA:
            if tasks_min <= least < most <= TASKS_MAX:
                yield Settings(size.cpu, size.memory_mb, size.workers, least, most, target)
