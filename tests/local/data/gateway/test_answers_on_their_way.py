"""An integration's answer streams through within an API's limits, which listeners do not have."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from homeport.local.data.gateway.api.limits import BODY_BYTES_MAX, LimitedBody
from homeport.local.data.http.wire import Lost
from homeport.local.data.targets import Target

from .conftest import GROUP_ARN


async def test_a_chunked_answer_is_streamed(rig: Any) -> None:
    seen = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        await seen.wait()  # the client has the first piece
        writer.write(b"4\r\ndefg\r\n0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    rig.targets.put(GROUP_ARN, (Target("127.0.0.1", server.sockets[0].getsockname()[1], True),))
    rig.add_route("$default")
    await rig.up()
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    head = await asyncio.wait_for(reader.readuntil(b"3\r\nabc\r\n"), 5)
    assert b"transfer-encoding: chunked" in head
    seen.set()
    assert await asyncio.wait_for(reader.readuntil(b"0\r\n\r\n"), 5) == b"4\r\ndefg\r\n0\r\n\r\n"
    writer.close()
    server.close()


class Trickle:
    """A body whose pieces each take some seconds of a clock that is not real."""

    length = None

    def __init__(self, pieces: int, seconds: float) -> None:
        self.pieces, self.seconds, self.now = pieces, seconds, 0.0
        self.aborted = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self.pieces):
            self.now += self.seconds
            yield b"data: tick\n\n"

    async def read(self, limit: int) -> bytes:
        raise AssertionError("it streams")

    def abort(self) -> None:
        self.aborted = True


async def test_an_answer_in_pieces_has_its_seconds_for_all_of_them_together() -> None:
    body = Trickle(pieces=100, seconds=8)
    limited, got = LimitedBody(body, 30, clock=lambda: body.now), []
    with pytest.raises(Lost, match="too long"):
        async for piece in limited:
            got.append(piece)
    assert len(got) == 3
    limited.abort()
    assert body.aborted


async def test_the_time_that_a_client_takes_is_its_own() -> None:
    body, got = Trickle(pieces=3, seconds=8), []
    async for piece in LimitedBody(body, 30, clock=lambda: body.now):
        got.append(piece)
        body.now += 3600
    assert len(got) == 3


async def test_an_answer_that_stops_in_the_middle_ends_at_its_deadline(rig: Any, service: Any) -> None:
    service.answer = lambda received: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
    rig.integration("service")["TimeoutInMillis"] = 100
    rig.add_service(service)
    rig.add_route("$default")
    await rig.up()
    assert await everything(rig.port) == (200, False)
    await asyncio.wait_for(service.lost.wait(), 5)


@pytest.mark.parametrize(
    ("size", "chunked", "outcome"),
    [
        (BODY_BYTES_MAX, False, (200, True)),
        (BODY_BYTES_MAX, True, (200, True)),
        (BODY_BYTES_MAX + 1, False, (500, True)),
        (BODY_BYTES_MAX + 1, True, (200, False)),
    ],
)
async def test_ten_megabytes_pass_and_no_more(
    size: int, chunked: bool, outcome: tuple[int, bool], rig: Any, service: Any
) -> None:
    service.answer = lambda received: answer(size, chunked)
    rig.add_service(service)
    rig.add_route("$default")
    await rig.up()
    assert await everything(rig.port) == outcome
    assert await everything(rig.listener_port) == (200, True)


def answer(size: int, chunked: bool) -> bytes:
    if chunked:
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (size, b"x" * size)
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (size, b"x" * size)


async def everything(port: int) -> tuple[int, bool]:
    """Status of an answer, and whether it came whole before its connection ended."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    try:
        body = await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        body = b""
    writer.close()
    lengths = [line for line in head.split(b"\r\n") if line.startswith(b"content-length: ")]
    whole = len(body) == int(lengths[0].partition(b" ")[2]) if lengths else body.endswith(b"0\r\n\r\n")
    return int(head.split(b" ")[1]), whole
