"""The parts of the data plane, and the order in which they stop."""

import asyncio
import importlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

from homeport.local.data.certificates import Certificates
from homeport.local.data.context import Context, Invoke, Part
from homeport.local.data.elasticache import Caches
from homeport.local.data.rds.databases import Databases
from homeport.local.data.supervisor import supervise

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Parts:
    """`groups` in the order of stopping: what takes requests in, programs, stores of data."""

    groups: tuple[tuple[str, dict[str, Part]], ...]
    invoke: Invoke
    data_ready: Callable[[], Awaitable[None]]


def build_parts(context: Context, certificates: Certificates) -> Parts:
    """All parts that there are."""
    supervisor = supervise(context.home)
    entrances = _found(
        context,
        gateway="gateway.gateway:Gateway",
        sites="gateway.sites:Sites",
        mappings="functions.mappings:Mappings",
        deliveries="functions.deliveries:Deliveries",
        schedules="functions.schedules:Schedules",
    )
    programs = _found(context, tasks="ecs.service:Tasks", functions="functions.functions:Functions")
    databases = Databases(context, certificates, supervisor)
    caches = Caches(context, certificates, supervisor)
    stores: dict[str, Part] = {"databases": databases, "caches": caches}

    async def data_ready() -> None:
        await asyncio.gather(databases.ready(), caches.ready())

    functions = cast(Any, programs["functions"])
    return Parts((("entrances", entrances), ("programs", programs), ("stores", stores)), functions.invoke, data_ready)


def _found(context: Context, **places: str) -> dict[str, Part]:
    parts = {}
    for name, place in places.items():
        module, _, class_ = place.partition(":")
        try:
            parts[name] = getattr(importlib.import_module(f"homeport.local.data.{module}"), class_)(context)
        except ModuleNotFoundError as error:
            log.warning("no %s yet: %s", name, error)
    return parts
