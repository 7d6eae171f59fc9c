"""Keeps one db instance running: starts it, starts it again when it dies, follows its declaration, tells its state."""

import asyncio
import logging
import re
from collections import Counter
from typing import Any

import psycopg

from homeport.errors import HomeportError
from homeport.local.data.certificates import Certificates
from homeport.local.data.context import Context, Live, Observation
from homeport.local.data.rds import folder
from homeport.local.data.rds.binaries import find_binaries, find_user, make_runnable
from homeport.local.data.rds.instance import Instance
from homeport.local.data.rds.server import Place, Server
from homeport.local.data.supervisor import Child, Supervisor
from homeport.system.waiting import wait_for_event

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 30.0
LOG_BYTES_MAX = 10_000_000
PATIENCE_SECONDS = 10.0
MISSING_EXTENSION = re.compile(r'extension "([^"]+)" is not available|extension control file "[^"]*/([^/"]+)\.control"')


class Keeper:
    """One task for one db instance."""

    def __init__(
        self, instance: Instance, context: Context, certificates: Certificates, supervisor: Supervisor
    ) -> None:
        self.instance = instance
        self.settled = asyncio.Event()  # it runs, or has failed
        self._context, self._certificates, self._supervisor = context, certificates, supervisor
        self._changed = asyncio.Event()
        self._server: Server | None = None
        self._runs = self._blocked = False
        self._detail = "starting"
        self._missing: Counter[str] = Counter()
        self._log = context.home.log / f"rds-{instance.identifier}.log"
        self._task = asyncio.ensure_future(self._keep())

    def follow(self, instance: Instance) -> None:
        """What is declared may have changed."""
        if instance != self.instance:
            self.instance = instance
            self._changed.set()

    async def stop(self, timeout_seconds: float) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])
        if self._server:
            await self._server.stop(timeout_seconds)
        self._runs, self._detail = False, "stopped"

    def live(self) -> Live:
        missing = ", ".join(sorted(self._missing))
        detail = f"{self._detail}; extensions not installed: {missing}" if missing else self._detail
        address = f"127.0.0.1:{self.instance.port}"
        identifier = self.instance.identifier
        return Live(self.instance.arn, "rds:db-instance", identifier, self._runs, address, detail, self._blocked)

    async def _keep(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            self._changed.clear()
            try:
                child = await self._start()
                pause = FIRST_PAUSE_SECONDS
                await self._serve(child)
                log.warning("%s: PostgreSQL ended; starting it again", self.instance.identifier)
            except (HomeportError, psycopg.Error, OSError) as error:
                await self._failed(error)
                if not await wait_for_event(self._changed, pause):  # a new declaration may mend it
                    pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _start(self) -> Child:
        instance = self.instance
        user = find_user()
        found = await asyncio.to_thread(find_binaries, instance.major)
        binaries = await asyncio.to_thread(make_runnable, found, user)
        place = Place(binaries, folder.folder_of(self._context.home, instance.identifier), user, self._certificates)
        self._rotate_log()
        self._server = Server(place, self._supervisor, self._line)
        child = await self._server.start(instance)
        self._runs, self._blocked, self._detail = True, False, str(binaries)
        log.info("%s: %s answers on 127.0.0.1:%d", instance.identifier, binaries, instance.port)
        await self._observe("available")
        self.settled.set()
        return child

    async def _serve(self, child: Child) -> None:
        """Until the server dies; what is declared anew meanwhile is applied."""
        server = self._server
        assert server is not None
        started = (self.instance.port, self.instance.major)
        while not child.exited.done():
            change: asyncio.Future[Any] = asyncio.ensure_future(self._changed.wait())
            await asyncio.wait([child.exited, change], return_when=asyncio.FIRST_COMPLETED)
            change.cancel()
            if self._changed.is_set() and not child.exited.done():
                self._changed.clear()
                if (self.instance.port, self.instance.major) != started:
                    await server.stop(PATIENCE_SECONDS)
                    break
                await server.reconfigure(self.instance)
                await server.follow(self.instance)
        self._runs, self._detail = False, "starting again"

    async def _failed(self, error: Exception) -> None:
        hint = f" ({error.hint})" if isinstance(error, HomeportError) and error.hint else ""
        if self._detail != f"{error}{hint}":
            log.error("%s%s", error, hint)
        self._detail = f"{error}{hint}"
        if self._server:
            await self._server.stop(1)
        self._runs, self._blocked = False, True
        await self._observe("failed")
        self.settled.set()

    async def _observe(self, status: str) -> None:
        i = self.instance
        seen = Observation(i.arn, "rds:db-instance", i.account, i.region, {"DBInstanceStatus": status})
        await self._context.observe([seen])

    def _line(self, text: str) -> None:
        """One line of PostgreSQL's own log: kept in a file, and looked at for what the user should know."""
        with self._log.open("a") as file:
            file.write(f"{text}\n")
        if match := MISSING_EXTENSION.search(text):
            name = match[1] or match[2]
            if not self._missing[name]:
                log.error(
                    "%s: extension %s is not installed in %s (install a PostgreSQL %s that has it; "
                    "an installed one is preferred to the bundled one)",
                    self.instance.identifier,
                    name,
                    self._detail,
                    self.instance.major,
                )
            self._missing[name] += 1

    def _rotate_log(self) -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        if self._log.exists() and self._log.stat().st_size > LOG_BYTES_MAX:
            self._log.replace(self._log.with_suffix(".old.log"))
