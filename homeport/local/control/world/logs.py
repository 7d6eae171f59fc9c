"""CloudWatch Logs: log groups."""

from collections.abc import Iterator
from typing import Any

from homeport.local.control.world.resource import Resource
from homeport.local.ports import Ports


def read(backend: Any, ports: Ports) -> Iterator[Resource]:
    for group in backend.groups.values():
        state = {"logGroupName": group.name, "retentionInDays": group.retention_in_days}
        yield Resource(group.arn, "logs:log-group", backend.account_id, backend.region_name, state)
