"""What a service should start and stop next, from values alone.

The rules are those of ECS's rolling update: never fewer healthy tasks than the minimum percent allows while there is
a choice, never more than the maximum percent; the circuit breaker counts tasks that end before they were ready.
Source: "Amazon ECS deployment circuit breaker" and "DeploymentConfiguration" in the ECS documentation.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from homeport.local.data.ecs.model import Deployment, Service

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 60.0
BREAKER_MIN, BREAKER_MAX = 3, 200

Rollout = Literal["IN_PROGRESS", "COMPLETED", "FAILED"]


@dataclass(frozen=True)
class TaskView:
    """What deciding needs to know of a task. `complaint` says why it must be replaced."""

    arn: str
    deployment: str
    started: float
    ready: bool = False
    stopping: bool = False
    complaint: str = ""


@dataclass(frozen=True)
class Attempts:
    """How starting tasks of a deployment went."""

    deployment: str
    in_a_row: int = 0
    total: int = 0
    not_before: float = 0.0


@dataclass(frozen=True)
class Decision:
    """What to do now, and when to ask again at the latest."""

    start: int
    stop: tuple[tuple[str, str], ...]  # task ARN, reason
    of: Deployment | None  # which deployment's tasks to start
    rollout: Rollout
    again_at: float | None = None


def decide(
    service: Service, tasks: Sequence[TaskView], attempts: Attempts, now: float, *, back: Attempts | None = None
) -> Decision:
    """The next steps towards what is declared.

    `attempts` are those of the primary deployment, `back` those of the one that is gone back to when it has failed.
    """
    primary = service.primary
    rollout: Rollout = "FAILED" if primary.state == "FAILED" or _is_tripped(service, attempts) else "IN_PROGRESS"
    target = primary if rollout != "FAILED" else _last_completed(service)
    stop = {task.arn: task.complaint for task in tasks if task.complaint and not task.stopping}
    alive = [task for task in tasks if not task.stopping and task.arn not in stop]
    current = [task for task in alive if target and task.deployment == target.id]
    old = [task for task in alive if task not in current]
    stop |= _surplus(service, current)
    stop |= _outgoing(service, current, old)
    kept = len(alive) - sum(task.arn in stop for task in alive)
    missing = service.desired - sum(task.arn not in stop for task in current) if target else 0
    start = max(0, min(missing, _most(service) - kept))
    not_before = max(
        (a.not_before for a in (attempts, back) if a and target and a.deployment == target.id), default=0.0
    )
    waits = start > 0 and now < not_before
    if rollout != "FAILED" and _is_steady(service, current, old):
        rollout = "COMPLETED"
    return Decision(
        start=0 if waits else start,
        stop=tuple(stop.items()),
        of=target,
        rollout=rollout,
        again_at=not_before if waits else None,
    )


def after_failure(attempts: Attempts, now: float) -> Attempts:
    """A task ended before it was ready: wait, twice as long each time in a row."""
    pause = min(FIRST_PAUSE_SECONDS * 2**attempts.in_a_row, LONGEST_PAUSE_SECONDS)
    return replace(attempts, in_a_row=attempts.in_a_row + 1, total=attempts.total + 1, not_before=now + pause)


def after_success(attempts: Attempts) -> Attempts:
    """A task became ready."""
    return replace(attempts, in_a_row=0, not_before=0.0)


def _is_tripped(service: Service, attempts: Attempts) -> bool:
    """Whether the circuit breaker ends the primary deployment: half of the desired count failed, at least three."""
    if not service.breaker or service.primary.state != "IN_PROGRESS" or attempts.deployment != service.primary.id:
        return False
    return attempts.in_a_row >= min(max(math.ceil(service.desired / 2), BREAKER_MIN), BREAKER_MAX)


def _last_completed(service: Service) -> Deployment | None:
    """What goes on when the primary deployment has failed."""
    return next((d for d in service.deployments if not d.primary and d.state == "COMPLETED"), None)


def _surplus(service: Service, current: Sequence[TaskView]) -> dict[str, str]:
    """Scaling in: what is not ready first, then the youngest."""
    order = sorted(current, key=lambda task: (task.ready, -task.started))
    reason = f"Scaling activity initiated by (deployment {service.primary.id})"
    return {task.arn: reason for task in order[: max(0, len(current) - service.desired)]}


def _outgoing(service: Service, current: Sequence[TaskView], old: Sequence[TaskView]) -> dict[str, str]:
    """Tasks of older deployments, as far as the minimum percent lets them go."""
    ready_now = sum(task.ready for task in current)
    spare = max(0, ready_now + sum(task.ready for task in old) - math.ceil(service.desired * service.min_percent / 100))
    going = [task for task in old if not task.ready]
    ready_old = sorted((task for task in old if task.ready), key=lambda task: task.started)
    going += ready_old if ready_now >= service.desired else ready_old[:spare]
    reason = f"Scaling activity initiated by (deployment {service.primary.id})"
    return {task.arn: reason for task in going}


def _most(service: Service) -> int:
    return max(service.desired, math.floor(service.desired * service.max_percent / 100))


def _is_steady(service: Service, current: Sequence[TaskView], old: Sequence[TaskView]) -> bool:
    return not old and len(current) == service.desired and all(task.ready for task in current)
