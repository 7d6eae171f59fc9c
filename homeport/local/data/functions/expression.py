"""Schedule expressions, `rate(5 minutes)`, `cron(0 9 ? * MON-FRI *)`, `at(2026-03-01T09:00:00)` → moments. Pure.

Source: EventBridge Scheduler User Guide, "Schedule types". Daylight saving as it says there: a time that the clock
skips in spring is skipped, one that comes twice in autumn runs once.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

UNITS = {"minute": 60, "hour": 3600, "day": 86400}
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")  # AWS counts them from 1
YEARS = range(1970, 2200)
SEARCH_YEARS = 50  # a cron that matches nothing for so long never will


@dataclass(frozen=True)
class Rate:
    seconds: int


@dataclass(frozen=True)
class At:
    """A wall clock time of the schedule's time zone."""

    local: datetime


@dataclass(frozen=True)
class Cron:
    """`expression` is in the five fields of cronsim; what it cannot say is beside it."""

    expression: str
    years: frozenset[int] | None = None
    weekday_nearest: int | None = None  # `15W`: the working day nearest to the 15th of the month


Expression = Rate | At | Cron


def parse(text: str) -> Expression:
    """Raises ValueError with the reason."""
    match = re.fullmatch(r"\s*(rate|cron|at)\((.*)\)\s*", text)
    if match is None:
        raise ValueError(f"{text!r} is neither rate(…), cron(…) nor at(…)")
    kind, inside = match[1], match[2].strip()
    if kind == "rate":
        return _parse_rate(inside)
    if kind == "at":
        return At(datetime.strptime(inside, "%Y-%m-%dT%H:%M:%S"))
    return _parse_cron(inside)


def zone(name: str | None) -> ZoneInfo:
    """Raises ValueError for an unknown time zone."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone of this machine") from error


def next_after(expression: Expression, moment: datetime, anchor: datetime, timezone: ZoneInfo) -> datetime | None:
    """The first run after `moment`, in UTC; None if there is none. A rate counts from `anchor`."""
    if isinstance(expression, Rate):
        passed = (moment - anchor).total_seconds() // expression.seconds
        return anchor + timedelta(seconds=expression.seconds * max(1, int(passed) + 1))
    if isinstance(expression, At):
        at = expression.local.replace(tzinfo=timezone).astimezone(UTC)
        return at if at > moment else None
    return _next_of_cron(expression, moment, timezone)


def _parse_rate(inside: str) -> Rate:
    match = re.fullmatch(r"(\d+)\s+(minute|hour|day)s?", inside)
    if match is None or int(match[1]) < 1:
        raise ValueError(f"rate({inside}): expected a positive number and minutes, hours or days")
    return Rate(int(match[1]) * UNITS[match[2]])


def _parse_cron(inside: str) -> Cron:
    fields = inside.upper().split()
    if len(fields) != 6:
        raise ValueError(f"cron({inside}): expected 6 fields, found {len(fields)}")
    minute, hour, day, month, weekday, year = fields
    if (day == "?") == (weekday == "?"):
        raise ValueError(f"cron({inside}): either day of month or day of week must be ?")
    nearest = None
    if match := re.fullmatch(r"(\d{1,2})W", day):
        nearest = int(match[1])
        if not 1 <= nearest <= 31:
            raise ValueError(f"cron({inside}): no month has a day {nearest}")
        # The nearest working day is at most two days away, and within the month.
        day = ",".join(str(number) for number in range(max(1, nearest - 2), min(31, nearest + 2) + 1))
    expression = " ".join((minute, hour, _any(day), month, _convert_weekday(weekday)))
    try:
        CronSim(expression, datetime(2024, 1, 1))
    except (CronSimError, AssertionError) as error:
        raise ValueError(f"cron({inside}): {error}") from error
    return Cron(expression, _parse_years(year), nearest)


def _any(field: str) -> str:
    return "*" if field == "?" else field


def _convert_weekday(field: str) -> str:
    """AWS's day of week (SUN=1 … SAT=7) → cron's (0 … 6)."""
    if field in ("?", "*"):
        return "*"
    if field == "L":
        return "6"
    if match := re.fullmatch(r"(\w+?)L", field):
        return f"{_weekday(match[1])}L"
    if match := re.fullmatch(r"(\w+)#([1-5])", field):
        return f"{_weekday(match[1])}#{match[2]}"
    numbers: set[int] = set()
    for item in field.split(","):
        numbers.update(_expand_weekdays(item))
    return ",".join(map(str, sorted(numbers)))


def _expand_weekdays(item: str) -> Iterator[int]:
    term, _, step_text = item.partition("/")
    step = int(step_text) if step_text.isdigit() and int(step_text) else 1
    if step_text and not step_text.isdigit():
        raise ValueError(f"day of week: {item!r} is not a step")
    if term == "*":
        first, last = 0, 6
    elif "-" in term:
        first_text, _, last_text = term.partition("-")
        first, last = _weekday(first_text), _weekday(last_text)
    else:
        first = _weekday(term)
        last = 6 if step_text else first
    for number in range(first, last + (7 if last < first else 0) + 1, step):  # FRI-MON goes over the week's end
        yield number % 7


def _weekday(text: str) -> int:
    if text in DAYS:
        return DAYS.index(text)
    if not text.isdigit() or not 1 <= int(text) <= 7:
        raise ValueError(f"day of week: {text!r} is not 1-7 or SUN-SAT")
    return int(text) - 1


def _parse_years(field: str) -> frozenset[int] | None:
    if field == "*":
        return None
    years: set[int] = set()
    for item in field.split(","):
        match = re.fullmatch(r"(\d{4}|\*)(?:-(\d{4}))?(?:/(\d+))?", item)
        if match is None or (match[3] and int(match[3]) < 1):
            raise ValueError(f"year: {item!r} is no year, range or step")
        first = YEARS.start if match[1] == "*" else int(match[1])
        last = int(match[2]) if match[2] else (YEARS.stop - 1 if match[3] or match[1] == "*" else first)
        if not (first in YEARS and last in YEARS and first <= last):
            raise ValueError(f"year: {item!r} is not within {YEARS.start}-{YEARS.stop - 1}")
        years.update(range(first, last + 1, int(match[3] or 1)))
    return frozenset(years)


def _next_of_cron(cron: Cron, moment: datetime, timezone: ZoneInfo) -> datetime | None:
    for local in _local_times(cron, moment.astimezone(timezone).replace(tzinfo=None)):
        if cron.weekday_nearest and local.day != _nearest_weekday(local.year, local.month, cron.weekday_nearest):
            continue
        found = local.replace(tzinfo=timezone, fold=0).astimezone(UTC)
        is_skipped = found.astimezone(timezone).replace(tzinfo=None) != local  # the clock jumps over it
        if not is_skipped and found > moment:
            return found
    return None


def _local_times(cron: Cron, after: datetime) -> Iterator[datetime]:
    """Wall clock times that match, in order."""
    if cron.years is None:
        yield from _until_year(cron, after, after.year + SEARCH_YEARS)
        return
    for year in sorted(year for year in cron.years if year >= after.year):
        yield from _until_year(cron, max(after, datetime(year, 1, 1) - timedelta(seconds=1)), year)


def _until_year(cron: Cron, after: datetime, last_year: int) -> Iterator[datetime]:
    for local in CronSim(cron.expression, after):
        if local.year > last_year:
            return
        yield local


def _nearest_weekday(year: int, month: int, day: int) -> int:
    """The working day nearest to that day, within the month; 0 if the month has no such day."""
    first, days = calendar.monthrange(year, month)
    if day > days:
        return 0
    weekday = (first + day - 1) % 7  # Monday is 0
    if weekday == 5:
        return day - 1 if day > 1 else day + 2
    if weekday == 6:
        return day + 1 if day < days else day - 2
    return day
