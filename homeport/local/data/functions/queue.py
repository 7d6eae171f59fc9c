"""One SQS queue seen from the event loop: the few calls that an event source mapping needs.

Long polls run in daemon threads of their own: they wait for most of their life, and must delay neither other work nor
the end of the process. What an abandoned poll still brings is made visible again at once.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

Value = TypeVar("Value")
Message = Mapping[str, Any]

BATCH_CALL_MAX = 10  # entries of one SQS batch call
DELETE_ATTEMPTS = 3


class Queue:
    """`client` is a boto3 client of the mapping's account."""

    def __init__(self, client: Any, arn: str) -> None:
        self._client = client
        self._arn = arn
        self._url = ""

    async def receive(self, count: int, wait_seconds: int) -> list[Message]:
        """Up to 10 messages, hidden from others for the queue's visibility timeout."""
        return await _in_daemon_thread(lambda: self._receive(count, wait_seconds), self._give_back)

    async def delete(self, messages: Sequence[Message]) -> None:
        """Deletes what was handled; what cannot be deleted will come again, as on AWS."""
        for entries in _entries(messages):
            for attempt in range(DELETE_ATTEMPTS):
                answer = await asyncio.to_thread(
                    self._client.delete_message_batch, QueueUrl=self._find_url(), Entries=entries
                )
                again = {failure["Id"] for failure in answer.get("Failed", ()) if not failure.get("SenderFault")}
                entries = [entry for entry in entries if entry["Id"] in again]
                if not entries or attempt == DELETE_ATTEMPTS - 1:
                    break

    async def hide_again(self, messages: Sequence[Message]) -> int:
        """Starts the visibility timeout anew, for messages that wait for a function which is busy; its seconds."""
        return await asyncio.to_thread(self._hide_again, messages)

    def _receive(self, count: int, wait_seconds: int) -> list[Message]:
        answer = self._client.receive_message(
            QueueUrl=self._find_url(),
            MaxNumberOfMessages=min(count, BATCH_CALL_MAX),
            WaitTimeSeconds=wait_seconds,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages: list[Message] = answer.get("Messages", [])
        return messages

    def _hide_again(self, messages: Sequence[Message]) -> int:
        names = ["VisibilityTimeout"]
        answer = self._client.get_queue_attributes(QueueUrl=self._find_url(), AttributeNames=names)
        seconds = int(answer["Attributes"]["VisibilityTimeout"])
        self._set_visibility(messages, seconds)
        return seconds

    def _give_back(self, messages: Sequence[Message]) -> None:
        self._set_visibility(messages, 0)

    def _set_visibility(self, messages: Sequence[Message], seconds: int) -> None:
        for entries in _entries(messages):
            changes = [{**entry, "VisibilityTimeout": seconds} for entry in entries]
            self._client.change_message_visibility_batch(QueueUrl=self._find_url(), Entries=changes)

    def _find_url(self) -> str:
        if not self._url:
            account, name = self._arn.split(":")[4:6]
            self._url = self._client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
        return self._url


def _entries(messages: Sequence[Message]) -> list[list[dict[str, Any]]]:
    entries = [{"Id": str(index), "ReceiptHandle": item["ReceiptHandle"]} for index, item in enumerate(messages)]
    return [entries[start : start + BATCH_CALL_MAX] for start in range(0, len(entries), BATCH_CALL_MAX)]


async def _in_daemon_thread(work: Callable[[], Value], give_back: Callable[[Value], None]) -> Value:
    """Result of `work`; if nobody waits for it any more when it comes, it goes to `give_back`."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Value] = loop.create_future()
    abandoned = threading.Event()

    def run() -> None:
        try:
            value = work()
        except Exception as error:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(_fail, future, error)
            return
        if abandoned.is_set():
            with contextlib.suppress(Exception):  # nobody is left to tell
                give_back(value)
            return
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(deliver, value)

    def deliver(value: Value) -> None:
        if future.done():  # abandoned while the value was under way
            threading.Thread(target=give_back, args=(value,), daemon=True).start()
        else:
            future.set_result(value)

    threading.Thread(target=run, name="long poll", daemon=True).start()
    try:
        return await future
    except asyncio.CancelledError:
        abandoned.set()
        raise


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
