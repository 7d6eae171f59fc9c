"""One event source mapping at work: receives, filters, invokes, deletes what succeeded.

A message is deleted only after its function succeeded; whatever is killed in between, the message comes again after the
queue's visibility timeout, and goes to the dead-letter queue as its redrive policy says.
"""

import asyncio
import json
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from homeport.local.data.context import Invoke, InvokeResult
from homeport.local.data.functions import batch
from homeport.local.data.functions.queue import Message, Queue

log = logging.getLogger(__name__)

WAIT_SECONDS = 5  # of a long poll: short enough that a killed data plane leaves no poll behind for long
WAIT_SECONDS_FIFO = 1  # a poll on the emulated queue does not see that a group of messages has become free meanwhile
PAUSE_SECONDS_MAX = 10.0
FAILURES_IN_PEACE = 3  # batches in a row that may fail before polling slows down
CONCURRENCY = 5  # AWS begins with five batches at a time


@dataclass(frozen=True)
class Source:
    """What the account says of an event source mapping."""

    arn: str
    account: str
    region: str
    queue_arn: str
    function_arn: str  # with its alias, if it has one
    batch_size: int
    window_seconds: float
    partial_failures: bool
    concurrency: int
    patterns: tuple[Mapping[str, Any], ...]


class Consumer:
    """`run` never ends by itself; cancelling it abandons what is in flight to the visibility timeout."""

    def __init__(
        self,
        source: Source,
        queue: Queue,
        invoke: Invoke,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.source = source
        self.problem = ""
        self._queue = queue
        self._invoke = invoke
        self._sleep = sleep
        self._clock = clock
        self._slots = asyncio.Semaphore(source.concurrency)
        self._failures = 0

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                await self._slots.acquire()
                messages = await self._gather()
                if not messages:
                    self._slots.release()
                    continue
                group.create_task(self._process(messages)).add_done_callback(lambda _: self._slots.release())
                if (pause := pause_seconds(self._failures)) > 0:
                    await self._sleep(pause)

    async def _gather(self) -> list[Message]:
        """One batch: what is there, or what comes within the batching window; empty if nothing came or could."""
        try:
            longest = WAIT_SECONDS_FIFO if self.source.queue_arn.endswith(".fifo") else WAIT_SECONDS
            messages = await self._queue.receive(self.source.batch_size, longest)
            deadline = self._clock() + self.source.window_seconds
            while messages and len(messages) < self.source.batch_size and (left := deadline - self._clock()) > 0:
                wait = min(longest, math.ceil(left))
                messages = [*messages, *await self._queue.receive(self.source.batch_size - len(messages), wait)]
        except (BotoCoreError, ClientError) as error:
            await self._pause_for(f"the queue cannot be read: {error}")
            return []
        self.problem = ""
        return messages

    async def _pause_for(self, problem: str) -> None:
        if problem != self.problem:
            log.warning("%s: %s", self.source.queue_arn, problem)
        self.problem = problem
        await self._sleep(1.0)

    async def _process(self, messages: Sequence[Message]) -> None:
        """Never raises: what goes wrong here leaves the messages to the visibility timeout."""
        try:
            wanted = []
            for message in messages:
                if batch.is_wanted(message, self.source.patterns, self.source.queue_arn, self.source.region):
                    wanted.append(message)
                else:
                    await self._queue.delete([message])
            for part in batch.split(wanted):
                await self._queue.delete(await self._handled(part))
        except (BotoCoreError, ClientError) as error:
            log.warning("%s: messages will come again: %s", self.source.queue_arn, error)
        except Exception:
            self._failures += 1
            log.exception("%s: messages will come again", self.source.queue_arn)

    async def _handled(self, messages: Sequence[Message]) -> list[Message]:
        """The messages that the function dealt with."""
        event = batch.convert_event(messages, self.source.queue_arn, self.source.region)
        try:
            result = await self._invoke_patiently(json.dumps(event).encode(), messages)
        except LookupError as error:
            await self._pause_for(str(error))
            self._failures += 1
            return []
        if result.function_error:
            self._failures += 1
            return []
        ids = [item["MessageId"] for item in messages]
        failed = batch.failed_ids(result.payload, ids) if self.source.partial_failures else set()
        self._failures = self._failures + 1 if len(failed) == len(ids) else 0
        return [item for item in messages if item["MessageId"] not in failed]

    async def _invoke_patiently(self, payload: bytes, messages: Sequence[Message]) -> InvokeResult:
        """A throttled invocation waits with its messages hidden, so that it does not use up their receives."""
        pause, hidden_until = 0.1, -math.inf
        while True:
            result = await self._invoke(self.source.function_arn, None, payload)
            if not result.throttled:
                return result
            if self._clock() + pause > hidden_until:
                half = await self._queue.hide_again(messages) / 2
                hidden_until = self._clock() + half
                pause = min(pause, max(half, 0.1))
            await self._sleep(pause)
            pause = min(2 * pause, PAUSE_SECONDS_MAX / 2)


def pause_seconds(failures: int) -> float:
    """How long to wait before the next batch after that many batches in a row failed."""
    if failures < FAILURES_IN_PEACE:
        return 0.0
    return float(min(PAUSE_SECONDS_MAX, 0.5 * 2.0 ** min(failures - FAILURES_IN_PEACE, 10)))
