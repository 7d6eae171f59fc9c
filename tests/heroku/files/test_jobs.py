"""Scheduler's jobs from a file and from its dashboard's text."""

import pytest

from homeport.heroku.files.findings import Place
from homeport.heroku.files.jobs import parse_jobs, read_schedule
from homeport.heroku.records import Inventory, Job

PLACE = Place("shop/scheduler.yml", "shop")


def jobs(text: str) -> list[tuple[str, str, str]]:
    return [(job.command, job.schedule, job.size) for job in parse_jobs(text, PLACE).of(Job)]


def test_a_list_of_jobs_is_read() -> None:
    text = """
- command: ./manage.py clearsessions
  schedule: every day at 3:00 AM UTC
  size: Standard-1X
- {command: ./manage.py sync, schedule: every 10 minutes, app: shop-worker}
"""
    found = parse_jobs(text, PLACE)
    assert not found.doubts
    assert [(job.app, job.origin, job.schedule) for job in found.of(Job)] == [
        ("shop", "shop/scheduler.yml:2: jobs[0]", "daily at 03:00"),
        ("shop-worker", "shop/scheduler.yml:5: jobs[1]", "10 minutes"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "$ python manage.py clearsessions\nStandard-1X\nDaily at 3:00 AM UTC\nLast run November 1, 2026 3:00 AM UTC\n"
        "$ python manage.py sync\nBasic\nEvery 10 minutes\nNever\n",
        "Job\tDyno Size\tFrequency\tLast Run\tNext Due\n"
        "python manage.py clearsessions\tStandard-1X\tDaily at 3:00 AM UTC\tNever\tNovember 2, 2026 3:00 AM UTC\n"
        "python manage.py sync\tBasic\tEvery 10 minutes\tNever\tNovember 1, 2026 3:10 AM UTC\n",
    ],
)
def test_the_dashboards_text_is_read_by_lines_or_by_columns(text: str) -> None:
    assert jobs(text) == [
        ("python manage.py clearsessions", "daily at 03:00", "Standard-1X"),
        ("python manage.py sync", "10 minutes", "Basic"),
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("every 10 minutes", "10 minutes"),
        ("10 min", "10 minutes"),
        ("Hourly at :30", "hourly at :30"),
        ("Every hour at 12:50", "hourly at :50"),
        ("hourly", "hourly at :00"),
        ("Every day at 12:30 AM UTC", "daily at 00:30"),
        ("Every day at... 12:00 PM", "daily at 12:00"),
        ("daily at 23:30", "daily at 23:30"),
        ("daily at 25:00", ""),
        ("daily", ""),
        ("every 7 minutes", ""),
        ("0 3 * * *", "0 3 * * *"),
        ("*/5 0-6 1,15 * mon-fri", "*/5 0-6 1,15 * mon-fri"),
        ("now and then", ""),
        ("", ""),
    ],
)
def test_schedules_as_people_write_them(written: str, expected: str) -> None:
    assert read_schedule(written) == expected


def said(found: Inventory) -> str:
    return "\n".join(f"{doubt.place}: {doubt.text}" for doubt in found.doubts)


def test_a_schedule_that_is_not_understood_is_unknown_and_doubted() -> None:
    found = parse_jobs("- {command: a, schedule: sometimes}\n- {command: b}\n", PLACE)
    assert [job.schedule for job in found.of(Job)] == ["", ""]
    assert "shop/scheduler.yml:1: jobs[0] has a schedule that is not understood" in said(found)
    assert "shop/scheduler.yml:2: jobs[1] has no schedule" in said(found)


def test_what_is_no_job_is_left_out_with_a_doubt() -> None:
    found = parse_jobs("- {schedule: hourly}\n- a\n- {command: x, schedule: hourly, queue: y}\n", PLACE)
    assert [job.command for job in found.of(Job)] == ["x"]
    assert "has no command" in said(found)
    assert "queue is no key" in said(found)


@pytest.mark.parametrize("text", ["", "[]", "{}", "\n\n"])
def test_a_file_without_jobs_says_so(text: str) -> None:
    assert "has no job" in said(parse_jobs(text, PLACE))


def test_a_yaml_file_of_something_else_gives_no_jobs() -> None:
    found = parse_jobs("version: 3\nservices:\n  web: {image: x}\n", PLACE)
    assert not found.records
    assert "has no job" in said(found)
