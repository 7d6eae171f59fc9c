"""The RDS part: keeps one PostgreSQL running per db instance, and follows what is declared of it."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping

from botocore.exceptions import BotoCoreError, ClientError

from homeport.local.data.certificates import Certificates
from homeport.local.data.context import Context, Live, Resource, World
from homeport.local.data.rds import folder
from homeport.local.data.rds.instance import ENGINES, Instance, convert_instance
from homeport.local.data.rds.keeper import Keeper
from homeport.local.data.supervisor import Supervisor

log = logging.getLogger(__name__)

TYPE = "rds:db-instance"
READY_SECONDS = 20.0  # programs that need a database wait no longer than this for it
STOP_SECONDS = 6.0


class Databases:
    """Part of the data plane."""

    def __init__(self, context: Context, certificates: Certificates, supervisor: Supervisor) -> None:
        self._context, self._certificates, self._supervisor = context, certificates, supervisor
        self._keepers: dict[str, Keeper] = {}
        self._other: dict[str, Instance] = {}
        self._told = asyncio.Event()
        self._removals: set[asyncio.Task[None]] = set()

    async def reconcile(self, world: World) -> None:
        wanted = convert(world.of(TYPE))
        self._other = {arn: i for arn, i in wanted.items() if i.engine not in ENGINES}
        for arn, instance in wanted.items():
            if arn in self._other:
                continue
            if arn in self._keepers:
                self._keepers[arn].follow(instance)
            else:
                self._keepers[arn] = Keeper(instance, self._context, self._certificates, self._supervisor)
        for arn in self._keepers.keys() - wanted.keys():
            removal = asyncio.ensure_future(self._remove(self._keepers.pop(arn)))
            self._removals.add(removal)
            removal.add_done_callback(self._removals.discard)
        self._told.set()

    async def ready(self) -> None:
        """Wait until every database runs or has failed, but not for ever."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_SECONDS):
                await self._told.wait()
                await asyncio.gather(*(keeper.settled.wait() for keeper in self._keepers.values()))

    async def stop(self) -> None:
        await asyncio.gather(*(keeper.stop(STOP_SECONDS) for keeper in self._keepers.values()), *self._removals)

    def live(self) -> list[Live]:
        others = (
            Live(
                i.arn, TYPE, i.identifier, False, None, f"engine {i.engine} does not run on this machine", blocked=True
            )
            for i in self._other.values()
        )
        return [*(keeper.live() for keeper in self._keepers.values()), *others]

    async def _remove(self, keeper: Keeper) -> None:
        """Stop it, and remove its data if the account itself says that the instance is gone."""
        instance = keeper.instance
        await keeper.stop(STOP_SECONDS)
        try:
            snapshot = await asyncio.to_thread(self._final_snapshot, instance)
        except (BotoCoreError, ClientError) as error:
            log.warning("%s: its data are kept, the account does not say that it is gone: %s", instance.arn, error)
            return
        kept_as = self._context.home.databases / "snapshots" / snapshot if snapshot else None
        await asyncio.to_thread(folder.remove, folder.folder_of(self._context.home, instance.identifier), kept_as)
        log.info("%s: deleted%s", instance.identifier, f"; its data are kept in {kept_as}" if kept_as else "")

    def _final_snapshot(self, instance: Instance) -> str | None:
        """Name of the newest snapshot made of a deleted instance. Raises ClientError if it still exists."""
        client = self._context.aws("rds", instance.account, instance.region)
        try:
            client.describe_db_instances(DBInstanceIdentifier=instance.identifier)
        except client.exceptions.DBInstanceNotFoundFault:
            found = client.describe_db_snapshots(DBInstanceIdentifier=instance.identifier)["DBSnapshots"]
            newest = max(found, key=lambda one: str(one.get("SnapshotCreateTime")), default=None)
            return newest["DBSnapshotIdentifier"] if newest else None
        raise ClientError({"Error": {"Code": "Exists", "Message": "it still exists"}}, "DescribeDBInstances")


def convert(resources: Mapping[str, Resource]) -> dict[str, Instance]:
    """The instances that can be understood; the others are logged."""
    converted = {}
    for arn, resource in resources.items():
        try:
            converted[arn] = convert_instance(resource)
        except (KeyError, ValueError, TypeError) as error:
            log.warning("%s: not understood: %r", arn, error)
    return converted
