"""Bodies read from a connection: by length, by chunks, or to the connection's end."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable

from homeport.local.data.http.message import BadMessage, Framing
from homeport.local.data.http.wire import Lost, Wire

PIECE = 64 * 1024
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?")
_LINE_LIMIT = 1024
_TRAILERS_LIMIT = 8192


class WireBody:
    """A body still on its wire. `on_start` is called before the first byte is awaited, `on_end(complete)` once.

    With `stall_seconds`, each wait for more may take so long.
    """

    __slots__ = ("_framing", "_on_end", "_on_start", "_stall_seconds", "_wire", "complete", "length")

    def __init__(
        self,
        wire: Wire,
        framing: Framing,
        on_start: Callable[[], None] | None = None,
        on_end: Callable[[bool], None] | None = None,
        stall_seconds: float | None = None,
    ) -> None:
        self._stall_seconds = stall_seconds
        self._wire, self._framing = wire, framing
        self._on_start, self._on_end = on_start, on_end
        self.length = framing.length
        self.complete = False

    def buffered(self) -> bytes | None:
        """The whole body when it has already arrived."""
        if self._framing.chunked or self.length is None or len(self._wire.buffer) < self.length:
            return None
        data = self._wire.take(self.length)
        self._finish(True)
        return data

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces()

    async def read(self, limit: int) -> bytes:
        if self.length is not None and self.length > limit:
            self.abort()
            raise BadMessage("body too large", 413)
        if (data := self.buffered()) is not None:
            return data
        pieces: list[bytes] = []
        size = 0
        async for piece in self:
            size += len(piece)
            if size > limit:
                self.abort()
                raise BadMessage("body too large", 413)
            pieces.append(piece)
        return b"".join(pieces)

    def abort(self) -> None:
        if not self.complete:
            self._finish(False)

    async def _pieces(self) -> AsyncIterator[bytes]:
        if self._on_start:
            self._on_start()
        if self._framing.chunked:
            source = self._chunks()
        elif self.length is None:
            source = self._until_end()
        else:
            source = self._exactly(self.length)
        try:
            async for piece in source:
                yield piece
        except (Lost, BadMessage):
            self._finish(False)
            raise
        self._finish(True)

    async def _exactly(self, count: int) -> AsyncIterator[bytes]:
        while count:
            if not self._wire.buffer and not await self._more():
                raise Lost("connection ended within a body")
            piece = self._wire.take(min(count, PIECE))
            count -= len(piece)
            yield piece

    async def _until_end(self) -> AsyncIterator[bytes]:
        while self._wire.buffer or await self._more():
            yield self._wire.take(PIECE)

    async def _chunks(self) -> AsyncIterator[bytes]:
        while True:
            size = _CHUNK_LINE.fullmatch(await self._line(_LINE_LIMIT))
            if size is None:
                raise BadMessage("malformed chunk")
            count = int(size.group(1), 16)
            if not count:
                break
            async for piece in self._exactly(count):
                yield piece
            if await self._line(0):
                raise BadMessage("malformed chunk")
        left = _TRAILERS_LIMIT
        while line := await self._line(left):  # trailers are read and dropped
            left -= len(line)

    async def _line(self, limit: int) -> bytes:
        """A line without its CRLF. A bare LF is refused."""
        while (end := self._wire.buffer.find(b"\n")) < 0:
            if len(self._wire.buffer) > limit + 1:
                raise BadMessage("malformed chunk")
            if not await self._more():
                raise Lost("connection ended within a body")
        line = self._wire.take(end + 1)
        if end > limit + 1 or not line.endswith(b"\r\n"):
            raise BadMessage("malformed chunk")
        return line[:-2]

    async def _more(self) -> bool:
        if self._stall_seconds is not None:
            self._wire.deadline = asyncio.get_running_loop().time() + self._stall_seconds
        return await self._wire.more()

    def _finish(self, complete: bool) -> None:
        if self.complete:
            return
        self.complete = complete
        on_end, self._on_end = self._on_end, None
        if on_end:
            on_end(complete)


class BytesBody:
    """A body that is already here."""

    __slots__ = ("_data", "length")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.length: int | None = len(data)

    def buffered(self) -> bytes:
        return self._data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._data

    async def read(self, limit: int) -> bytes:
        if len(self._data) > limit:
            raise BadMessage("body too large", 413)
        return self._data

    def abort(self) -> None:
        pass
