"""ECS: moto stores what is wished, the data plane runs it and says what happened.

moto lets tasks of RunTask run through all states by being described, sets a service's running count to the desired one
at once, and never opens a deployment. Here a task is PROVISIONING and a deployment IN_PROGRESS until the data plane
reports, so that waiting for a stable service, or for the exit code of a release task, means what it means on AWS.
"""

import re
import time
from typing import Any

from homeport.local.control.seams.ecs_tasks import observe_task, run_nothing_by_itself
from homeport.local.control.seams.replace import replace

__all__ = ["apply", "observe_service", "observe_task"]
EVENTS_MAX = 100
NEW_DEPLOYMENT = (
    "task_definition",
    "network_configuration",
    "load_balancers",
    "platform_version",
    "service_registries",
)


def apply() -> None:
    from moto.ecs.models import EC2ContainerServiceBackend

    run_nothing_by_itself()

    @replace(EC2ContainerServiceBackend, "create_service")
    def create(original: Any, backend: Any, cluster_str: str, service_name: str, *args: Any, **kwargs: Any) -> Any:
        _refuse_second(backend, cluster_str, service_name)
        service = original(backend, cluster_str, service_name, *args, **kwargs)
        service.running_count = service.pending_count = 0
        if service.deployments:
            service.deployments = [_deployment(service)]
        recount(backend)
        return service

    @replace(EC2ContainerServiceBackend, "update_service")
    def update(original: Any, backend: Any, service_properties: dict[str, Any]) -> Any:
        wished = dict(service_properties)
        service = backend._get_service(wished.get("cluster", "default"), wished["service"].split("/")[-1])
        before = _wish(service)
        counts = service.running_count, service.pending_count
        service_properties["force_new_deployment"] = False  # moto would only rename the deployment
        service = original(backend, service_properties)
        service.running_count, service.pending_count = counts
        if wished.get("task_definition"):
            service.task_definition = backend.describe_task_definition(wished["task_definition"]).arn
        if wished.get("force_new_deployment") or _wish(service) != before:
            open_deployment(service)
        elif service.deployments:
            service.deployments[0]["desiredCount"] = service.desired_count
        recount(backend)
        return service

    @replace(EC2ContainerServiceBackend, "delete_service")
    def delete(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
        service = original(backend, *args, **kwargs)
        service.running_count = service.desired_count = 0
        service.deployments = []
        recount(backend)
        return service


def open_deployment(service: Any) -> None:
    """A new PRIMARY deployment; the older ones stay ACTIVE until the data plane has finished."""
    for deployment in service.deployments:
        deployment["status"] = "ACTIVE"
    service.deployments.insert(0, _deployment(service))


def observe_service(backend: Any, arn: str, state: dict[str, Any]) -> None:
    """Counts, deployments and events of a service. A finished deployment replaces the older ones."""
    service = next((s for s in backend.services.values() if s.arn == arn and s.status == "ACTIVE"), None)
    if service is None:
        return
    service.running_count = state.get("runningCount", service.running_count)
    service.pending_count = state.get("pendingCount", service.pending_count)
    seen = {deployment["id"]: deployment for deployment in state.get("deployments", ())}
    for deployment in service.deployments:
        news = seen.get(deployment["id"], {})
        if any(deployment.get(key) != value for key, value in news.items()):
            deployment.update(news, updatedAt=_now())
    _close_deployments(service)
    known = {event["id"] for event in service.events}
    for event in state.get("events", ()):
        event = {"id": event.get("id") or f"{event['createdAt']} {event['message']}", **event}
        if event["id"] not in known:
            service.events.insert(0, event)
    del service.events[EVENTS_MAX:]
    recount(backend)


def recount(backend: Any) -> None:
    """The clusters' own counters, from what is there."""
    for cluster in backend.clusters.values():
        services = [s for s in backend.services.values() if s.cluster_arn == cluster.arn and s.status == "ACTIVE"]
        tasks = [t for t in backend.tasks.get(cluster.name, {}).values() if t.last_status != "STOPPED"]
        cluster.active_services_count = len(services)
        cluster.running_tasks_count = sum(task.last_status == "RUNNING" for task in tasks)
        cluster.pending_tasks_count = len(tasks) - cluster.running_tasks_count


def _close_deployments(service: Any) -> None:
    if not service.deployments:
        return
    primary = service.deployments[0]
    if primary["rolloutState"] == "COMPLETED":
        del service.deployments[1:]
        service.completed_task_definition = primary["taskDefinition"]
    elif primary["rolloutState"] == "FAILED" and _rolls_back(service):
        service.task_definition = service.completed_task_definition
        open_deployment(service)
        service.deployments[0]["rolloutStateReason"] = (
            f"ECS deployment circuit breaker: rolling back to deployment of {service.task_definition.split('/')[-1]}."
        )


def _rolls_back(service: Any) -> bool:
    configuration = getattr(service, "deployment_configuration", None) or {}
    breaker = configuration.get("deploymentCircuitBreaker", {})
    last = getattr(service, "completed_task_definition", None)
    return bool(breaker.get("enable") and breaker.get("rollback") and last and last != service.task_definition)


def _refuse_second(backend: Any, cluster: str, name: str) -> None:
    from moto.ecs.exceptions import InvalidParameterException

    found = backend.services.get(f"{backend._get_cluster(cluster).name}:{name}")
    if found is not None and found.status == "ACTIVE":
        raise InvalidParameterException("Creation of service was not idempotent.")


def _wish(service: Any) -> tuple[Any, ...]:
    """What makes ECS replace tasks when it changes."""
    return tuple(repr(getattr(service, name, None)) for name in NEW_DEPLOYMENT)


def _deployment(service: Any) -> dict[str, Any]:
    from moto.moto_api._internal import mock_random

    identifier = f"ecs-svc/{mock_random.randint(10**18, 10**19 - 1)}"
    return {
        "id": identifier,
        "status": "PRIMARY",
        "taskDefinition": service.task_definition,
        "desiredCount": service.desired_count,
        "pendingCount": 0,
        "runningCount": 0,
        "failedTasks": 0,
        "createdAt": _now(),
        "updatedAt": _now(),
        "launchType": service.launch_type,
        "platformVersion": service.platform_version,
        "platformFamily": re.sub("FARGATE", "Linux", service.launch_type or "FARGATE"),
        "networkConfiguration": service.network_configuration,
        "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": f"ECS deployment {identifier} in progress.",
    }


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
