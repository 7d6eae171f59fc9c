"""What is said of the tasks that a schedule started."""

from datetime import UTC, datetime
from typing import Any

import pytest

from homeport.local.data.context import Resource
from homeport.local.data.functions.runs import last_runs
from homeport.local.data.functions.schedule import Schedule, convert_schedule

ARN = "arn:aws:scheduler:eu-west-1:100000000001:schedule/default/nightly"
AT = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


def schedule() -> Schedule:
    state = {"Name": "nightly", "ScheduleExpression": "rate(1 day)", "Target": {"Arn": "arn:aws:ecs:::cluster/c"}}
    return convert_schedule(Resource(ARN, "scheduler:schedule", "100000000001", "eu-west-1", state))


def task(number: int, by: str = "chronos-schedule/nightly", account: str = "100000000001", **state: Any) -> Resource:
    state = {"startedBy": by, "createdAt": AT.replace(day=number).isoformat(), **state}
    return Resource(f"arn:aws:ecs:eu-west-1:{account}:task/c/{number}", "ecs:task", account, "eu-west-1", state)


def stopped(*codes: int | None, **state: Any) -> dict[str, Any]:
    return {"lastStatus": "STOPPED", "containers": [{} if c is None else {"exitCode": c} for c in codes], **state}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"lastStatus": "RUNNING"}, "has not ended"),
        (stopped(0, 0), "ended well"),
        (stopped(0, 3), "failed with exit code 3"),
        (stopped(None, stoppedReason="no such image"), "did not start: no such image"),
        (stopped(), "did not start: for an unknown reason"),
    ],
)
def test_how_a_task_ended_is_how_the_run_ended(state: dict[str, Any], expected: str) -> None:
    assert str(last_runs([schedule()], [task(1, **state)])[ARN]) == f"run of 2026-03-01 03:00:00 UTC {expected}"


def test_the_newest_task_of_the_schedule_counts_and_nobody_elses() -> None:
    others = [task(9, by="chronos-schedule/weekly"), task(8, account="100000000002"), task(7, by="ecs-svc/1")]
    found = last_runs([schedule()], [task(3, **stopped(0)), task(2, **stopped(1)), *others])
    assert [told.text for told in found.values()] == ["ended well"]
    assert last_runs([schedule()], others) == {}
