"""One running PostgreSQL: initdb, start, users and database, stop."""

import asyncio
import logging
import os
import secrets
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from homeport.errors import HomeportError
from homeport.local.data.certificates import Certificates
from homeport.local.data.logs import Lines
from homeport.local.data.rds import folder as files
from homeport.local.data.rds.accounts import follow_accounts
from homeport.local.data.rds.binaries import Binaries, available_extensions, find_locale
from homeport.local.data.rds.folder import Folder
from homeport.local.data.rds.instance import Instance
from homeport.local.data.rds.settings import ADMIN, CERTIFICATE, KEY, applicable, render_access, render_configuration
from homeport.local.data.supervisor import Child, Command, Supervisor, User

log = logging.getLogger(__name__)

READY_SECONDS = 60.0  # recovery after a crash included
LOOK_SECONDS = 0.02
TOOL_SECONDS = 60.0


@dataclass(frozen=True)
class Place:
    """Where a server runs and with what."""

    binaries: Binaries
    folder: Folder
    user: User | None
    certificates: Certificates


class Server:
    """One instance's PostgreSQL. `line` is called with each line of its log."""

    def __init__(self, place: Place, supervisor: Supervisor, line: Callable[[str], None]) -> None:
        self._place, self._supervisor, self._line = place, supervisor, line
        self._child: Child | None = None
        self._known: frozenset[str] = frozenset()  # names of settings
        self._tls = False
        self._last = ""

    async def start(self, instance: Instance) -> Child:
        """Make its data if there are none, start it, and wait until it answers. HomeportError if it cannot."""
        folder = self._place.folder
        await asyncio.to_thread(files.check_reachable, folder.path.parent, self._place.user)
        if not await asyncio.to_thread(files.is_complete, folder, instance):
            await self._create(instance)
        files.check_version(folder, instance)
        await self._configure(instance)
        await asyncio.to_thread(files.remove_stale_lock, folder)
        self._child = self._start("postgres", ["-D", str(folder.data)], self._write(), instance)
        try:
            await self._ready(instance, self._child)
            await self.follow(instance)
        except BaseException:
            await self.stop(0)
            raise
        return self._child

    async def follow(self, instance: Instance) -> None:
        """Bring user, password and database to what is declared."""
        async with await self._connect(instance) as connection:
            await follow_accounts(connection, instance)

    async def reconfigure(self, instance: Instance) -> None:
        """Parameters that need no restart take effect; the others at the next start, as on RDS."""
        await self._configure(instance)
        async with await self._connect(instance) as connection:
            await connection.execute("SELECT pg_reload_conf()")

    async def stop(self, timeout_seconds: float) -> None:
        """Fast shutdown: open transactions are rolled back, everything committed is on disk."""
        if self._child and not self._child.exited.done():
            await self._supervisor.stop(self._child, timeout_seconds, number=signal.SIGINT)

    async def _create(self, instance: Instance) -> None:
        given = files.prepare(self._place.folder, self._place.user, secrets.token_urlsafe(24))
        try:
            await self._tool(
                instance,
                "initdb",
                ["-D", str(self._place.folder.data), "-U", ADMIN, f"--pwfile={given}", "--auth=scram-sha-256"]
                + ["--encoding=UTF8", f"--locale={await asyncio.to_thread(find_locale)}", "--no-sync"],
            )
        finally:
            given.unlink()
        files.complete(self._place.folder, instance)

    async def _configure(self, instance: Instance) -> None:
        """Write the configuration, and have PostgreSQL itself check it."""
        place = self._place
        if not self._known:
            described = await self._tool(instance, "postgres", ["--describe-config"])
            self._known = frozenset(line.partition("\t")[0] for line in described)
            library = await self._tool(instance, "postgres", ["-D", str(place.folder.data), "-C", "ssl_library"])
            self._tls = "OpenSSL" in library
        parameters = applicable(instance.parameters, self._known)
        extensions = await asyncio.to_thread(available_extensions, place.binaries)
        text = render_configuration(instance, parameters, tls=self._tls, extensions=extensions)
        tls_only = self._tls and instance.parameters.get("rds.force_ssl") == "1"
        for name, content in self._files(text, render_access(tls_only=tls_only)).items():
            files.write(place.folder.data / name, content, place.user)
        try:
            await self._tool(instance, "postgres", ["-D", str(place.folder.data), "-C", "port"])
        except HomeportError as error:
            raise HomeportError(f"{error.message} (parameters: {parameters})", "mend the parameter group") from None

    def _files(self, configuration: str, access: str) -> Mapping[str, str]:
        certificates = self._place.certificates
        written = {"postgresql.conf": configuration, "pg_hba.conf": access}
        if self._tls:
            written |= {CERTIFICATE: certificates.certificate.read_text(), KEY: certificates.key.read_text()}
        return written

    async def _ready(self, instance: Instance, child: Child) -> None:
        try:
            async with asyncio.timeout(READY_SECONDS):
                while not child.exited.done():
                    try:
                        async with await self._connect(instance):
                            return
                    except psycopg.OperationalError:
                        await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise HomeportError(f"{instance.identifier}: PostgreSQL is not ready after {READY_SECONDS:.0f} s") from None
        raise HomeportError(
            f"{instance.identifier}: PostgreSQL stopped at start (exit {child.exited.result()}): {self._last}",
            f"is port {instance.port} taken by another program?",
        )

    async def _connect(self, instance: Instance) -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(
            host="127.0.0.1",
            port=instance.port,
            user=ADMIN,
            password=self._place.folder.password(),
            dbname="postgres",
            connect_timeout=5,
            sslmode="disable",
            autocommit=True,
        )

    def _start(
        self, program: str, arguments: Sequence[str], output: Callable[[bytes], None], instance: Instance
    ) -> Child:
        command = Command(
            [self._place.binaries.program(program), *arguments],
            what=f"{program} of {instance.identifier}",
            environment={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
            cwd=Path("/"),
            user=self._place.user,
            death_signal=signal.SIGINT,
        )
        try:
            return self._supervisor.start(command, output)
        except OSError as error:
            raise HomeportError(f"{self._place.binaries.program(program)}: {error.strerror}") from error

    async def _tool(self, instance: Instance, program: str, arguments: Sequence[str]) -> list[str]:
        """Run a program to its end; its lines. HomeportError with its last words if it fails."""
        lines: list[str] = []
        child = self._start(program, arguments, Lines(lines.append).write, instance)
        try:
            code = await asyncio.wait_for(asyncio.shield(child.exited), TOOL_SECONDS)
        except BaseException:
            await self._supervisor.stop(child, 1)
            raise
        if code != 0:
            raise HomeportError(f"{instance.identifier}: {program}: {' '.join(lines[-3:]) or f'exit {code}'}")
        return lines

    def _write(self) -> Callable[[bytes], None]:
        self._last = ""

        def line(text: str) -> None:
            self._last = text
            self._line(text)

        return Lines(line).write
