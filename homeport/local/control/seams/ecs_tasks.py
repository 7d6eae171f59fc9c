"""ECS tasks: made by RunTask as PROVISIONING, or reported by the data plane, which alone says how they fare."""

import copy
import inspect
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore import xform_name

from homeport.local.control.seams.replace import replace

STOPPED_KEPT_MAX, STOPPED_KEPT_FOR = 100, timedelta(hours=1)
NOT_SET = ("taskArn", "clusterArn")  # part of a task's identity


def run_nothing_by_itself() -> None:
    """No state of a task changes by being described, by stopping it or by time."""
    from moto.ecs.exceptions import InvalidParameterException
    from moto.ecs.models import EC2ContainerServiceBackend, Task
    from moto.moto_api import state_manager

    state_manager.set_transition("ecs::task", {"progression": "manual", "times": 2**62})
    EC2ContainerServiceBackend._calculate_task_resource_requirements = staticmethod(_requirements)

    @replace(EC2ContainerServiceBackend, "run_task")
    def run(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
        tasks = original(backend, *args, **kwargs)
        for task in tasks:
            _provision(backend, task)
        return tasks

    @replace(EC2ContainerServiceBackend, "list_tasks")
    def list_tasks(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
        given = inspect.signature(original).bind(backend, *args, **kwargs).arguments
        service, status = given.pop("service_name", None), given.pop("desiredStatus", None)
        tasks = original(**given)
        if service:
            tasks = [task for task in tasks if task.group == f"service:{service.split('/')[-1]}"]
        return [task for task in tasks if task.desired_status == (status or "RUNNING")]

    @replace(Task, "__init__")
    def init(original: Any, task: Any, *args: Any, **kwargs: Any) -> None:
        """Without the network interface that moto makes: no machine has it, and it would keep subnets from deletion."""
        definition, network = kwargs["task_definition"], kwargs.get("networking_configuration")
        if definition.network_mode == "awsvpc" and not network:
            raise InvalidParameterException(
                "Network Configuration must be provided when networkMode 'awsvpc' is specified."
            )
        plain = copy.copy(definition)
        plain.network_mode = "none"
        original(task, *args, **kwargs | {"task_definition": plain})
        task.network_configuration = network

    @replace(EC2ContainerServiceBackend, "stop_task")
    def stop(_: Any, backend: Any, cluster_str: str, task_str: str, reason: str) -> Any:
        task = _find(backend, task_str)
        task.desired_status = "STOPPED"
        task.stopped_reason = reason or "Task stopped by user"
        task.stop_code = "UserInitiated"
        return task


def observe_task(backend: Any, arn: str, state: dict[str, Any]) -> None:
    """Merge a DescribeTasks item into the task; a task of a service is new with its first report."""
    name = arn.split("/")[-2]
    tasks = backend.tasks.setdefault(name, {})
    task = tasks.get(arn)
    if task is None:
        if name not in backend.clusters:
            return
        task = tasks[arn] = _reported(backend, backend.clusters[name], arn)
    for key, value in state.items():
        if key in NOT_SET:
            continue
        if key == "containers":
            value = _merge_containers(task.containers, value)
        if key == "desiredStatus" and task.desired_status == "STOPPED":
            continue  # a wish that the data plane has not seen yet
        setattr(task, xform_name(key), value)
    _forget_stopped(tasks)


def _provision(backend: Any, task: Any) -> None:
    definition = backend.describe_task_definition(task.task_definition_arn)
    task.last_status = "PROVISIONING"
    task.created_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    task.cpu, task.memory = definition.cpu, definition.memory
    task.containers = [
        {
            "containerArn": f"{task.task_arn.replace(':task/', ':container/')}/{number}",
            "taskArn": task.task_arn,
            "name": container["name"],
            "image": container["image"],
            "lastStatus": "PENDING",
            "healthStatus": "UNKNOWN",
            "networkInterfaces": [],
            "cpu": str(container.get("cpu", 0)),
        }
        for number, container in enumerate(definition.container_definitions)
    ]


def _reported(backend: Any, cluster: Any, arn: str) -> Any:
    """A task that the data plane made for a service."""
    from moto.ecs.models import Task

    task = Task.__new__(Task)
    task._transitions, task._tick, task._time_progressed, task.model_name = [], 0, datetime.now(), "ecs::task"
    task._status = "PROVISIONING"
    task.id = arn.split("/")[-1]
    task.cluster_name, task.cluster_arn, task.region_name = cluster.name, cluster.arn, cluster.region_name
    task._account_id, task._backend = backend.account_id, backend
    task.container_instance_arn = task.platform_version = task.capacity_provider_name = None
    task.desired_status, task.task_definition_arn, task.group, task.launch_type = "RUNNING", "", "", "FARGATE"
    task.started_by = task.stopped_reason = ""
    task.overrides, task.resource_requirements = {}, {}
    task.containers, task.tags, task.attachments = [], [], []
    return task


def _merge_containers(known: list[Any], news: list[dict[str, Any]]) -> list[dict[str, Any]]:
    by_name = {container["name"]: container for container in known}
    return [{**by_name.get(container.get("name"), {}), **container} for container in news]


def _forget_stopped(tasks: dict[str, Any]) -> None:
    stopped = [(str(getattr(t, "stopped_at", "") or ""), arn) for arn, t in tasks.items() if t.last_status == "STOPPED"]
    oldest = (datetime.now(UTC) - STOPPED_KEPT_FOR).isoformat()
    for number, (stopped_at, arn) in enumerate(sorted(stopped, reverse=True)):
        if number >= STOPPED_KEPT_MAX or (stopped_at and stopped_at < oldest):
            del tasks[arn]


def _find(backend: Any, task: str) -> Any:
    from moto.ecs.exceptions import InvalidParameterException

    for tasks in backend.tasks.values():
        for arn, found in tasks.items():
            if task in (arn, found.id):
                return found
    raise InvalidParameterException("The referenced task was not found.")


def _requirements(definition: Any) -> dict[str, Any]:
    """Nothing is placed here; moto's own sum fails for a container without memory."""
    return {"CPU": 0, "MEMORY": 0, "PORTS": [], "PORTS_UDP": []}
