"""EventBridge Scheduler's schedules and EventBridge's scheduled rules → one frozen shape that knows its runs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from homeport.local.data.context import Resource
from homeport.local.data.functions.expression import Expression, Rate, next_after, parse, zone

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RETRIES, EVENT_AGE_SECONDS = 185, 86_400  # AWS's defaults for both services


@dataclass(frozen=True)
class Target:
    """What a run calls; `state` is the Target of the API."""

    arn: str
    state: Mapping[str, Any]
    retries: int
    event_age_seconds: int
    dead_letter_arn: str | None


@dataclass(frozen=True)
class Schedule:
    """A schedule or a rule; `anchor` is what a rate counts from."""

    arn: str
    type: str
    name: str
    group: str
    account: str
    region: str
    text: str
    expression: Expression
    timezone: ZoneInfo
    anchor: datetime
    start: datetime | None
    end: datetime | None
    targets: tuple[Target, ...]
    delete_after: bool
    note: str

    @property
    def is_rule(self) -> bool:
        return self.type == "events:rule"

    def next_run(self, after: datetime) -> datetime | None:
        """The first run after that moment, within start and end."""
        if self.start and after < self.start:
            after = self.start - timedelta(microseconds=1)
        found = next_after(self.expression, after, self.anchor, self.timezone)
        return None if found and self.end and found > self.end else found


def convert_schedule(resource: Resource) -> Schedule:
    """The feed's `scheduler:schedule`; ValueError if it means nothing."""
    state = resource.state
    text = str(state["ScheduleExpression"])
    expression = parse(text)
    start, end = moment(state.get("StartDate")), moment(state.get("EndDate"))
    anchor = moment(state.get("CreationDate")) or EPOCH
    if start and isinstance(expression, Rate):
        anchor = start - timedelta(seconds=expression.seconds)  # its first run is at the start itself
    window = state.get("FlexibleTimeWindow") or {}
    return Schedule(
        arn=resource.arn,
        type=resource.type,
        name=str(state.get("Name") or resource.arn.rpartition("/")[2]),
        group=str(state.get("GroupName") or "default"),
        account=resource.account,
        region=resource.region,
        text=text,
        expression=expression,
        timezone=zone(state.get("ScheduleExpressionTimezone")),
        anchor=anchor,
        start=start,
        end=end,
        targets=(_target(state["Target"]),),
        delete_after=state.get("ActionAfterCompletion") == "DELETE",
        note="runs at the start of its flexible window" if window.get("Mode") == "FLEXIBLE" else "",
    )


def convert_rule(resource: Resource) -> Schedule:
    """The feed's `events:rule` with a ScheduleExpression; ValueError if it means nothing.

    EventBridge does not tell when a rule was enabled, which its rates count from: here they count from the epoch, so
    that they keep their rhythm over restarts.
    """
    state = resource.state
    text = str(state["ScheduleExpression"])
    return Schedule(
        arn=resource.arn,
        type=resource.type,
        name=str(state.get("Name") or resource.arn.rpartition("/")[2]),
        group="",
        account=resource.account,
        region=resource.region,
        text=text,
        expression=parse(text),
        timezone=zone(None),
        anchor=EPOCH,
        start=None,
        end=None,
        targets=tuple(_target(target) for target in state.get("Targets") or ()),
        delete_after=False,
        note="",
    )


def is_scheduled(resource: Resource) -> bool:
    """Rules without a schedule listen to events: the control plane's business."""
    return resource.type == "scheduler:schedule" or bool(resource.state.get("ScheduleExpression"))


def is_enabled(resource: Resource) -> bool:
    return str(resource.state.get("State")) != "DISABLED"


def moment(value: Any) -> datetime | None:
    """A time of the API: seconds since the epoch or ISO 8601, which means UTC if it names no zone."""
    if value is None or value == "":
        return None
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except ValueError:
        found = datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _target(state: Mapping[str, Any]) -> Target:
    policy = state.get("RetryPolicy") or {}
    return Target(
        arn=str(state["Arn"]),
        state=state,
        retries=int(policy.get("MaximumRetryAttempts", RETRIES)),
        event_age_seconds=int(policy.get("MaximumEventAgeInSeconds", EVENT_AGE_SECONDS)),
        dead_letter_arn=(state.get("DeadLetterConfig") or {}).get("Arn"),
    )
