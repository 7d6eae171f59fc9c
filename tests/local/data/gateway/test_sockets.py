"""Listening sockets follow what is wanted; a busy port concerns nobody else."""

import asyncio
import socket

from homeport.local.data.gateway.sockets import Sockets, Wanted
from homeport.local.data.http.message import Request, Response
from homeport.local.data.http.server import Limits


async def app(request: Request) -> Response:
    return Response(200, [], b"ok")


def wanted(port: int, name: str = "x") -> Wanted:
    return Wanted("apigatewayv2:api", name, port, app, lambda status: Response(status), Limits())


async def answers(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionError:
        return False
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    text = await reader.read()
    writer.close()
    return text.endswith(b"ok")


async def test_a_busy_port_is_reported_and_taken_as_soon_as_it_is_free() -> None:
    sockets = Sockets(retry_seconds=0.01)
    with socket.create_server(("127.0.0.1", 0)) as holder:
        busy = holder.getsockname()[1]
        await sockets.reconcile({"a": wanted(busy, "first"), "b": wanted(0, "second")})
        first, second = sockets.live()
        assert (first.live, second.live) == (False, True)
        assert first.blocked and f"port {busy} cannot be used" in first.detail
        assert await answers(sockets.port("b"))
    async with asyncio.timeout(5):
        while not sockets.live()[0].live:
            await asyncio.sleep(0.01)
    assert await answers(busy)
    await sockets.stop()
    assert not await answers(busy)


async def test_what_is_no_longer_wanted_is_closed_with_its_connections() -> None:
    sockets = Sockets()
    await sockets.reconcile({"a": wanted(0, "first"), "b": wanted(0, "second")})
    port = sockets.port("a")
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    kept = sockets.port("b")
    await sockets.reconcile({"b": wanted(0, "second")})
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
    assert not await answers(port)
    assert sockets.port("b") == kept
    await sockets.stop()
