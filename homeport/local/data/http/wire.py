"""One connection, either side: buffered reads, writes with back-pressure, and a deadline that somebody else watches."""

import asyncio
from collections.abc import Callable

HIGH_WATER = 256 * 1024  # beyond this the other side is asked to wait
_NEVER = float("inf")


class Lost(Exception):
    """The connection ended, or its deadline passed, before what was asked for."""


class Wire(asyncio.Protocol):
    """Bytes in order. One reader and one writer at a time; `on_open` and `on_lost` are called once each."""

    __slots__ = (
        "_drained",
        "_loop",
        "_on_lost",
        "_on_open",
        "_paused_reading",
        "_paused_writing",
        "_waiter",
        "answers",
        "buffer",
        "deadline",
        "ended",
        "expired",
        "idle_since",
        "received",
        "sent",
        "transport",
    )
    transport: asyncio.Transport

    def __init__(
        self,
        on_open: Callable[["Wire"], None] | None = None,
        on_lost: Callable[["Wire"], None] | None = None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_open, self._on_lost = on_open, on_lost
        self._waiter: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._paused_reading = self._paused_writing = False
        self.buffer = b""
        self.ended = False
        self.deadline = _NEVER
        self.expired = False
        self.idle_since = 0.0
        self.received = self.sent = 0
        self.answers = 0  # that a client of this connection has had

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        if self._on_open:
            self._on_open(self)

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        self.buffer = self.buffer + data if self.buffer else data
        if len(self.buffer) > HIGH_WATER and not self._paused_reading:
            self._paused_reading = True
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        # A client that has stopped sending is taken to have left, as nginx takes it.
        self.ended = True
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = True
        self._wake()
        self.resume_writing()
        if self._on_lost:
            self._on_lost(self)

    def pause_writing(self) -> None:
        self._paused_writing = True

    def resume_writing(self) -> None:
        self._paused_writing = False
        if self._drained and not self._drained.done():
            self._drained.set_result(None)

    # What a reader and a writer call.

    async def more(self) -> bool:
        """Wait until the buffer has grown; False when nothing will come any more. Raises Lost at the deadline."""
        if self.ended:
            return False
        before = self.received
        if self._paused_reading:
            self._paused_reading = False
            self.transport.resume_reading()
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
        return self.received > before

    def take(self, count: int) -> bytes:
        """Up to `count` bytes of what is there."""
        data = self.buffer
        if len(data) <= count:
            self.buffer = b""
            return data
        self.buffer = data[count:]
        return data[:count]

    def write(self, data: bytes) -> None:
        self.sent += len(data)
        self.transport.write(data)

    async def drain(self) -> None:
        """Wait until the other side has room. Raises Lost when it has gone."""
        if self._paused_writing and not self.ended:
            self._drained = self._loop.create_future()
            await self._drained
        if self.ended and self.transport.is_closing():
            raise Lost("connection closed by the other side")

    def expire(self) -> None:
        """The deadline has passed: whoever waits gets Lost."""
        self.expired = True
        for future in (self._waiter, self._drained):
            if future and not future.done():
                future.set_exception(Lost("time limit passed"))
        self.deadline = _NEVER

    def relax(self) -> None:
        self.deadline = _NEVER

    def close(self) -> None:
        self.transport.close()

    def abort(self) -> None:
        self.transport.abort()

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)


async def read_head(wire: Wire, limit: int) -> bytes | None:
    """A message's head through its empty line; None when the connection ends before its first byte.

    Raises Lost when it ends within, and OverflowError beyond `limit` bytes.
    """
    searched = 0
    while True:
        end = wire.buffer.find(b"\r\n\r\n", searched)
        if end >= 0:
            if end + 4 > limit:
                raise OverflowError
            return wire.take(end + 4)
        if len(wire.buffer) > limit:
            raise OverflowError
        searched = max(0, len(wire.buffer) - 3)
        if not await wire.more():
            if wire.buffer:
                raise Lost("connection ended within a message's head")
            return None
