"""ElastiCache: replication groups."""

from collections.abc import Iterator
from typing import Any

from homeport.local.control.world.resource import Resource
from homeport.local.control.world.shape import describe
from homeport.local.ports import Ports


def read(backend: Any, ports: Ports) -> Iterator[Resource]:
    for group in backend.replication_groups.values():
        result = {"ReplicationGroups": [group]}
        state = describe("elasticache", "DescribeReplicationGroups", result)["ReplicationGroups"][0]
        state["Engine"] = group.engine
        state["EngineVersion"] = group.engine_version
        if state.get("Status") != "deleting":
            yield Resource(group.arn, "elasticache:replication-group", backend.account_id, backend.region_name, state)
