"""EventBridge Scheduler: schedules."""

from collections.abc import Iterator
from typing import Any

from homeport.local.control.world.resource import Resource
from homeport.local.ports import Ports


def read(backend: Any, ports: Ports) -> Iterator[Resource]:
    for group in backend.schedule_groups.values():
        for schedule in group.schedules.values():
            state = {name: value for name, value in schedule.to_dict().items() if value is not None}
            yield Resource(schedule.arn, "scheduler:schedule", backend.account_id, backend.region_name, state)
