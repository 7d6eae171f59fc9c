"""What the data plane saw → what AWS's describe calls answer, by setting it on moto's objects."""

import logging
from collections.abc import Callable
from typing import Any

from homeport.local.control import turn
from homeport.local.control.changes import Changes, Unit
from homeport.local.control.seams import ecs, elbv2

log = logging.getLogger(__name__)


def apply(observations: list[dict[str, Any]], changes: Changes) -> None:
    """Merge observations into the account. Those of things that are gone are dropped."""
    units = set()
    with turn.taken():
        for observation in observations:
            service = observation["type"].partition(":")[0]
            unit = Unit(service, observation["account"], observation["region"])
            writer = WRITERS.get(observation["type"])
            if writer is None:
                log.warning("observed: no such type: %s", observation["type"])
                continue
            writer(_backend(unit), observation["arn"], observation["state"])
            units.add(unit)
    changes.tell(frozenset(units))


def _backend(unit: Unit) -> Any:
    from moto.backends import get_backend

    return get_backend(unit.service)[unit.account][unit.region]


def _database(backend: Any, arn: str, state: dict[str, Any]) -> None:
    for instance in backend.databases.values():
        if instance.db_instance_arn == arn:
            instance.status = state["DBInstanceStatus"]


def _cache(backend: Any, arn: str, state: dict[str, Any]) -> None:
    for group in backend.replication_groups.values():
        if group.arn == arn and group.status != "deleting":
            group.status = state["Status"]


WRITERS: dict[str, Callable[[Any, str, dict[str, Any]], None]] = {
    "ecs:service": ecs.observe_service,
    "ecs:task": ecs.observe_task,
    "elbv2:target-group": elbv2.observe_targets,
    "rds:db-instance": _database,
    "elasticache:replication-group": _cache,
}
