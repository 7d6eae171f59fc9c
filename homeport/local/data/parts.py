"""The parts of the data plane, and the order in which they stop."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from homeport.local.data.certificates import Certificates
from homeport.local.data.context import Context, Invoke, Part
from homeport.local.data.ecs.tasks import Tasks
from homeport.local.data.elasticache import Caches
from homeport.local.data.functions.deliveries import Deliveries
from homeport.local.data.functions.functions import Functions
from homeport.local.data.functions.mappings import Mappings
from homeport.local.data.functions.schedules import Schedules
from homeport.local.data.gateway.gateway import Gateway
from homeport.local.data.gateway.sites import Sites
from homeport.local.data.rds.databases import Databases
from homeport.local.data.supervisor import supervise


@dataclass(frozen=True)
class Parts:
    """Each group stops after the one before: what takes requests in, programs, stores of data."""

    entrances: dict[str, Part]
    programs: dict[str, Part]
    stores: dict[str, Part]
    invoke: Invoke
    data_ready: Callable[[], Awaitable[None]]


def build_parts(context: Context, certificates: Certificates) -> Parts:
    """All parts that there are."""
    supervisor = supervise(context.home)
    databases = Databases(context, certificates, supervisor)
    caches = Caches(context, certificates, supervisor)
    functions = Functions(context, supervisor)

    async def data_ready() -> None:
        await asyncio.gather(databases.ready(), caches.ready())

    return Parts(
        entrances={
            "gateway": Gateway(context, context.targets, context.invoke),
            "sites": Sites(context),
            "mappings": Mappings(context),
            "deliveries": Deliveries(context),
            "schedules": Schedules(context),
        },
        programs={"tasks": Tasks(context, supervisor), "functions": functions},
        stores={"databases": databases, "caches": caches},
        invoke=functions.invoke,
        data_ready=data_ready,
    )
