"""Workloads × settings → what would have happened: tasks, latency, errors, task hours.

Target tracking is sequential in time, so a long profile is cut into days that run side by side as lanes. All start as
if nothing had been before; then each day that began in another state than the day before it ended in runs again, as far
as that makes a difference, until no day does. The result is exactly that of one pass from beginning to end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

from homeport.cost.simulation import latency, tracking
from homeport.cost.simulation.service_time import Floats, ServiceTime
from homeport.cost.simulation.settings import Settings, Workload, cpu_percent_each, slots, stretch
from homeport.cost.simulation.tracking import Lanes, Timing, Trace

DAY, PART = 1440, 240  # minutes
BLOCK = 30_000_000  # minutes × rows that are in memory at a time
MONTH_HOURS = 730
NEVER = 1e-9  # a gain with which no alarm ever rings

Row = tuple[Workload, Settings]


@dataclass(frozen=True, eq=False)
class Series:
    """Minute by minute."""

    desired: npt.NDArray[np.int64]
    running: npt.NDArray[np.int64]
    backlog: Floats  # requests, at the minute's end
    served: Floats
    lost: Floats


@dataclass(frozen=True, eq=False)
class Replay:
    """What happened to one workload with one choice of settings. Latencies are at most the time limit."""

    workload: Workload
    settings: Settings
    timing: Timing
    requests: float
    errors: float  # requests that took longer than the time limit
    p50_ms: float
    p95_ms: float
    p99_ms: float
    mean_wait_ms: float
    cpu_percent: float  # of all tasks that ran
    cpu_percent_peak: float  # of the fullest minute
    tasks_mean: float
    tasks_max: int
    task_hours: float  # billed: from the start on, and while draining
    series: Series | None = None

    @property
    def error_share(self) -> float:
        """Of all requests."""
        return self.errors / self.requests if self.requests else 0.0

    @property
    def month_hours(self) -> float:
        """Task hours of a month of 730 hours like this."""
        return self.task_hours / (len(self.workload.minutes) / 60) * MONTH_HOURS


def replay(rows: Sequence[Row], timing: Timing | None = None, keep_series: bool = False) -> list[Replay]:
    """Replay each workload against its settings; in the order of `rows`. Every minimum must be at least 1."""
    timing = timing or Timing()
    done: dict[int, Replay] = {}
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][0].minutes))
    services: dict[tuple[int, int], ServiceTime] = {}
    for length, same in groupby(order, key=lambda i: len(rows[i][0].minutes)):
        indexes = list(same)
        for block in _blocks(indexes, max(1, BLOCK // max(length, 1))):
            chosen = [rows[i] for i in block]
            trace = _track(chosen, length, timing)
            for place, (i, row) in enumerate(zip(block, chosen, strict=True)):
                series = _series(row, trace, place, length)
                servers = _servers(row, services)
                done[i] = _summarise(row, series, servers, timing, keep_series)
    return [done[i] for i in range(len(rows))]


def latency_over_time(result: Replay, buckets: npt.NDArray[np.int64]) -> latency.Responses:
    """Latency by bucket: `buckets[i]` is the bucket, from 0, of minute i. Needs `keep_series`."""
    assert result.series is not None
    row = (result.workload, result.settings)
    return latency.measure(_minutes(row, result.series, buckets), _servers(row, {}))


def _blocks(indexes: list[int], size: int) -> Iterator[list[int]]:
    for first in range(0, len(indexes), size):
        yield indexes[first : first + size]


def _track(rows: Sequence[Row], length: int, timing: Timing) -> Trace:
    """(minutes of a day, rows × days): lane `row × days + day`."""
    days = -(-length // DAY)
    workloads = list({id(workload): workload for workload, _ in rows}.values())
    column = {id(workload): number for number, workload in enumerate(workloads)}
    load = np.zeros((DAY, len(workloads) * days))
    for number, workload in enumerate(workloads):
        padded = np.pad(workload.minutes, (0, days * DAY - length))
        load[:, number * days : (number + 1) * days] = padded.reshape(days, DAY).T
    first = np.array([column[id(workload)] * days for workload, _ in rows], dtype=np.int64)
    series = (first[:, None] + np.arange(days)).ravel()
    lanes = _lanes(rows).of(np.repeat(np.arange(len(rows)), days))
    return _track_until_days_agree(load, series, lanes, timing, days)


def _track_until_days_agree(
    load: Floats, series: npt.NDArray[np.int64], lanes: Lanes, timing: Timing, days: int
) -> Trace:
    state = tracking.initial_state(lanes, timing)
    trace = tracking.new_trace(DAY, len(series))
    parts = [slice(first, first + PART) for first in range(0, DAY, PART)]
    starts = []  # of each part of the day; the last is the day's end
    every = np.arange(len(series))
    for part in parts:
        starts.append(state.of(every))
        tracking.track(load[part], series, lanes, timing, state, trace.part(part))
    starts.append(state)
    later_days = np.flatnonzero(every % days)
    while True:
        again = later_days[starts[0].of(later_days).differs(starts[-1].of(later_days - 1))]
        if not len(again):
            return trace
        starts[0].put(again, starts[-1].of(again - 1))
        for number, part in enumerate(parts):
            state = starts[number].of(again)
            redone = tracking.new_trace(PART, len(again))
            tracking.track(load[part], series[again], lanes.of(again), timing, state, redone)
            trace.part(part).put(again, redone)
            differs = state.differs(starts[number + 1].of(again))
            starts[number + 1].put(again, state)
            again = again[differs]  # the rest of a day that is back in a state that it has been in stays as it is


def _lanes(rows: Sequence[Row]) -> Lanes:
    units, gains = [], []
    for workload, settings in rows:
        mean = workload.service.mean * stretch(workload.cpu_share, settings.cores)
        units.append(slots(settings, workload.cpu_share) * 60 / mean)
        each = 1.0 if settings.by_requests else cpu_percent_each(workload, settings)
        gains.append(NEVER if settings.target is None else each / settings.target)
    return Lanes(
        np.array(units),
        np.array(gains),
        np.array([settings.by_requests for _, settings in rows]),
        np.array([float(settings.min) for _, settings in rows]),
        np.array([float(settings.max) for _, settings in rows]),
    )


def _series(row: Row, trace: Trace, place: int, length: int) -> Series:
    """One row's days put together again."""
    days = -(-length // DAY)
    lanes = slice(place * days, (place + 1) * days)
    running = trace.running[:, lanes].T.astype(np.int64, order="C").reshape(-1)[:length]
    desired = trace.desired[:, lanes].T.astype(np.int64, order="C").reshape(-1)[:length]
    backlog = trace.backlog[:, lanes].T.astype(np.float64, order="C").reshape(-1)[:length]
    work = row[0].minutes.copy()
    work[1:] += backlog[:-1]
    served = np.minimum(work, running * float(_lanes([row]).unit[0]))
    lost = work - served
    lost -= backlog
    work *= 1e-6
    lost[lost < work] = 0.0  # the trace is in single precision
    return Series(desired, running, backlog, served, lost)


def _servers(row: Row, known: dict[tuple[int, int], ServiceTime]) -> latency.Servers:
    workload, settings = row
    key = (id(workload), settings.cpu)
    if key not in known:
        known[key] = workload.service.stretched(stretch(workload.cpu_share, settings.cores))
    return latency.Servers(slots(settings, workload.cpu_share), known[key])


def _minutes(row: Row, series: Series, groups: npt.NDArray[np.int64]) -> latency.Minutes:
    return latency.Minutes(row[0].minutes, series.served, series.lost, series.running, series.backlog, groups)


def _summarise(row: Row, series: Series, servers: latency.Servers, timing: Timing, keep: bool) -> Replay:
    workload, settings = row
    groups = np.zeros(len(workload.minutes), np.int64)
    responses = latency.measure(_minutes(row, series, groups), servers)
    limit_ms = timing.time_limit_seconds * 1000
    requests = float(responses.requests[0])
    p50, p95, p99 = (min(float(value) * 1000, limit_ms) for value in responses.percentiles()[0])
    each = cpu_percent_each(workload, settings)
    gone = -np.minimum(np.diff(series.desired), 0).sum()
    drained = gone * timing.drain_seconds / 3600
    return Replay(
        workload,
        settings,
        timing,
        requests=requests,
        errors=float(responses.share_beyond(timing.time_limit_seconds)[0]) * requests,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        mean_wait_ms=float(responses.mean_wait[0]) * 1000,
        cpu_percent=float(series.served.sum() / series.running.sum()) * each,
        cpu_percent_peak=float((series.served / series.running).max()) * each,
        tasks_mean=float(series.running.mean()),
        tasks_max=int(series.running.max()),
        task_hours=float(series.desired.sum() / 60 + drained),
        series=series if keep else None,
    )
