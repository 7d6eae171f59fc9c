"""Output of tasks and functions → CloudWatch Logs, in batches.

`Lines` cuts a stream of bytes into messages; `Logs` keeps messages in a bounded queue and puts them into the account
with PutLogEvents. Whoever writes is never held up: when the queue is full the oldest message goes, and a note says how
many.
"""

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

log = logging.getLogger(__name__)

MESSAGE_BYTES_MAX = 256 * 1024 - 26  # CloudWatch counts 26 bytes for each event
BATCH_BYTES_MAX = 1_000_000
BATCH_EVENTS_MAX = 2_000
QUEUE_MAX = 50_000
PAUSE_SECONDS = 0.3
RETRY_SECONDS = 1.0


class Lines:
    """Bytes as they come → whole lines, cut where CloudWatch cuts; the last line may lack its end."""

    def __init__(self, message: Callable[[str], None]) -> None:
        self._message, self._rest = message, b""

    def write(self, piece: bytes) -> None:
        """Take a piece of output; b"" is its end."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            self._emit(line)
        if not piece:
            self._emit(self._rest)
            self._rest = b""
        while len(self._rest) > MESSAGE_BYTES_MAX:
            head = _cut(self._rest)
            self._emit(self._rest[:head])
            self._rest = self._rest[head:]

    def _emit(self, line: bytes) -> None:
        line = line.removesuffix(b"\r")
        while line:
            head = _cut(line)
            self._message(line[:head].decode(errors="replace"))
            line = line[head:]


@dataclass(frozen=True)
class _Event:
    stream: tuple[str, str, str, str]  # account, region, group, stream
    timestamp_ms: int
    message: str


class Logs:
    """The queue, and the task that empties it."""

    def __init__(
        self,
        aws: Callable[[str, str, str], Any],
        *,
        clock: Callable[[], float] = time.time,
        queue_max: int = QUEUE_MAX,
    ) -> None:
        self._aws, self._clock = aws, clock
        self._queue: deque[_Event] = deque()
        self._queue_max = queue_max
        self._dropped: Counter[tuple[str, str, str, str]] = Counter()
        self._created: set[tuple[str, str, str, str]] = set()
        self._wake = asyncio.Event()
        self._complained = False

    def put(self, account: str, region: str, group: str, stream: str, message: str) -> None:
        """Take a message; returns at once."""
        if len(self._queue) >= self._queue_max:
            self._dropped[self._queue.popleft().stream] += 1
        self._queue.append(_Event((account, region, group, stream), int(self._clock() * 1000), message))
        self._wake.set()

    async def run(self) -> None:
        """Put messages into the account for ever."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(PAUSE_SECONDS)  # lines come in bursts: one call for many
            self._wake.clear()
            while self._queue:
                if not await self._try():
                    await asyncio.sleep(RETRY_SECONDS)

    async def _try(self) -> bool:
        try:
            return await self.flush()
        except Exception:  # a mistake of ours loses one batch, never the writer
            log.exception("log events are lost")
            return False

    async def flush(self) -> bool:
        """One batch of every stream; False if the account did not take it, and it stays queued."""
        events = [self._queue.popleft() for _ in range(min(len(self._queue), BATCH_EVENTS_MAX))]
        by_stream = sorted(events, key=attrgetter("stream"))  # stable: the order within a stream stays
        for stream, group in groupby(by_stream, key=attrgetter("stream")):
            batch = [*self._note(stream), *group]
            try:
                await asyncio.to_thread(self._put_events, stream, batch)
            except (BotoCoreError, ClientError, OSError) as error:
                if self._keep_for_later(stream, error):
                    taken = {id(event) for event in batch}
                    self._requeue([e for e in events if id(e) in taken or e.stream > stream])
                    return False
        return True

    def _note(self, stream: tuple[str, str, str, str]) -> list[_Event]:
        if not (dropped := self._dropped.pop(stream, 0)):
            return []
        message = (
            f"[homeport] {dropped} messages before this one were dropped: they came faster than they could be kept"
        )
        return [_Event(stream, int(self._clock() * 1000), message)]

    def _requeue(self, events: Sequence[_Event]) -> None:
        room = max(0, self._queue_max - len(self._queue))
        for event in events[: len(events) - room]:
            self._dropped[event.stream] += 1
        self._queue.extendleft(reversed(events[max(0, len(events) - room) :]))

    def _keep_for_later(self, stream: tuple[str, str, str, str], error: Exception) -> bool:
        """Whether the same events may succeed later: the account is away, not wrong."""
        refused = isinstance(error, ClientError)
        if refused or not self._complained:
            log.warning("log group %s, stream %s: %s", stream[2], stream[3], error)
        self._complained = not refused
        return not refused

    def _put_events(self, stream: tuple[str, str, str, str], events: Sequence[_Event]) -> None:
        account, region, group, name = stream
        client = self._aws("logs", account, region)
        self._create_stream(client, stream)
        for batch in _batches(events):
            client.put_log_events(logGroupName=group, logStreamName=name, logEvents=batch)
        self._complained = False

    def _create_stream(self, client: Any, stream: tuple[str, str, str, str]) -> None:
        if stream in self._created:
            return
        try:
            client.create_log_stream(logGroupName=stream[2], logStreamName=stream[3])
        except client.exceptions.ResourceAlreadyExistsException:
            pass
        self._created.add(stream)


def _batches(events: Sequence[_Event]) -> list[list[dict[str, Any]]]:
    batches: list[list[dict[str, Any]]] = [[]]
    size = 0
    for event in events:
        bytes_ = len(event.message.encode()) + 26
        if size + bytes_ > BATCH_BYTES_MAX and batches[-1]:
            batches.append([])
            size = 0
        batches[-1].append({"timestamp": event.timestamp_ms, "message": event.message})
        size += bytes_
    return batches


def _cut(line: bytes) -> int:
    """Where to cut so that the first part fits and no character is torn apart."""
    if len(line) <= MESSAGE_BYTES_MAX:
        return len(line)
    end = MESSAGE_BYTES_MAX
    while end > MESSAGE_BYTES_MAX - 4 and line[end] & 0xC0 == 0x80:
        end -= 1
    return end
