"""EventBridge Scheduler's grammar."""

import pytest

from homeport.model.schedules import find_schedule_problem, find_timezone_problem, runs_a_month


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


@pytest.mark.parametrize("timezone", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])
def test_names_of_time_zones_are_taken(timezone: str) -> None:
    assert find_timezone_problem(timezone) == ""


def test_a_misspelt_time_zone_is_told_what_there_is() -> None:
    assert find_timezone_problem("Europe/Berln") == "'Europe/Berln' is not a time zone (did you mean 'Europe/Berlin'?)"
    assert "expected a name such as Europe/Berlin" in find_timezone_problem("+01:00")


DAYS = 365 / 12


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("rate(10 minutes)", 6 * 24 * DAYS),
        ("rate(1 day)", DAYS),
        ("cron(0 3 * * ? *)", DAYS),
        ("cron(0/15 * * * ? *)", 4 * 24 * DAYS),
        ("cron(*/15 8-17 ? * MON-FRI *)", 4 * 10 * 5 / 7 * DAYS),
        ("cron(0 0 ? * FRI-MON *)", 4 / 7 * DAYS),
        ("cron(0 0 ? * L *)", DAYS / 7),
        ("cron(0 0 ? * 6L *)", 1),
        ("cron(0 0 ? * 2#1 *)", 1),
        ("cron(0 0 1,15 * ? *)", 2),
        ("cron(0 0 15W 1-6 ? *)", 0.5),
        ("cron(0 0 L * ? *)", 1),
        ("at(2030-01-31T06:00:00)", 1),
    ],
)
def test_it_is_known_how_often_a_schedule_comes_due(schedule: str, expected: float) -> None:
    assert runs_a_month(schedule) == pytest.approx(expected)
