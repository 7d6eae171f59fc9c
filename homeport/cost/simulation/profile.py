"""A traffic profile: requests in equal steps, and how long they took to serve. Whatever file it came from."""

import math
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from homeport.cost.simulation.service_time import Floats, ServiceTime, lognormal
from homeport.cost.simulation.settings import Workload
from homeport.errors import HomeportError

DAYS_MAX = 400
PROBLEMS_MAX = 20
NUMBER_MAX = 1e12


@dataclass(frozen=True, eq=False)
class Profile:
    """`requests[i]` arrived in the i-th step from `start` on; a step is whole minutes, or goes into one."""

    start: datetime
    step_seconds: int
    requests: Floats = field(repr=False)
    service: ServiceTime | None  # None if the source does not say
    source: str  # where it is from, for people
    notes: tuple[str, ...] = ()  # what was assumed in reading it

    @property
    def days(self) -> float:
        """How long it is."""
        return len(self.requests) * self.step_seconds / 86_400

    def minutes(self, seed: int | None = None) -> Floats:
        """Requests in each minute: a longer step's are spread evenly, or by chance (Poisson) if there is a seed."""
        if self.step_seconds < 60:
            each = 60 // self.step_seconds
            padded = np.pad(self.requests, (0, -len(self.requests) % each))
            sums: Floats = padded.reshape(-1, each).sum(axis=1)
            return sums
        repeat = self.step_seconds // 60
        even = np.repeat(self.requests / repeat, repeat)
        return even if seed is None else np.random.default_rng(seed).poisson(even).astype(np.float64)

    def workload(self, name: str, service: ServiceTime, cpu_share: float, seed: int | None = None) -> Workload:
        """To be replayed."""
        return Workload(name, self.start, self.minutes(seed), service, cpu_share)


def find_step_problem(step_seconds: float) -> str:
    """What is wrong with the length of a step, or nothing."""
    if step_seconds >= 60 and step_seconds % 60 == 0 and step_seconds <= 86_400:
        return ""
    if 1 <= step_seconds < 60 and 60 % step_seconds == 0:
        return ""
    return f"a step is {step_seconds:g} s; expected whole minutes up to a day, or seconds that go into a minute"


def busiest(profile: Profile, days: int) -> Profile:
    """The part of `days` days with most requests, beginning at a multiple of a day; the profile itself if shorter."""
    size = days * 86_400 // profile.step_seconds
    if len(profile.requests) <= size:
        return profile
    sums = np.concatenate([[0.0], np.cumsum(profile.requests)])
    day = max(1, 86_400 // profile.step_seconds)
    first = np.arange(0, len(profile.requests) - size + 1, day)
    best = int(first[np.argmax(sums[first + size] - sums[first])])
    return _cut(profile, best, size)


def _cut(profile: Profile, first: int, size: int) -> Profile:
    start = profile.start + timedelta(seconds=first * profile.step_seconds)
    return replace(profile, start=start, requests=profile.requests[first : first + size])


def assumed_week(requests_month: float, source: str) -> Profile:
    """A week of hours with so many requests a month, if nothing else is known: busy by day, quiet at night.

    The busiest hour has twice the average, a weekday night a fifth; Saturday and Sunday have six tenths of a weekday.
    """
    hour = np.arange(7 * 24)
    shape = (1 - 0.8 * np.cos(2 * np.pi * (hour % 24 - 3) / 24)) * np.where(hour >= 5 * 24, 0.6, 1.0)
    requests = shape / shape.sum() * requests_month * 168 / 730
    note = "the shape of the day and week is assumed: the busiest hour has twice the average"
    return Profile(datetime(2026, 1, 5, tzinfo=UTC), 3600, requests, None, source, (note,))


def make_profile(
    start: datetime,
    step_seconds: int,
    requests: tuple[float, ...],
    percentiles: tuple[float, float] | None,
    source: str,
) -> Profile:
    """Of numbers in memory, as router metrics are; `percentiles` are p50 and p95 in ms. Raises HomeportError."""
    problems = [find_number_problem(value, f"requests[{index}]") for index, value in enumerate(requests)]
    problems.append(find_step_problem(step_seconds))
    if len(requests) < 2:
        problems.append(f"has {len(requests)} steps; expected at least 2")
    if found := [problem for problem in problems if problem][:PROBLEMS_MAX]:
        raise HomeportError("\n".join(f"{source}: {problem}" for problem in found))
    service = lognormal(*percentiles, source="p50 and p95 of the router") if percentiles else None
    return Profile(start, step_seconds, np.array(requests, dtype=np.float64), service, source)


def find_number_problem(value: Any, name: str) -> str:
    """Why `value` is not a number of requests or milliseconds, or nothing."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return f"{name}: {str(value)[:40]!r} is not a number"
    if isinstance(value, bool) or not math.isfinite(number):
        return f"{name}: {value} is not a number"
    if number > NUMBER_MAX:
        return f"{name}: {value} is too large"
    return f"{name}: {value} is negative" if number < 0 else ""


def find_time(text: str) -> float | None:
    """Seconds since 1970; a time without a zone is UTC. None if the text is no time."""
    try:
        if text.replace(".", "", 1).isdigit() and len(text) > 8:  # 8 digits are a date
            return datetime.fromtimestamp(float(text), UTC).timestamp()
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
