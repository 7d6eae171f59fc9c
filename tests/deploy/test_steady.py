"""When is a release there, and when has it failed?"""

import itertools
from dataclasses import replace
from typing import Any

import pytest

from homeport.deploy.steady import find_causes, find_rollout, wait_until_steady
from homeport.deploy.target import Clock, Target
from homeport.errors import HomeportError


def service(*deployments: dict[str, Any]) -> dict[str, Any]:
    return {"taskDefinition": "v3", "deployments": list(deployments), "events": [{"message": "health checks failed"}]}


def primary(state: str, **more: Any) -> dict[str, Any]:
    return {"status": "PRIMARY", "rolloutState": state, "runningCount": 1, "desiredCount": 2} | more


def test_completed_is_done_and_in_progress_is_not() -> None:
    assert find_rollout(service(primary("COMPLETED"))).done
    waiting = find_rollout(service(primary("IN_PROGRESS")))
    assert not waiting.done and waiting.seen == "1 of 2 tasks run, in_progress"


def test_an_older_release_that_failed_does_not_matter_to_the_next() -> None:
    failed = {"status": "ACTIVE", "rolloutState": "FAILED", "rolloutStateReason": "tasks failed to start"}
    rollout = find_rollout(service(primary("COMPLETED"), failed))
    assert rollout.done and not rollout.failure


def test_causes_are_those_of_the_release_that_failed() -> None:
    events = [
        "(task 4) stopped: image not found",
        "(deployment 2) deployment failed: tasks failed to start.",
        "(task 3) stopped: exit code 1",
        "has started 1 tasks: (task 3).",
        "(task 2) stopped: exit code 1",
        "(task 1) stopped: exit code 1",
        "has reached a steady state.",
    ]
    causes = find_causes([{"message": message} for message in events])
    assert causes == [f"(task {number}) stopped: exit code 1" for number in (3, 2, 1)]


def test_without_a_verdict_the_newest_troubles_are_the_causes() -> None:
    assert find_causes([{"message": "(task 2) stopped: out of memory"}]) == ["(task 2) stopped: out of memory"]
    assert find_causes([]) == []


class Ecs:
    """Answers DescribeServices with one state after the other; the last stays."""

    def __init__(self, *states: dict[str, Any]) -> None:
        self.states = list(states)

    def describe_task_definition(self, taskDefinition: str) -> dict[str, Any]:
        environment = [{"name": "HOMEPORT_RELEASE", "value": taskDefinition}]
        return {"taskDefinition": {"containerDefinitions": [{"environment": environment}]}}

    def describe_services(self, **_: Any) -> dict[str, Any]:
        return {"services": [self.states.pop(0) if len(self.states) > 1 else self.states[0]]}


def target(ecs: Ecs) -> Target:
    from homeport.model.platform import Platform

    document = {"name": "shop", "services": {"web-shop": {"path": "x", "processes": {"web": {}}}}}
    ticks = itertools.count()
    empty: Any = None
    clock = Clock(now=lambda: float(next(ticks)), sleep=lambda seconds: None)
    made = Target(Platform.model_validate(document), "local", empty, empty, lambda name: ecs)
    return replace(made, clock=clock)


def test_it_waits_until_ecs_is_done() -> None:
    wait_until_steady(target(Ecs(service(primary("IN_PROGRESS")), service(primary("COMPLETED")))), "web-shop")


def test_a_failure_shows_what_ecs_said() -> None:
    failed = Ecs(service(primary("FAILED", rolloutStateReason="tasks failed to start")))
    with pytest.raises(HomeportError, match="web-shop: web does not run: tasks failed to start") as error:
        wait_until_steady(target(failed), "web-shop")
    assert "health checks failed" in error.value.message


def test_going_back_is_a_failure_before_the_old_release_runs_again() -> None:
    failed = {"status": "ACTIVE", "rolloutState": "FAILED", "rolloutStateReason": "tasks failed to start"}
    with pytest.raises(HomeportError, match="ECS went back to v3, as v4 was not healthy"):
        wait_until_steady(target(Ecs(service(primary("IN_PROGRESS"), failed))), "web-shop", version="v4")


def test_a_failure_that_ecs_has_forgotten_is_seen_by_the_release_that_runs() -> None:
    done = Ecs(service(primary("COMPLETED")))
    wait_until_steady(target(done), "web-shop", version="v3")
    with pytest.raises(HomeportError, match="ECS went back to v3, as v4 was not healthy"):
        wait_until_steady(target(done), "web-shop", version="v4")


def test_when_time_is_up_it_says_what_it_last_saw() -> None:
    with pytest.raises(HomeportError, match="not steady after 5 s: web: 1 of 2 tasks run, in_progress"):
        wait_until_steady(target(Ecs(service(primary("IN_PROGRESS")))), "web-shop", timeout_seconds=5)
