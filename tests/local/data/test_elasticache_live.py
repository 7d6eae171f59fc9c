"""A real Redis per replication group, over TLS with the home's own authority."""

import asyncio
import os
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from homeport.local.data.certificates import Certificates, load_certificates
from homeport.local.data.context import Context, Resource, World
from homeport.local.data.elasticache import Caches, convert_cache
from homeport.local.data.supervisor import Supervisor, supervise
from homeport.local.home import Home

pytestmark = pytest.mark.integration

ARN = "arn:aws:elasticache:eu-west-1:100000000001:replicationgroup:fast"
Declare = Callable[..., World]


@pytest.fixture
def certificates(home: Home) -> Certificates:
    return load_certificates(home)


@pytest.fixture
def supervisor(home: Home) -> Supervisor:
    return supervise(home)


@pytest.fixture
async def caches(context: Context, certificates: Certificates, supervisor: Supervisor) -> AsyncIterator[Caches]:
    part = Caches(context, certificates, supervisor)
    yield part
    await part.stop()


@pytest.fixture
def declared(world: Callable[..., World], free_port: Callable[[], int]) -> Declare:
    endpoint = {"Address": "127.0.0.1", "Port": free_port()}
    state: dict[str, Any] = {
        "ReplicationGroupId": "fast",
        "NodeGroups": [{"PrimaryEndpoint": endpoint}],
        "CacheNodeType": "cache.t4g.micro",
        "TransitEncryptionEnabled": True,
        "Engine": "valkey",
    }
    return lambda **changes: world({"elasticache:replication-group": {ARN: state | changes}})


class Client:
    """Speaks as much RESP as a test needs."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def ask(self, command: str) -> bytes:
        self._writer.write(f"{command}\r\n".encode())
        line = (await self._reader.readline()).strip()
        if line.startswith(b"*"):  # name and value, each with its length before it
            return [(await self._reader.readline()).strip() for _ in range(4)][-1]
        return (await self._reader.readline()).strip() if line.startswith(b"$") and line != b"$-1" else line

    async def close(self) -> None:
        self._writer.close()


async def connect(world: World, certificates: Certificates | None) -> Client:
    port = convert_cache(world.of("elasticache:replication-group")[ARN]).port
    trust = ssl.create_default_context(cafile=str(certificates.bundle)) if certificates else None
    return Client(*await asyncio.open_connection("127.0.0.1", port, ssl=trust))


async def run(caches: Caches, world: World) -> None:
    await caches.reconcile(world)
    await caches.ready()
    assert caches.live()[0].live, caches.live()[0].detail


async def test_it_answers_over_tls_that_programs_here_trust(
    caches: Caches, declared: Declare, certificates: Certificates
) -> None:
    await run(caches, declared())
    client = await connect(declared(), certificates)
    assert await client.ask("SET shelf 42") == b"+OK"
    assert await client.ask("GET shelf") == b"42"
    await client.close()


async def test_the_node_type_bounds_its_memory(caches: Caches, declared: Declare, certificates: Certificates) -> None:
    await run(caches, declared(CacheNodeType="cache.t4g.micro"))
    client = await connect(declared(), certificates)
    assert await client.ask("CONFIG GET maxmemory") == str(384 * 2**20).encode()
    await client.close()


async def test_without_encryption_in_transit_it_is_plain(caches: Caches, declared: Declare) -> None:
    plain = declared(TransitEncryptionEnabled=False)
    await run(caches, plain)
    client = await connect(plain, None)
    assert await client.ask("PING") == b"+PONG"
    await client.close()


async def test_what_was_written_survives_a_stop_and_a_start(
    caches: Caches, context: Context, declared: Declare, certificates: Certificates, supervisor: Supervisor
) -> None:
    await run(caches, declared())
    client = await connect(declared(), certificates)
    await client.ask("SET shelf 42")
    await client.close()
    await caches.stop()
    again = Caches(context, certificates, supervisor)
    try:
        await run(again, declared())
        client = await connect(declared(), certificates)
        assert await client.ask("GET shelf") == b"42"
        await client.close()
    finally:
        await again.stop()


async def test_a_killed_server_comes_back_with_what_was_written(
    caches: Caches, declared: Declare, certificates: Certificates, supervisor: Supervisor, seen: Any
) -> None:
    await run(caches, declared())
    client = await connect(declared(), certificates)
    await client.ask("SET shelf 42")
    (pid,) = supervisor.children
    os.kill(pid, signal.SIGKILL)
    await seen.until(lambda: [o.state["Status"] for o in seen.history] == ["available", "modifying", "available"])
    client = await connect(declared(), certificates)
    assert await client.ask("GET shelf") == b"42"
    await client.close()


async def test_a_deleted_group_leaves_nothing(
    caches: Caches, declared: Declare, world: Callable[..., World], home: Home, supervisor: Supervisor
) -> None:
    await run(caches, declared())
    await caches.reconcile(world({}))
    assert caches.live() == []
    assert supervisor.children == {}
    assert list(home.caches.iterdir()) == []


async def test_a_busy_port_is_a_clear_message(caches: Caches, declared: Declare) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        busy = declared(NodeGroups=[{"PrimaryEndpoint": {"Address": "127.0.0.1", "Port": port}}])
        await caches.reconcile(busy)
        await caches.ready()
        live = caches.live()[0]
        assert live.blocked and f"cannot listen on 127.0.0.1:{port}" in live.detail


async def test_a_folder_with_a_very_long_path_is_no_obstacle(
    home: Home, context: Context, declared: Declare, certificates: Certificates, supervisor: Supervisor
) -> None:
    (home.path / ("long" * 40)).mkdir()
    deep = Context(**{**vars(context), "home": Home(home.path / ("long" * 40))})
    part = Caches(deep, certificates, supervisor)
    try:
        await run(part, declared())
        client = await connect(declared(), certificates)
        assert await client.ask("PING") == b"+PONG"
        await client.close()
    finally:
        await part.stop()


def test_the_size_of_a_node_is_what_elasticache_gives() -> None:
    state = {
        "ReplicationGroupId": "fast",
        "NodeGroups": [{"PrimaryEndpoint": {"Address": "127.0.0.1", "Port": 1}}],
        "CacheNodeType": "cache.t3.micro",
    }
    assert convert_cache(Resource(ARN, "t", "1", "r", state)).memory_mb == 384
