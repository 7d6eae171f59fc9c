"""The tasks that schedules started → what became of each schedule's last run, in words. Pure.

Whoever describes such a task sees by `startedBy` which schedule it was, on AWS as here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homeport.local.data.context import Resource
from homeport.local.data.functions.schedule import EPOCH, Schedule, moment

STARTED_BY_MAX = 128


@dataclass(frozen=True)
class Told:
    """What is said of the run of one moment."""

    at: datetime
    text: str

    def __str__(self) -> str:
        return f"run of {self.at:%Y-%m-%d %H:%M:%S} UTC {self.text}"


def started_by(schedule: Schedule) -> str:
    """How RunTask is told who asks for a task."""
    return f"{'events-rule' if schedule.is_rule else 'chronos-schedule'}/{schedule.name}"[:STARTED_BY_MAX]


def last_runs(schedules: Iterable[Schedule], tasks: Iterable[Resource]) -> dict[str, Told]:
    """By ARN of the schedule: the newest of its tasks that the account still knows."""
    newest: dict[tuple[str, str, str], Told] = {}
    for task in tasks:
        at = moment(task.state.get("createdAt")) or EPOCH
        key = (task.account, task.region, str(task.state.get("startedBy")))
        if key not in newest or newest[key].at <= at:
            newest[key] = Told(at, _outcome(task.state))
    keys = {schedule.arn: (schedule.account, schedule.region, started_by(schedule)) for schedule in schedules}
    return {arn: newest[key] for arn, key in keys.items() if key in newest}


def _outcome(task: Mapping[str, Any]) -> str:
    if task.get("lastStatus") != "STOPPED":
        return "has not ended"
    codes = [container.get("exitCode") for container in task.get("containers") or ()]
    if not codes or None in codes:
        return f"did not start: {task.get('stoppedReason') or 'for an unknown reason'}"
    failed = [code for code in codes if code]
    return f"failed with exit code {failed[0]}" if failed else "ended well"
