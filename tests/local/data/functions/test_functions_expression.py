"""AWS's schedule expressions: tables of what they mean, time zones and daylight saving included."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.local.data.functions.expression import next_after, parse, zone

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def runs(text: str, after: str, count: int, timezone: str = "UTC") -> list[str]:
    expression, now, found = parse(text), moment(after), []
    for _ in range(count):
        at = next_after(expression, now, EPOCH, ZoneInfo(timezone))
        if at is None:
            break
        found.append(at.strftime("%Y-%m-%dT%H:%M"))
        now = at
    return found


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("cron(0 10 * * ? *)", "2026-01-01T10:00", ["2026-01-02T10:00", "2026-01-03T10:00"]),
        ("cron(15 12 * * ? *)", "2026-01-01T00:00", ["2026-01-01T12:15"]),
        ("cron(0/15 * * * ? *)", "2026-01-01T00:50", ["2026-01-01T01:00", "2026-01-01T01:15"]),
        ("cron(5,35 14 * * ? *)", "2026-01-01T14:10", ["2026-01-01T14:35", "2026-01-02T14:05"]),
        # 2026-01-01 is a Thursday; SUN is 1
        ("cron(0 18 ? * MON-FRI *)", "2026-01-02T18:00", ["2026-01-05T18:00"]),
        ("cron(0 18 ? * 2-6 *)", "2026-01-02T18:00", ["2026-01-05T18:00"]),
        ("cron(0 0 ? * 1 *)", "2026-01-01T00:00", ["2026-01-04T00:00"]),
        ("cron(0 0 ? * 7 *)", "2026-01-01T00:00", ["2026-01-03T00:00"]),
        ("cron(0 0 ? * L *)", "2026-01-01T00:00", ["2026-01-03T00:00"]),
        ("cron(0 0 ? * FRI-MON *)", "2026-01-01T00:00", ["2026-01-02T00:00", "2026-01-03T00:00", "2026-01-04T00:00"]),
        ("cron(0 0 ? * 2/2 *)", "2026-01-01T12:00", ["2026-01-02T00:00", "2026-01-05T00:00", "2026-01-07T00:00"]),
        ("cron(0 0 ? * TUE,THU *)", "2026-01-01T12:00", ["2026-01-06T00:00", "2026-01-08T00:00"]),
        ("cron(0 9 ? * 6L *)", "2026-01-01T00:00", ["2026-01-30T09:00", "2026-02-27T09:00"]),
        ("cron(0 9 ? * FRIL *)", "2026-01-01T00:00", ["2026-01-30T09:00"]),
        ("cron(0 9 ? * 3#2 *)", "2026-01-01T00:00", ["2026-01-13T09:00", "2026-02-10T09:00"]),
        ("cron(0 9 ? * TUE#2 *)", "2026-01-01T00:00", ["2026-01-13T09:00"]),
        ("cron(0 0 L * ? *)", "2026-01-31T00:00", ["2026-02-28T00:00", "2026-03-31T00:00"]),
        ("cron(0 0 LW * ? *)", "2026-01-01T00:00", ["2026-01-30T00:00", "2026-02-27T00:00"]),
        # 2026-02-15 is a Sunday, 2026-08-15 a Saturday, 2026-08-01 a Saturday, 2026-05-31 a Sunday
        ("cron(0 0 15W * ? *)", "2026-02-01T00:00", ["2026-02-16T00:00", "2026-03-16T00:00", "2026-04-15T00:00"]),
        ("cron(0 0 15W 8 ? *)", "2026-02-01T00:00", ["2026-08-14T00:00"]),
        ("cron(0 0 1W 8 ? *)", "2026-02-01T00:00", ["2026-08-03T00:00"]),
        ("cron(0 0 31W * ? *)", "2026-04-01T00:00", ["2026-05-29T00:00", "2026-07-31T00:00"]),
        ("cron(0 8 1 * ? *)", "2026-01-01T08:00", ["2026-02-01T08:00"]),
        ("cron(0 8 1 JAN,JUL ? *)", "2026-01-01T08:00", ["2026-07-01T08:00"]),
        ("cron(0 0 29 2 ? *)", "2026-01-01T00:00", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ("cron(0 0 1 1 ? 2028)", "2026-06-01T00:00", ["2028-01-01T00:00"]),
        ("cron(0 0 1 1 ? 2027-2028)", "2026-06-01T00:00", ["2027-01-01T00:00", "2028-01-01T00:00"]),
        ("cron(0 0 1 1 ? 2024,2030)", "2026-06-01T00:00", ["2030-01-01T00:00"]),
        ("cron(0 0 1 1 ? 2025/4)", "2026-06-01T00:00", ["2029-01-01T00:00", "2033-01-01T00:00"]),
        ("cron(0 0 1 1 ? 2020)", "2026-06-01T00:00", []),
        ("at(2026-03-01T09:00:00)", "2026-01-01T00:00", ["2026-03-01T09:00"]),
        ("at(2026-03-01T09:00:00)", "2026-03-01T09:00", []),
        ("rate(1 minute)", "2026-01-01T00:00", ["2026-01-01T00:01", "2026-01-01T00:02"]),
        ("rate(12 hours)", "2026-01-01T01:00", ["2026-01-01T12:00", "2026-01-02T00:00"]),
        ("rate(1 day)", "2026-01-01T01:00", ["2026-01-02T00:00"]),
    ],
)
def test_expressions_mean_what_aws_says(text: str, after: str, expected: list[str]) -> None:
    assert runs(text, after, max(1, len(expected))) == expected


def test_a_rate_counts_from_its_anchor() -> None:
    anchor = moment("2026-01-01T00:02:30")
    found = next_after(parse("rate(5 minutes)"), moment("2026-01-01T01:00:00"), anchor, ZoneInfo("UTC"))
    assert found == moment("2026-01-01T01:02:30")
    assert next_after(parse("rate(5 minutes)"), anchor, anchor, ZoneInfo("UTC")) == moment("2026-01-01T00:07:30")


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        # Berlin: +1 in winter, +2 in summer; the clock skips 2:00-3:00 on 2026-03-29, and repeats it on 2026-10-25
        ("cron(0 9 * * ? *)", "2026-03-27T12:00", ["2026-03-28T08:00", "2026-03-29T07:00"]),
        ("cron(30 2 * * ? *)", "2026-03-28T00:00", ["2026-03-28T01:30", "2026-03-30T00:30"]),
        ("cron(30 2 * * ? *)", "2026-10-24T12:00", ["2026-10-25T00:30", "2026-10-26T01:30"]),
        ("cron(0 0/1 * * ? *)", "2026-10-24T23:30", ["2026-10-25T00:00", "2026-10-25T02:00"]),
        ("at(2026-07-01T09:00:00)", "2026-01-01T00:00", ["2026-07-01T07:00"]),
    ],
)
def test_time_zones_and_daylight_saving(text: str, after: str, expected: list[str]) -> None:
    assert runs(text, after, len(expected), "Europe/Berlin") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "every day",
        "rate(0 minutes)",
        "rate(5)",
        "rate(-1 hours)",
        "rate(1 week)",
        "cron(0 10 * * *)",
        "cron(0 10 * * * *)",
        "cron(0 10 ? * ? *)",
        "cron(61 10 * * ? *)",
        "cron(0 10 ? * 8 *)",
        "cron(0 10 ? * 0 *)",
        "cron(0 10 ? * MON/x *)",
        "cron(0 10 32 * ? *)",
        "cron(0 10 0W * ? *)",
        "cron(0 10 40W * ? *)",
        "cron(0 10 30 2 ? *)",
        "cron(0 10 * * ? 1800)",
        "cron(0 10 * * ? 2030-2020)",
        "cron(0 10 * * ? x)",
        "at(tomorrow)",
        "at(2026-02-30T00:00:00)",
    ],
)
def test_what_is_no_expression_says_so(text: str) -> None:
    with pytest.raises(ValueError):
        parse(text)


@given(st.text(alphabet="0123456789*?LW#,-/ MONFRISU", max_size=30))
def test_odd_crons_are_understood_or_refused(inside: str) -> None:
    try:
        expression = parse(f"cron({inside})")
    except ValueError:
        return
    now = moment("2026-01-01T00:00")
    found = next_after(expression, now, EPOCH, ZoneInfo("UTC"))
    assert found is None or found > now


def test_an_unknown_time_zone_is_refused() -> None:
    assert zone(None) == ZoneInfo("UTC")
    for name in ("Mars/Olympus", "../etc/passwd", ""):
        if name:
            with pytest.raises(ValueError):
                zone(name)
