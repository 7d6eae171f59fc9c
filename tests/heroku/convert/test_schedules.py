"""How people write when a job is due, and what the jobs of a team become."""

from typing import Any

import pytest
import yaml

from homeport.heroku.convert import convert
from homeport.heroku.convert.schedules import name_of, schedule_of
from homeport.heroku.records import App, Coupling, Inventory, Job, Process, Record
from tests.heroku.convert.team import team


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


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python manage.py clearsessions", "clearsessions"),
        ("./manage.py -v2 send_reminders --days 3", "send-reminders"),
        ("DEBUG=1 python -m shop.jobs.nightly", "nightly"),
        ("bin/nightly.sh", "nightly"),
        ("bash -c 'cd app && ./sync'", "app"),
        ("newrelic-admin run-program python manage.py sync", "sync"),
        ("python scripts/export_all_of_the_orders_of_a_month.py", "export-all-of-the-orders"),
        ("::", "job"),
    ],
)
def test_a_schedule_is_called_after_what_its_command_does(command: str, expected: str) -> None:
    assert name_of(command, set()) == expected


def test_a_name_that_is_taken_is_numbered() -> None:
    assert name_of("manage.py sync", {"sync", "sync-2"}) == "sync-3"


def test_jobs_become_schedules_of_their_service() -> None:
    converted = convert(team())
    why = {entry.title: entry.why for entry in converted.report.moved}
    assert why["scheduled job `python manage.py clearsessions`"] == (
        "is services.shop.schedules.clearsessions: cron(0 3 * * ? *)"
    )
    (unknown,) = [entry for entry in converted.report.changed if "manage.py sync" in entry.title]
    assert "seen running" in unknown.why and "services.shop.schedules.sync" in unknown.todo
    written = yaml.safe_load(converted.platform_text)
    assert written["services"]["shop"]["schedules"] == {
        "clearsessions": {"schedule": "cron(0 3 * * ? *)", "command": "python manage.py clearsessions"},
        "sync": {"schedule": "rate(1 day)", "command": "python manage.py sync", "enabled": False},
    }
    assert written["environments"]["stage"]["services"]["shop"]["schedules"] == {"clearsessions": {"enabled": False}}


def test_the_same_job_of_two_environments_is_one_schedule_and_twice_a_day_is_two() -> None:
    def job(number: int, where: str, schedule: str, **more: Any) -> Job:
        origin = f"typed: {where}, job {number}"
        return Job(origin=origin, app=where, command="bin/nightly.sh --all", schedule=schedule, **more)

    records: list[Record] = [
        job(1, "shop", "daily at 03:00", size="standard-2x"),
        job(2, "shop", "daily at 15:00"),
        job(3, "shop", "", is_inferred=True),
        job(4, "shop-staging", "hourly at :30"),
    ]
    for name, stage in (("shop", "production"), ("shop-staging", "staging")):
        command = "gunicorn x.wsgi"
        records += [
            App(origin=name, app=name),
            Process(origin=f"{name}/web", app=name, type="web", command=command, size="Basic", quantity=1),
            Coupling(origin=f"shop {name}", app=name, pipeline="shop", stage=stage),
        ]
    written = yaml.safe_load(convert(Inventory(records=tuple(records))).platform_text)
    assert {name: one["schedule"] for name, one in written["services"]["shop"]["schedules"].items()} == {
        "nightly": "cron(0 3 * * ? *)",
        "nightly-2": "cron(0 15 * * ? *)",
    }
    overrides = {name: written["environments"][name]["services"]["shop"]["schedules"] for name in ("prod", "stage")}
    assert overrides == {
        "prod": {"nightly": {"cpu": 512, "memory_mb": 1024}},
        "stage": {"nightly": {"schedule": "cron(30 * * * ? *)"}, "nightly-2": {"enabled": False}},
    }
