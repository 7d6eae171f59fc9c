"""What tasks and services do → what AWS's describe calls say of them, from values alone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from homeport.local.data.context import Observation
from homeport.local.data.ecs.containers import Run
from homeport.local.data.ecs.decide import Attempts, Rollout
from homeport.local.data.ecs.model import Binding, Service
from homeport.local.data.ecs.task import Identity, Task
from homeport.local.data.targets import Target

INITIAL = {
    "State": "initial",
    "Reason": "Elb.RegistrationInProgress",
    "Description": "Target registration is in progress",
}
DRAINING = {
    "State": "draining",
    "Reason": "Target.DeregistrationInProgress",
    "Description": "Target deregistration is in progress",
}


def observe_task(task: Task) -> Observation:
    """A DescribeTasks item."""
    identity = task.identity
    state: dict[str, Any] = {
        "taskArn": identity.arn,
        "clusterArn": identity.cluster,
        "taskDefinitionArn": identity.definition,
        "group": identity.group,
        "launchType": "FARGATE",
        "lastStatus": task.status,
        "desiredStatus": "STOPPED" if task.stopping else "RUNNING",
        "healthStatus": _health_status(task.runs),
        "containers": [_container(identity, number, run) for number, run in enumerate(task.runs)],
        **task.times,
    }
    if identity.started_by or identity.deployment:
        state["startedBy"] = identity.started_by or task.deployment
    if task.stopped_reason:
        state |= {"stoppedReason": task.stopped_reason, "stopCode": task.stop_code}
    if not task.runs:
        del state["containers"]  # what RunTask answered stays
    return Observation(identity.arn, "ecs:task", identity.account, identity.region, state)


def observe_interrupted(arn: str, account: str, region: str, state: Mapping[str, Any], at: str) -> Observation:
    """A task that ran when the data plane was killed, and will not be run again."""
    containers = [
        {"name": container["name"], "lastStatus": "STOPPED", "exitCode": 137}
        for container in state.get("containers") or ()
    ]
    ended = {
        "lastStatus": "STOPPED",
        "desiredStatus": "STOPPED",
        "stopCode": "TerminationNotice",
        "stoppedReason": state.get("stoppedReason") or "The data plane of this machine ended while the task ran",
        "stoppedAt": at,
        "containers": containers,
    }
    return Observation(arn, "ecs:task", account, region, ended)


def observe_service(
    service: Service, tasks: Sequence[Task], attempts: Attempts, rollout: Rollout, events: Sequence[Mapping[str, Any]]
) -> Observation:
    """Counts, deployments and events of a service."""
    deployments = []
    for deployment in service.deployments:
        own = [task for task in tasks if task.deployment == deployment.id]
        told: dict[str, Any] = {"id": deployment.id, **_counts(own)}
        if deployment.primary:
            failed = attempts.total if attempts.deployment == deployment.id else 0
            told |= {
                "failedTasks": failed,
                "rolloutState": rollout,
                "rolloutStateReason": _reason(deployment.id, rollout),
            }
        deployments.append(told)
    state = {**_counts(tasks), "deployments": deployments, "events": list(events)}
    return Observation(service.arn, "ecs:service", service.account, service.region, state)


def targets_of(tasks: Iterable[Task], target_group: str, *, checked: bool) -> list[tuple[Target, dict[str, str]]]:
    """What stands behind a target group: for the gateway, and as DescribeTargetHealth says it."""
    found = []
    for task in tasks:
        for binding in task.identity.bindings:
            port = task.port_of(binding) if binding.target_group == target_group else None
            if port is not None and task.status in ("RUNNING", "DEACTIVATING"):
                target = _target(task, binding, port, checked)
                found.append((target, _target_health(task, binding, target)))
    return found


def _target(task: Task, binding: Binding, port: int, checked: bool) -> Target:
    healthy = task.health[binding.target_group].state == "healthy" or not checked
    return Target("127.0.0.1", port, healthy=healthy and task.status == "RUNNING", draining=task.stopping)


def _target_health(task: Task, binding: Binding, target: Target) -> dict[str, str]:
    health = task.health[binding.target_group]
    if target.draining:
        return DRAINING
    if target.healthy:
        return {"State": "healthy"}
    if health.state == "initial":
        return INITIAL
    reason, _, description = health.why.partition(": ")
    return {"State": "unhealthy", "Reason": reason, "Description": description}


def _counts(tasks: Iterable[Task]) -> dict[str, int]:
    alive = [task for task in tasks if not task.stopping]
    running = sum(task.status == "RUNNING" for task in alive)
    return {"runningCount": running, "pendingCount": len(alive) - running}


def _reason(deployment: str, rollout: Rollout) -> str:
    if rollout == "FAILED":
        return "ECS deployment circuit breaker: tasks failed to start."
    return f"ECS deployment {deployment} {'completed' if rollout == 'COMPLETED' else 'in progress'}."


def _container(identity: Identity, number: int, run: Run) -> dict[str, Any]:
    state: dict[str, Any] = {
        "containerArn": f"{identity.arn.replace(':task/', ':container/')}/{number}",
        "taskArn": identity.arn,
        "name": run.container.name,
        "image": run.container.image,
        "lastStatus": run.status,
        "healthStatus": {"healthy": "HEALTHY", "unhealthy": "UNHEALTHY"}.get(run.health.state, "UNKNOWN"),
    }
    if run.exit_code is not None:
        state["exitCode"] = run.exit_code
    if run.port is not None:
        state["networkBindings"] = [
            {"bindIP": "127.0.0.1", "containerPort": port, "hostPort": run.port, "protocol": "tcp"}
            for port in run.container.ports[:1]
        ]
    return state


def _health_status(runs: Sequence[Run]) -> str:
    states = {run.health.state for run in runs if run.container.check and run.container.essential}
    if "unhealthy" in states:
        return "UNHEALTHY"
    return "HEALTHY" if states == {"healthy"} else "UNKNOWN"
