"""EventBridge: rules with their targets."""

from collections.abc import Iterator
from typing import Any

from homeport.local.control.world.resource import Resource
from homeport.local.ports import Ports


def read(backend: Any, ports: Ports) -> Iterator[Resource]:
    for bus in backend.event_buses.values():
        for rule in bus.rules.values():
            state = dict(rule.describe()) | {"Targets": [dict(target) for target in rule.targets]}
            yield Resource(rule.arn, "events:rule", backend.account_id, backend.region_name, state)
