"""ECS: services, active task definitions, and tasks."""

from collections.abc import Iterator
from typing import Any

from homeport.local.control.world.resource import Resource
from homeport.local.control.world.shape import describe
from homeport.local.ports import Ports


def read(backend: Any, ports: Ports) -> Iterator[Resource]:
    where = (backend.account_id, backend.region_name)
    services = [service for service in backend.services.values() if service.status == "ACTIVE"]
    for state in describe("ecs", "DescribeServices", {"services": services})["services"]:
        yield Resource(state["serviceArn"], "ecs:service", *where, state)
    for revisions in backend.task_definitions.values():
        for definition in revisions.values():
            if definition.status == "ACTIVE":
                state = describe("ecs", "DescribeTaskDefinition", {"taskDefinition": definition})["taskDefinition"]
                yield Resource(definition.arn, "ecs:task-definition", *where, state)
    tasks = [task for by_arn in backend.tasks.values() for task in by_arn.values()]
    for state in describe("ecs", "DescribeTasks", {"tasks": tasks})["tasks"]:
        yield Resource(state["taskArn"], "ecs:task", *where, state)
