"""A listening socket → requests for an application → answers, with limits in bytes and time on each connection."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus

from homeport.local.data.http.body import WireBody
from homeport.local.data.http.message import (
    HOP_BY_HOP,
    BadMessage,
    Request,
    Response,
    find,
    parse_request,
)
from homeport.local.data.http.wire import Lost, Wire, read_head

App = Callable[[Request], Awaitable[Response]]
Refuse = Callable[[int], Response]

LINGER_SECONDS = 2.0
LINGER_BYTES = 64 * 1024 * 1024
BODYLESS = frozenset({204, 304})
_REASONS = {status.value: status.phrase for status in HTTPStatus}
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """What one connection may ask for. `oversize` is the status for a head beyond `head_bytes`."""

    head_bytes: int = 64 * 1024
    oversize: int = 431
    head_seconds: float = 10.0
    body_seconds: float = 60.0
    idle_seconds: float = 60.0
    stall_seconds: float = 60.0


class Server:
    """One listening socket. `refuse` makes the answer to what never reached the application."""

    def __init__(self, app: App, refuse: Refuse, limits: Limits) -> None:
        self._app, self._refuse, self._limits = app, refuse, limits
        self._tasks: dict[Wire, asyncio.Task[None]] = {}
        self._listener: asyncio.Server | None = None
        self._sweep_timer: asyncio.TimerHandle | None = None
        self.port = 0

    @property
    def app(self) -> App:
        return self._app

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            lambda: Wire(self._opened, self._lost), host, port, backlog=512, reuse_address=True
        )
        self.port = self._listener.sockets[0].getsockname()[1]
        self._sweep()

    async def stop(self) -> None:
        """Stop listening and end every connection."""
        if self._listener:
            self._listener.close()
        if self._sweep_timer:
            self._sweep_timer.cancel()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _sweep(self) -> None:
        """Look at deadlines for all connections at once: cheaper than a timer for each request."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        for wire in [wire for wire in self._tasks if wire.deadline < now]:
            wire.expire()
        interval = min(1.0, self._limits.head_seconds / 4)
        self._sweep_timer = loop.call_later(interval, self._sweep)

    def _opened(self, wire: Wire) -> None:
        self._tasks[wire] = asyncio.get_running_loop().create_task(self._serve(wire))

    def _lost(self, wire: Wire) -> None:
        if task := self._tasks.pop(wire, None):
            task.cancel()

    async def _serve(self, wire: Wire) -> None:
        peer = wire.transport.get_extra_info("peername")[0]
        try:
            while await self._exchange(wire, peer):
                pass
        except (Lost, ConnectionError):
            pass
        finally:
            wire.close()

    async def _exchange(self, wire: Wire, peer: str) -> bool:
        """One request and its answer; True when another may follow on this connection."""
        try:
            head = await self._head(wire)
            if head is None:
                return False
            request, framing = parse_request(head)
        except BadMessage as error:
            return await self._reject(wire, error.status)
        request.peer, request.port = peer, self.port
        body: WireBody | None = None
        if not framing.empty:
            body = WireBody(wire, framing, self._body_start(wire, request), lambda _: wire.relax())
            request.body = body
        response = await self._answer(request)
        unread = body is not None and not body.complete
        if response.close or unread:
            request.keep_alive = False
        await self._send(wire, request, response)
        if unread:
            await self._linger(wire)
        return request.keep_alive

    async def _head(self, wire: Wire) -> bytes | None:
        now = asyncio.get_running_loop().time()
        if not wire.buffer:
            wire.deadline = now + self._limits.idle_seconds
            if not await wire.more():
                return None
            now = asyncio.get_running_loop().time()
        wire.deadline = now + self._limits.head_seconds
        try:
            return await read_head(wire, self._limits.head_bytes)
        except OverflowError:
            raise BadMessage("head too large", self._limits.oversize) from None
        except Lost:
            raise BadMessage("head too slow", 408) from None
        finally:
            wire.relax()

    def _body_start(self, wire: Wire, request: Request) -> Callable[[], None]:
        def start() -> None:
            wire.deadline = asyncio.get_running_loop().time() + self._limits.body_seconds
            if not wire.buffer and request.header("expect").lower() == "100-continue":
                wire.write(_CONTINUE)

        return start

    async def _answer(self, request: Request) -> Response:
        try:
            return await self._app(request)
        except BadMessage as error:
            return self._refuse(error.status)
        except Lost:
            return self._refuse(408)
        except Exception:
            _log.exception("no answer to %s", request.method)
            return self._refuse(500)

    async def _reject(self, wire: Wire, status: int) -> bool:
        """Answer what cannot be understood, and end the connection: what follows cannot be trusted to be a request."""
        if wire.ended:
            return False
        await self._send(wire, Request("GET", "/", [], keep_alive=False), self._refuse(status))
        await self._linger(wire)
        return False

    async def _send(self, wire: Wire, request: Request, response: Response) -> None:
        body = response.body
        head = response_head(request, response)
        if isinstance(body, bytes):
            wire.write(head + body if request.method != "HEAD" else head)
            await self._drain(wire)
            return
        try:
            if request.method == "HEAD":
                wire.write(head)
            else:
                await self._stream(wire, request, response, head)
        except (Lost, BadMessage):
            wire.abort()  # the head is out: only a broken connection can say that the body is not whole
            raise Lost("body broke off") from None
        finally:
            body.abort()

    async def _stream(self, wire: Wire, request: Request, response: Response, head: bytes) -> None:
        body = response.body
        assert not isinstance(body, bytes)
        wire.write(head)
        chunked = body.length is None and not request.http_1_0
        async for piece in body:
            wire.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            await self._drain(wire)
        if chunked:
            wire.write(b"0\r\n\r\n")

    async def _drain(self, wire: Wire) -> None:
        wire.deadline = asyncio.get_running_loop().time() + self._limits.stall_seconds
        await wire.drain()
        wire.relax()

    async def _linger(self, wire: Wire) -> None:
        """Read on for a moment: closing with unread bytes would reset the connection and lose the answer."""
        if wire.transport.can_write_eof():
            wire.transport.write_eof()
        wire.deadline = asyncio.get_running_loop().time() + LINGER_SECONDS
        limit = wire.received + LINGER_BYTES
        wire.buffer = b""
        while wire.received < limit and await wire.more():
            wire.buffer = b""


def response_head(request: Request, response: Response) -> bytes:
    """Status line and headers, with this hop's own framing. Settles `request.keep_alive`."""
    status, body = response.status, response.body
    length = len(body) if isinstance(body, bytes) else body.length
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, '')}\r\n"]
    dated = False
    for name, value in response.headers:
        if name not in HOP_BY_HOP:
            lines.append(f"{name}: {value}\r\n")
            dated = dated or name == "date"
    if not dated:
        lines.append(f"date: {_date()}\r\n")
    if status not in BODYLESS and status >= 200:
        if request.method == "HEAD":
            declared = find(response.headers, "content-length") or (str(length) if length else "")
            lines.append(f"content-length: {declared}\r\n" if declared else "")
        elif length is not None:
            lines.append(f"content-length: {length}\r\n")
        elif request.http_1_0:
            request.keep_alive = False
        else:
            lines.append("transfer-encoding: chunked\r\n")
    if not request.keep_alive:
        lines.append("connection: close\r\n")
    elif request.http_1_0:
        lines.append("connection: keep-alive\r\n")
    lines.append("\r\n")
    return "".join(lines).encode("latin-1", "replace")


_dated: tuple[int, str] = (0, "")


def _date() -> str:
    """The Date header, made once a second."""
    global _dated
    now = int(time.time())
    if _dated[0] != now:
        _dated = (now, formatdate(now, usegmt=True))
    return _dated[1]
