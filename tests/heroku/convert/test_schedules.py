"""How people write when a job is due."""

import pytest

from homeport.heroku.convert.schedules import schedule_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10 minutes", "rate(10 minutes)"),
        ("Every 1 minute", "rate(1 minute)"),
        ("hourly at :30", "cron(30 * * * ? *)"),
        ("hourly", "cron(0 * * * ? *)"),
        ("daily at 03:00", "cron(0 3 * * ? *)"),
        ("Daily at 3:30 PM UTC", "cron(30 15 * * ? *)"),
        ("daily at 12:05 am", "cron(5 0 * * ? *)"),
        ("*/5 * * * *", "cron(*/5 * * * ? *)"),
        ("0 9 * * 1-5", "cron(0 9 ? * 2-6 *)"),
        ("0 9 * * 0", "cron(0 9 ? * 1 *)"),
    ],
)
def test_it_becomes_an_expression_of_eventbridge(text: str, expected: str) -> None:
    assert schedule_of(text) == expected


@pytest.mark.parametrize("text", ["", "now and then", "daily at 25:00", "0 minutes", "0 9 1 * 1", "a b c d e"])
def test_what_cannot_be_understood_is_nothing(text: str) -> None:
    assert schedule_of(text) == ""
