"""Health of a task: results of checks → state, from values alone.

Until a task is healthy for the first time it is checked often, so that starting is quick. That does not bend the
thresholds: it takes as many successes as declared, and failures count once per declared interval.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

OFTEN_SECONDS, LESS_OFTEN_SECONDS = 0.2, 1.0
OFTEN_FOR_SECONDS = 30.0

State = Literal["initial", "healthy", "unhealthy"]


@dataclass(frozen=True)
class Check:
    """How health is checked: of a target group (path, matcher) or of a container (command)."""

    interval: float
    timeout: float
    successes: int
    failures: int
    protocol: str = "HTTP"
    path: str = "/"
    matcher: str = "200"
    command: tuple[str, ...] = ()


@dataclass(frozen=True)
class Health:
    """State so far; `why` is the last failure's."""

    state: State = "initial"
    successes: int = 0
    failures: int = 0
    counted_at: float | None = None
    why: str = ""


def after(health: Health, check: Check, failure: str, now: float) -> Health:
    """State after one more check; `failure` is empty if it passed."""
    if not failure:
        health = replace(health, successes=health.successes + 1, failures=0, counted_at=None, why="")
        return replace(health, state="healthy") if health.successes >= check.successes else health
    health = replace(health, successes=0, why=failure)
    if health.counted_at is not None and now - health.counted_at < check.interval:
        return health
    health = replace(health, failures=health.failures + 1, counted_at=now)
    return replace(health, state="unhealthy") if health.failures >= check.failures else health


def pause(health: Health, check: Check, age: float) -> float:
    """Seconds to the next check of a task that started `age` seconds ago."""
    if health.state != "initial":
        return check.interval
    return min(check.interval, OFTEN_SECONDS if age < OFTEN_FOR_SECONDS else LESS_OFTEN_SECONDS)


def matches(matcher: str, status: int) -> bool:
    """Whether a status is among those that a target group takes for healthy: `200`, `200,204`, `200-299`."""
    for part in matcher.split(","):
        low, _, high = part.strip().partition("-")
        if low.isdigit() and int(low) <= status <= int(high or low):
            return True
    return False


def target_group_check(group: Mapping[str, Any]) -> Check | None:
    """The check of a target group, None if it has none."""
    if group.get("HealthCheckEnabled") is False:
        return None
    return Check(
        interval=float(group.get("HealthCheckIntervalSeconds") or 30),
        timeout=float(group.get("HealthCheckTimeoutSeconds") or 5),
        successes=int(group.get("HealthyThresholdCount") or 5),
        failures=int(group.get("UnhealthyThresholdCount") or 2),
        protocol=str(group.get("HealthCheckProtocol") or "HTTP"),
        path=str(group.get("HealthCheckPath") or "/"),
        matcher=str((group.get("Matcher") or {}).get("HttpCode") or "200"),
    )


def container_check(declared: Mapping[str, Any] | None) -> Check | None:
    """The check that a container definition declares, None if it has none."""
    command = tuple((declared or {}).get("command") or ())
    if not declared or not command or command[0] == "NONE":
        return None
    return Check(
        interval=float(declared.get("interval") or 30),
        timeout=float(declared.get("timeout") or 5),
        successes=1,
        failures=int(declared.get("retries") or 3),
        protocol="COMMAND",
        command=("/bin/sh", "-c", *command[1:2]) if command[0] == "CMD-SHELL" else command[1:],
    )
