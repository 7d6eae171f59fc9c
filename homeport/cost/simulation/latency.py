"""Minutes with their load, tasks and backlog → how long requests took.

Each minute is a mixture: some requests wait not at all, some an exponential time (`queueing`), and in an overloaded
minute all of them the time that the backlog takes. Mixtures of many minutes are kept as two histograms on one grid of
waits, and turned into response times once: wait + service, which do not depend on each other.
"""

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from homeport.cost.simulation import queueing
from homeport.cost.simulation.service_time import CELLS, GRID, Floats, ServiceTime, percentiles

WAIT_PER_DECADE = 50
WAITS: Floats = 10.0 ** (np.arange(-5 * WAIT_PER_DECADE, 3 * WAIT_PER_DECADE + 1) / WAIT_PER_DECADE)  # 10 µs to 1000 s
RHO_BINS, FINE_BINS = 1024, 8192
BLOCK = 16_384  # minutes that are looked at together
BUSY = 0.9  # from here on a queue's history matters: such minutes are looked at one by one
SHARES = (0.5, 0.95, 0.99)


@dataclass(frozen=True)
class Servers:
    """What one task can do: `slots` requests at a time, not always whole; Erlang's formula sees whole ones."""

    slots: float
    service: ServiceTime  # as it is on this size


@dataclass(frozen=True, eq=False)
class Minutes:
    """One service, minute by minute. `groups` says which latency each minute counts for: 0 for one of all."""

    load: Floats  # requests that arrived
    served: Floats
    lost: Floats  # requests that would have waited beyond the time limit
    running: npt.NDArray[np.int64]
    backlog: Floats  # at each minute's end, in requests
    groups: npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Quiet:
    """Minutes that are far from full, by group, tasks and bins of rho: requests served, and each times its rho."""

    tasks: int  # groups × tasks × RHO_BINS is the length of both
    served: Floats
    rho: Floats


@dataclass(frozen=True, eq=False)
class Responses:
    """By group: requests, the mean wait of those served, and how long all took; who was lost took for ever."""

    requests: Floats
    mean_wait: Floats  # seconds
    survival: Floats  # (groups, len(GRID)): share that took longer than GRID

    def percentiles(self) -> Floats:
        """Seconds, (groups, 3): p50, p95 and p99; NaN where there were none, inf for those lost."""
        found = [percentiles(row, SHARES) for row in self.survival]
        return np.where(self.requests[:, None] > 0, np.array(found), np.nan)

    def share_beyond(self, seconds: float) -> Floats:
        """By group, the share of requests that took longer."""
        return np.array([np.interp(np.log(seconds), np.log(GRID), row) for row in self.survival])


def measure(minutes: Minutes, servers: Servers) -> Responses:
    """How long the requests took, by group."""
    groups = int(minutes.groups.max()) + 1
    quiet, rho, busy = _sort(minutes, servers, groups)
    exponential, fluid = np.zeros((groups, len(WAITS))), np.zeros((groups, len(WAITS)))
    waited = _quiet(exponential, quiet, servers)
    if len(busy):
        waited += _busy((exponential, fluid), minutes, servers, rho, busy)
    served = _sums(minutes.groups, minutes.served, groups)
    lost = _sums(minutes.groups, minutes.lost, groups)
    number = np.maximum(served, 1e-12)
    wait_survival = (exponential @ _decays() + _later(fluid)) / number[:, None]
    survival = np.clip(servers.service.survival + wait_survival @ _added_to(servers.service), 0.0, 1.0)
    all_survival = (survival * number[:, None] + lost[:, None]) / (number + lost)[:, None]
    return Responses(served + lost, waited / number, all_survival)


def _sort(minutes: Minutes, servers: Servers, groups: int) -> tuple[Quiet, Floats, queueing.Ints]:
    """Minutes that are far from full, added up; rho of those that are not, and which they are.

    Goes through them in blocks whose arrays stay in the processor's cache.
    """
    length, tasks = len(minutes.load), int(minutes.running.max()) + 1
    size = groups * tasks * RHO_BINS
    quiet = Quiet(tasks, np.zeros(size), np.zeros(size))
    is_busy = np.zeros(length, np.bool_)
    np.greater(minutes.backlog[:-1], 0, out=is_busy[1:])
    rho = np.empty(length)
    for first in range(0, length, max(BLOCK, size)):
        part = slice(first, first + max(BLOCK, size))
        running, here = minutes.running[part], rho[part]
        np.divide(minutes.load[part], np.maximum(running, 1), out=here)
        here *= servers.service.mean / 60 / servers.slots
        is_busy[part] |= here >= BUSY
        states = minutes.groups[part] * tasks + running
        states *= RHO_BINS
        states += np.minimum(here * RHO_BINS, RHO_BINS - 1).astype(np.int64)
        served = minutes.served[part] * ~is_busy[part]
        quiet.served[:] += _sums(states, served, size)
        quiet.rho[:] += _sums(states, served * here, size)
    busy = np.flatnonzero(is_busy)
    return quiet, rho[busy], busy


def _quiet(exponential: Floats, quiet: Quiet, servers: Servers) -> Floats:
    """Waits in minutes that are far from full; returns their sum by group."""
    found = np.flatnonzero(quiet.served)
    weight = quiet.served[found]
    rho = quiet.rho[found] / weight
    running, groups = found // RHO_BINS % quiet.tasks, found // (RHO_BINS * quiet.tasks)
    capacity = np.maximum(running, 1) * servers.slots
    waiting = weight * queueing.erlang_c(_whole(capacity), rho)
    seconds = queueing.mean_wait_of_those_who_wait(capacity, rho, servers.service.mean, servers.service.scv)
    _deposit(exponential, groups, seconds, waiting)
    return _sums(groups, waiting * seconds, len(exponential))


def _busy(
    histograms: tuple[Floats, Floats], minutes: Minutes, servers: Servers, rho: Floats, busy: queueing.Ints
) -> Floats:
    """Minutes near or beyond full: no wait is longer than what could build up since the tasks were last quiet."""
    service, groups, served = servers.service, minutes.groups[busy], minutes.served[busy]
    capacity = np.maximum(minutes.running[busy], 1) * servers.slots
    full_rate = capacity / service.mean
    before = np.where(busy > 0, minutes.backlog[busy - 1], 0.0)
    delay = (before + minutes.backlog[busy]) / 2 / full_rate
    build_up = queueing.mean_build_up(full_rate, _lasted(busy), capacity, service.mean, service.scv)
    is_over = (rho >= 1.0) | (delay > 0)
    below = np.where(is_over, 0.0, rho)
    stationary = queueing.mean_wait_of_those_who_wait(capacity, below, service.mean, service.scv)
    seconds = np.where(is_over, delay + build_up, np.minimum(stationary, build_up))
    waiting = served * np.where(is_over, 1.0, _share_waiting(capacity, below))
    is_fluid = delay > build_up
    exponential, fluid = histograms
    _deposit(exponential, groups, seconds, np.where(is_fluid, 0.0, waiting))
    _deposit(fluid, groups, seconds, np.where(is_fluid, waiting, 0.0))
    return _sums(groups, waiting * seconds, len(exponential))


def _lasted(busy: queueing.Ints) -> Floats:
    """Seconds from the end of the last quiet minute to the end of each of these."""
    is_first = np.diff(busy, prepend=-2) != 1
    firsts = busy[is_first]
    lasted: Floats = 60.0 * (busy - firsts[np.cumsum(is_first) - 1] + 1).astype(np.float64)
    return lasted


def _share_waiting(capacity: Floats, rho: Floats) -> Floats:
    """Erlang's C, worked out once for minutes that are nearly alike."""
    keys = _whole(capacity) * FINE_BINS + (rho * FINE_BINS).astype(np.int64)
    found, places = np.unique(keys, return_inverse=True)
    shares: Floats = queueing.erlang_c(found // FINE_BINS, (found % FINE_BINS + 0.5) / FINE_BINS)[places]
    return shares


def _sums(index: queueing.Ints, weights: Floats, size: int) -> Floats:
    """`result[i]` is the sum of the weights whose index is i."""
    sums: Floats = np.bincount(index, weights, size).astype(np.float64, copy=False)
    return sums


def _whole(capacity: Floats) -> queueing.Ints:
    return np.maximum(np.floor(capacity + 1e-9), 1).astype(np.int64)


def _deposit(histogram: Floats, groups: queueing.Ints, seconds: Floats, weights: Floats) -> None:
    """Share each weight between the two neighbours of its time on WAITS, so that the mean is kept."""
    clipped = np.clip(seconds, WAITS[0], WAITS[-1])
    lower = np.clip(np.searchsorted(WAITS, clipped, side="right") - 1, 0, len(WAITS) - 2)
    upper_share = (clipped - WAITS[lower]) / (WAITS[lower + 1] - WAITS[lower])
    flat = groups * len(WAITS) + lower
    histogram += _sums(flat, weights * (1 - upper_share), histogram.size).reshape(histogram.shape)
    histogram += _sums(flat + 1, weights * upper_share, histogram.size).reshape(histogram.shape)


def _later(fluid: Floats) -> Floats:
    """Weight of waits longer than each of WAITS, where every wait is one of WAITS."""
    later: Floats = fluid.sum(axis=1, keepdims=True) - np.cumsum(fluid, axis=1)
    return later


@cache
def _decays() -> Floats:
    """[i, j]: the chance that an exponential time of mean WAITS[i] exceeds WAITS[j]."""
    decays: Floats = np.exp(-WAITS[None, :] / WAITS[:, None])
    return decays


@lru_cache(maxsize=128)
def _added_to(service: ServiceTime) -> Floats:
    """The matrix that turns a wait's survival on WAITS into the share that exceeds GRID because of the wait.

    Sum over the service time's cells: mass × P(wait > t - service), the wait's survival interpolated.
    """
    cells, places, upper_share = _steps()
    upper = service.masses[cells] * upper_share
    matrix = _sums(places, service.masses[cells] - upper, len(WAITS) * len(GRID))
    matrix[len(GRID) :] += _sums(places, upper, len(WAITS) * len(GRID))[: -len(GRID)]
    return matrix.reshape(len(WAITS), len(GRID))


@cache
def _steps() -> tuple[queueing.Ints, queueing.Ints, Floats]:
    """For each time of GRID and each cell of a service time that is over by then, the same for every service.

    The cell; the place in `_added_to`'s matrix of the wait that is left; and the share of the place after it.
    """
    times, cells = np.nonzero(np.tri(len(GRID), dtype=np.int8))
    left = np.clip(GRID[times] - CELLS[cells], WAITS[0], WAITS[-1])
    lower = np.clip(np.searchsorted(WAITS, left, side="right") - 1, 0, len(WAITS) - 2)
    upper_share = (left - WAITS[lower]) / (WAITS[lower + 1] - WAITS[lower])
    return cells, lower * len(GRID) + times, upper_share
