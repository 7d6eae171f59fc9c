"""API Gateway's limits on an integration's answer: 10 MB, and 30 s (or less, as declared) until its last byte.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html. AWS gathers the whole answer before
it passes it on (only REST APIs stream), and answers 500 for one that is too large
(https://repost.aws/knowledge-center/api-gateway-5xx-error). Here answers stream, so one whose head is out breaks off.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from homeport.local.data.http.message import BadMessage, Body
from homeport.local.data.http.wire import Lost

BODY_BYTES_MAX = 10 * 1024 * 1024


class LimitedBody:
    """An answer on its way to the client. `seconds` is how long its rest may be waited for, all pieces together; what
    the client takes to read it is the client's own time.
    """

    def __init__(
        self, body: Body, seconds: float, bytes_max: int = BODY_BYTES_MAX, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._body, self._seconds, self._bytes_left, self._clock = body, seconds, bytes_max, clock
        self.length = body.length

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Raises Lost at a limit."""
        pieces = aiter(self._body)
        while (piece := await self._next(pieces)) is not None:
            self._bytes_left -= len(piece)
            if self._bytes_left < 0:
                raise Lost("the answer is too large")
            yield piece

    async def read(self, limit: int) -> bytes:
        read = b"".join([piece async for piece in self])
        if len(read) > limit:
            raise BadMessage("body too large", 413)
        return read

    def abort(self) -> None:
        self._body.abort()

    async def _next(self, pieces: AsyncIterator[bytes]) -> bytes | None:
        started = self._clock()
        try:
            async with asyncio.timeout(self._seconds):
                piece = await anext(pieces, None)
        except TimeoutError:
            raise Lost("the answer takes too long") from None
        self._seconds -= self._clock() - started
        if self._seconds < 0:
            raise Lost("the answer takes too long")
        return piece
