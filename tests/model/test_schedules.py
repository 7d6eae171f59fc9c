"""EventBridge Scheduler's grammar."""

import pytest

from homeport.model.schedules import find_schedule_problem


@pytest.mark.parametrize(
    "schedule",
    [
        "rate(1 minute)",
        "rate(5 minutes)",
        "rate(12 hours)",
        "rate(1 day)",
        "cron(0 6 * * ? *)",
        "cron(15,45 8-18 ? * MON-FRI *)",
        "cron(*/15 * * * ? *)",
        "cron(0/10 0 1 JAN,JUL ? 2030-2040)",
        "cron(0 0 L * ? *)",
        "cron(0 0 15W * ? *)",
        "cron(0 0 ? * 6L *)",
        "cron(0 0 ? * 3#2 *)",
        "at(2030-01-31T06:00:00)",
    ],
)
def test_what_aws_takes_is_taken(schedule: str) -> None:
    assert find_schedule_problem(schedule) == ""


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("rate(0 minutes)", "is not a schedule"),
        ("rate(5 fortnights)", "is not a schedule"),
        ("every day", "is not a schedule"),
        ("* * * * *", "is not a schedule"),
        ("cron(0 6 * * *)", "has 5 fields; expected 6"),
        ("cron(0 6 * * * *)", "day of month or day of week must be ?"),
        ("cron(60 6 * * ? *)", "'60' is not a value for minutes (0 to 59)"),
        ("cron(0 24 * * ? *)", "for hours"),
        ("cron(0 6 32 * ? *)", "for day of month"),
        ("cron(0 6 ? * 0 *)", "for day of week"),
        ("cron(0 6 * FEB-13 ? *)", "for month"),
        ("cron(0 6 * * ? 1969)", "for year"),
        ("cron(0/0 6 * * ? *)", "for minutes"),
        ("cron(² 6 * * ? *)", "for minutes"),
        ("at(tomorrow)", "is not a time"),
    ],
)
def test_what_aws_refuses_is_refused(schedule: str, expected: str) -> None:
    assert expected in find_schedule_problem(schedule)
