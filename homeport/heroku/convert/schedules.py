"""When Heroku's Scheduler starts a job, in EventBridge's grammar: `daily at 03:00` → `cron(0 3 * * ? *)`."""

import re

from homeport.model.schedules import find_schedule_problem

EVERY = re.compile(r"^(?:every\s+)?(\d+)\s*(?:minutes?|min|m)$")
HOURLY = re.compile(r"^(?:hourly|every hour)(?:\s+at)?\s*:?(\d{1,2})?$")
DAILY = re.compile(r"^(?:daily|every day)(?:\s+at)?\s*(\d{1,2}):(\d{2})(?:\s*(am|pm))?(?:\s*utc)?$")
CRON = re.compile(r"^(\S+) (\S+) (\S+) (\S+) (\S+)$")


def schedule_of(text: str) -> str:
    """EventBridge's expression; empty if the text says nothing that can be understood. Times are UTC, as on Heroku."""
    written = " ".join(text.lower().split())
    found = _expression(written)
    return found if found and not find_schedule_problem(found) else ""


def _expression(text: str) -> str:
    if match := EVERY.match(text):
        number = int(match[1][:9])
        return f"rate({number} minute{'s' if number > 1 else ''})"
    if match := HOURLY.match(text):
        return f"cron({int(match[1] or 0)} * * * ? *)"
    if match := DAILY.match(text):
        at = int(match[1]) % 12 + (12 if match[3] == "pm" else 0) if match[3] else int(match[1])
        return f"cron({int(match[2])} {at} * * ? *)"
    if match := CRON.match(text):
        minute, hour, day, month, weekday = match.groups()
        if weekday == "*":
            return f"cron({minute} {hour} {day} {month} ? *)"
        if day == "*":
            return f"cron({minute} {hour} ? {month} {_weekdays(weekday)} *)"
    return ""


def _weekdays(field: str) -> str:
    """Cron counts Sunday as 0 or 7, EventBridge as 1."""
    return re.sub(r"\d+", lambda match: str(int(match[0]) % 7 + 1), field) if "/" not in field else field.upper()
