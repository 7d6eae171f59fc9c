"""Waiting for ECS: does the current release of a service run, or has the circuit breaker gone back?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from homeport.deploy.release import release_of
from homeport.deploy.target import Target, aws_in_words
from homeport.errors import HomeportError
from homeport.model import names

PAUSE_SECONDS = 0.5
EVENTS_SHOWN = 3


@dataclass(frozen=True)
class Rollout:
    """How far an ECS service is."""

    done: bool
    failure: str
    seen: str


def find_rollout(service: dict[str, Any]) -> Rollout:
    """What a DescribeServices item says of its newest deployment; older ones that failed are of no interest."""
    primary = next(item for item in service["deployments"] if item["status"] == "PRIMARY")
    state = primary.get("rolloutState", "")
    running, desired = primary.get("runningCount", 0), primary.get("desiredCount", 0)
    failure = primary.get("rolloutStateReason", "tasks do not become healthy") if state == "FAILED" else ""
    return Rollout(state == "COMPLETED", failure, f"{running} of {desired} tasks run, {state.lower()}")


def find_causes(events: Sequence[dict[str, Any]]) -> list[str]:
    """The last troubles that ECS tells of, newest first; of a failed release its own, not those of what came after."""
    messages = [str(event["message"]) for event in events]
    failed = next((index for index, message in enumerate(messages) if "deployment failed" in message), -1)
    return [message for message in messages[failed + 1 :] if "has started" not in message][:EVENTS_SHOWN]


def wait_until_steady(target: Target, name: str, timeout_seconds: float = 600, version: str = "") -> None:
    """Wait until every process of the service runs release `version` (empty: whichever is current).

    Raises HomeportError with what ECS says if a release fails, or with what was last seen when time is up.
    """
    waiting = {process: names.ecs_service(name, process) for process in target.platform.services[name].processes}
    deadline = target.clock.now() + timeout_seconds
    seen: dict[str, str] = {}
    while waiting:
        for process, ecs_service in list(waiting.items()):
            service = _read(target, name, ecs_service)
            rollout = find_rollout(service)
            seen[process] = rollout.seen
            if failure := _gone_back(target, service, version) or rollout.failure:
                causes = [f"  {cause}" for cause in find_causes(service.get("events", []))]
                said = [f"{name}: {process} does not run: {failure}", *causes]
                raise HomeportError("\n".join(said), f"homeport logs {name}")
            if rollout.done:
                del waiting[process]
        if waiting and target.clock.now() >= deadline:
            last = "; ".join(f"{process}: {seen[process]}" for process in waiting)
            raise HomeportError(f"{name}: not steady after {timeout_seconds:g} s: {last}", f"homeport logs {name}")
        if waiting:
            target.clock.sleep(PAUSE_SECONDS)


def _gone_back(target: Target, service: dict[str, Any], version: str) -> str:
    """Once the circuit breaker goes back, another release is the service's, and soon ECS forgets the failed one."""
    if not version:
        return ""
    answer = target.client("ecs").describe_task_definition(taskDefinition=service["taskDefinition"])
    found = release_of(answer["taskDefinition"])
    return "" if found == version else f"ECS went back to {found or 'the template'}, as {version} was not healthy"


def _read(target: Target, name: str, ecs_service: str) -> dict[str, Any]:
    with aws_in_words(name):
        answer = target.client("ecs").describe_services(cluster=names.cluster(*target.prefix), services=[ecs_service])
    if not answer["services"]:
        raise HomeportError(f"{name}: {ecs_service} is not in the account", "homeport apply")
    service: dict[str, Any] = answer["services"][0]
    return service
