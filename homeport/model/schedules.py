"""The grammar of schedules: EventBridge Scheduler's `rate(…)`, `cron(…)` and `at(…)`.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import re
from datetime import datetime
from functools import cache
from zoneinfo import available_timezones

from homeport.model.problems import suggest

UTC = "UTC"
DAYS_A_MONTH = 365 / 12
MINUTES = {"minute": 1, "hour": 60, "day": 24 * 60}
EXPECTED = "expected `rate(5 minutes)`, `cron(0 6 * * ? *)` or `at(2030-01-31T06:00:00)`"
RATE = re.compile(r"^rate\(([1-9]\d{0,8}) (minute|hour|day)s?\)$")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
# field → (least, most, names counted from least, letters that mean something there)
FIELDS: dict[str, tuple[int, int, tuple[str, ...], str]] = {
    "minutes": (0, 59, (), ""),
    "hours": (0, 23, (), ""),
    "day of month": (1, 31, (), "LW"),
    "month": (1, 12, MONTHS, ""),
    "day of week": (1, 7, DAYS, "L#"),
    "year": (1970, 2199, (), ""),
}


def find_schedule_problem(schedule: str) -> str:
    """What is wrong with a schedule; empty if nothing."""
    if RATE.match(schedule):
        return ""
    if schedule.startswith("cron(") and schedule.endswith(")"):
        return _cron_problem(schedule[5:-1])
    if schedule.startswith("at(") and schedule.endswith(")"):
        return "" if _is_time(schedule[3:-1]) else f"{schedule!r} is not a time; {EXPECTED}"
    return f"{schedule!r} is not a schedule; {EXPECTED}"


def runs_a_month(schedule: str) -> float:
    """How often a valid schedule comes due, on average; `at(…)` once. The years of a `cron` are not looked at."""
    if rate := RATE.match(schedule):
        return DAYS_A_MONTH * MINUTES["day"] / (int(rate[1]) * MINUTES[rate[2]])
    if schedule.startswith("at("):
        return 1
    minutes, hours, day, month, weekday, _ = schedule[5:-1].split(" ")
    times = _count("minutes", minutes) * _count("hours", hours) * _count("month", month) / len(MONTHS)
    if day == "?":
        return times * _count("day of week", weekday) * DAYS_A_MONTH / len(DAYS)
    return times * min(DAYS_A_MONTH, _count("day of month", day))


def find_timezone_problem(timezone: str) -> str:
    """What is wrong with the name of a time zone; empty if nothing, or if this machine knows no time zones."""
    known = frozenset() if timezone == UTC else _timezones()
    if not known or timezone in known:
        return ""
    return f"{timezone!r} is not a time zone{suggest(timezone, known) or '; expected a name such as Europe/Berlin'}"


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())


def _is_time(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return False
    return True


def _cron_problem(expression: str) -> str:
    fields = expression.split(" ")
    if len(fields) != len(FIELDS):
        return f"cron({expression}) has {len(fields)} fields; expected 6: {', '.join(FIELDS)}"
    for (name, (least, most, names, letters)), field in zip(FIELDS.items(), fields, strict=True):
        if field == "?" and name.startswith("day"):
            continue
        if not all(_is_part(part, least, most, names, letters) for part in field.split(",")):
            return f"cron({expression}): {field!r} is not a value for {name} ({least} to {most})"
    if "?" not in (fields[2], fields[4]):
        return f"cron({expression}): day of month or day of week must be ?"
    return ""


def _is_part(part: str, least: int, most: int, names: tuple[str, ...], letters: str) -> bool:
    """`*`, `5`, `1-5`, `*/15`, `MON`, and `L`, `15W`, `6L`, `3#2` where they mean something."""
    if _is_special(part, least, most, letters):
        return True
    span, slash, step = part.partition("/")
    if slash and not (step.isascii() and step.isdigit() and int(step) > 0):
        return False
    if span == "*":
        return True
    values = [_number(text, least, names) for text in span.split("-", 1)]
    return all(value is not None and least <= value <= most for value in values)


def _is_special(part: str, least: int, most: int, letters: str) -> bool:
    if "W" in letters:
        return part in ("L", "LW") or bool(re.fullmatch(r"([1-9]|[12]\d|3[01])W", part))
    if "#" in letters:
        return bool(re.fullmatch(rf"L|[{least}-{most}](L|#[1-5])", part))
    return False


def _number(text: str, least: int, names: tuple[str, ...]) -> int | None:
    if text.upper() in names:
        return names.index(text.upper()) + least
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None


def _count(name: str, field: str) -> float:
    """How many of its values a valid field names; one day of a month, told from the end or by its week, is one."""
    least, most, names, letters = FIELDS[name]
    values: set[int] = set()
    special = 0.0
    for part in field.split(","):
        is_weekly = part == "L" and name == "day of week"  # Saturday
        if not is_weekly and _is_special(part, least, most, letters):
            special += len(DAYS) / DAYS_A_MONTH if name == "day of week" else 1
            continue
        span, _, step = part.partition("/")
        first, _, last = ("SAT" if is_weekly else span).partition("-")
        start = least if first == "*" else _number(first, least, names) or 0
        end = _number(last, least, names) or 0 if last else most if step or first == "*" else start
        length = (end - start) % (most - least + 1)  # FRI-MON goes round
        values |= {least + (start - least + gone) % (most - least + 1) for gone in range(0, length + 1, int(step or 1))}
    return len(values) + special
