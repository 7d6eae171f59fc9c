"""The grammar of schedules: EventBridge Scheduler's `rate(…)`, `cron(…)` and `at(…)`.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import re
from datetime import datetime

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
