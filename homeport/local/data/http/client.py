"""Requests to servers: kept connections by address, strict answers, bodies streamed both ways."""

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from homeport.local.data.http.body import BytesBody, WireBody
from homeport.local.data.http.message import (
    HOP_BY_HOP,
    BadMessage,
    Body,
    Framing,
    Headers,
    Response,
    parse_response,
)
from homeport.local.data.http.wire import Lost, Wire, read_head

CONNECT_SECONDS = 10.0  # as an Application Load Balancer waits for a target
REUSE_SECONDS = (
    1.0  # shorter than any server's keep-alive limit (gunicorn's is 2 s): no request meets a closing connection
)
SWEEP_SECONDS = 0.05
IDLE_MAX = 64  # kept connections per address
# Workers that share a socket (gunicorn's) divide connections, not requests: what comes anew goes to the one with time.
ANSWERS_MAX = 50
HEAD_BYTES_MAX = 64 * 1024
SMALL = 64 * 1024
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})  # RFC 9110 section 9.2.2


class Unreachable(Exception):
    """No connection could be made: nothing of the request was sent."""


class Broken(Exception):
    """The server ended the connection, or answered what is not HTTP."""


class Address(NamedTuple):
    host: str
    port: int
    tls: bool = False


@dataclass(slots=True)
class Outgoing:
    """A request to send. `headers` carry everything but the framing."""

    method: str
    target: str
    headers: Headers
    body: Body | None = None

    def head(self) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1\r\n"]
        lines += [f"{name}: {value}\r\n" for name, value in self.headers if name not in HOP_BY_HOP]
        if self.body is not None:
            known = self.body.length is not None
            lines.append(f"content-length: {self.body.length}\r\n" if known else "transfer-encoding: chunked\r\n")
        elif self.method in ("POST", "PUT", "PATCH"):
            lines.append("content-length: 0\r\n")
        lines.append("\r\n")
        return "".join(lines).encode("latin-1", "replace")


class Pool:
    """Connections to servers, kept for a moment after each answer."""

    def __init__(self) -> None:
        self._idle: dict[Address, deque[Wire]] = {}
        self._busy: set[Wire] = set()
        self._sweep_timer: asyncio.TimerHandle | None = None

    async def exchange(self, address: Address, outgoing: Outgoing, seconds: float) -> Response:
        """Send, and await the answer's head for so many seconds.

        Raises Unreachable, Broken, TimeoutError; Lost or BadMessage from `outgoing.body`. Cancelling ends the
        connection. The answer's body must be read to its end or aborted.
        """
        repeatable = outgoing.body is None and outgoing.method in _REPEATABLE
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            wire, kept = await self._connection(address, min(seconds, CONNECT_SECONDS))
            wire.deadline = deadline  # until the head is here
            self._busy.add(wire)
            try:
                return await self._exchange(wire, address, outgoing, seconds)
            except Broken:
                self._end(wire)
                if wire.expired:
                    raise TimeoutError from None
                if not (kept and repeatable and wire.ended):
                    raise
            except BaseException:
                self._end(wire)
                raise

    def close(self) -> None:
        for wires in self._idle.values():
            for wire in wires:
                wire.close()
        self._idle.clear()
        if self._sweep_timer:
            self._sweep_timer.cancel()

    async def _connection(self, address: Address, seconds: float) -> tuple[Wire, bool]:
        loop = asyncio.get_running_loop()
        if self._sweep_timer is None:
            self._sweep_timer = loop.call_later(SWEEP_SECONDS, self._sweep)
        wires = self._idle.get(address)
        while wires:
            wire = wires.popleft()
            if not wire.ended and not wire.buffer and loop.time() - wire.idle_since < REUSE_SECONDS:
                return wire, True
            wire.close()
        context = ssl.create_default_context() if address.tls else None
        try:
            async with asyncio.timeout(seconds):
                _, wire = await loop.create_connection(Wire, address.host, address.port, ssl=context)
        except (OSError, TimeoutError) as error:
            raise Unreachable(f"{address.host}:{address.port}: {error}") from None
        return wire, False

    async def _exchange(self, wire: Wire, address: Address, outgoing: Outgoing, seconds: float) -> Response:
        body = outgoing.body
        whole = body.buffered() if isinstance(body, WireBody | BytesBody) else None
        wire.write(outgoing.head() + whole if whole else outgoing.head())
        sending = None
        if body is not None and whole is None:
            sending = asyncio.ensure_future(_send_body(wire, body))
        try:
            return await self._answer(wire, address, outgoing.method, sending, seconds)
        except (Lost, OverflowError, BadMessage) as error:
            if sending and sending.done() and (cause := sending.exception()) and not isinstance(cause, Broken):
                raise cause from None
            raise Broken(str(error)) from None
        finally:
            if sending and not sending.done():
                sending.cancel()

    async def _answer(
        self, wire: Wire, address: Address, method: str, sending: asyncio.Future[None] | None, seconds: float
    ) -> Response:
        response, framing, reusable = await _final_head(wire, method)
        whole = sending is None or (sending.done() and not sending.exception())

        def ended(complete: bool) -> None:
            if complete and reusable and whole:
                self._busy.discard(wire)
                self._keep(wire, address)
            else:
                self._end(wire)

        if framing.empty:
            ended(True)
            return response
        body = WireBody(wire, framing, on_end=ended, stall_seconds=seconds)
        response.body = body
        if body.length is not None and body.length <= SMALL:
            while len(wire.buffer) < body.length:
                if not await wire.more():
                    raise Lost("connection ended within a body")
            response.body = body.buffered() or b""
        return response

    def _end(self, wire: Wire) -> None:
        self._busy.discard(wire)
        wire.abort()

    def _keep(self, wire: Wire, address: Address) -> None:
        loop = asyncio.get_running_loop()
        wire.answers += 1
        if wire.buffer or wire.ended or wire.answers >= ANSWERS_MAX:  # with bytes that nobody asked for: not to trust
            wire.close()
            return
        wires = self._idle.setdefault(address, deque())
        wire.idle_since = loop.time()
        wire.relax()
        wires.append(wire)
        if len(wires) > IDLE_MAX:
            wires.popleft().close()

    def _sweep(self) -> None:
        """Look at all connections at once, cheaper than a timer for each: expire what waits for too long, close what
        has been idle for too long, and forget addresses that have gone."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        for wire in [wire for wire in self._busy if wire.deadline < now]:
            wire.expire()
        oldest = now - REUSE_SECONDS
        for address, wires in list(self._idle.items()):
            while wires and wires[0].idle_since < oldest:
                wires.popleft().close()
            if not wires:
                del self._idle[address]
        needed = self._idle or self._busy
        self._sweep_timer = loop.call_later(SWEEP_SECONDS, self._sweep) if needed else None


async def _final_head(wire: Wire, method: str) -> tuple[Response, Framing, bool]:
    """The head of the answer, after any interim ones (100, 103)."""
    while True:
        head = await read_head(wire, HEAD_BYTES_MAX)
        if head is None:
            raise Lost("connection ended before an answer")
        response, framing, reusable = parse_response(head, method)
        if response.status >= 200:
            return response, framing, reusable
        if response.status == 101:
            raise BadMessage("unexpected change of protocol")


async def _send_body(wire: Wire, body: Body) -> None:
    """Send a body that is still arriving. When it breaks off, so does the connection: no half request is left."""
    chunked = body.length is None
    source = aiter(body)
    while True:
        try:
            piece = await anext(source, None)
        except (Lost, BadMessage):
            wire.abort()
            raise
        if piece is None:
            break
        wire.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        try:
            await wire.drain()
        except Lost as error:
            raise Broken(str(error)) from None
    if chunked:
        wire.write(b"0\r\n\r\n")
