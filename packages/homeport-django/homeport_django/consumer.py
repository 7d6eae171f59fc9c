"""One queue → its receiver, message by message.

A message is deleted only after its receiver returned. While it works, the message stays hidden from others; if it
raises, the message comes back after a pause that doubles with each attempt, until the queue's redrive policy moves it
to the dead-letter queue. A process that dies in the middle has deleted nothing: the message comes back when its time
of being hidden is over.
"""

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.db import DatabaseError, close_old_connections

from homeport_django.messages import Message, Receiver, publish_waiting

logger = logging.getLogger(__name__)
POLL_SECONDS = 20  # SQS's longest; an idle worker costs three requests a minute
PAUSE_MAX_SECONDS = 300


class Consumer:
    """Receives from one queue until `stop()`; `wait()` returns when the message at hand is finished."""

    def __init__(self, client: Any, url: str, topic: str, receive: Receiver, visibility_seconds: int = 60) -> None:
        self.client, self.url, self.topic, self.receive = client, url, topic, receive
        self.visibility_seconds = visibility_seconds
        self.stopping = threading.Event()
        self.failed = False
        self.failures = 0  # in a row
        self._busy = threading.Lock()

    def run(self) -> None:
        """Blocks. Trouble in reaching the queue is logged and waited out: a worker must outlive it."""
        while not self.stopping.is_set():
            try:
                publish_waiting()
                self.poll()
                self.failures = 0
            except (BotoCoreError, ClientError, DatabaseError) as error:
                self.failures += 1
                logger.warning("cannot reach queue or database: %s", error, extra={"topic": self.topic})
                close_old_connections()
                self.stopping.wait(min(2**self.failures, 30))

    def poll(self, wait_seconds: int = POLL_SECONDS) -> bool:
        """Waits for a message and works on it; False if none came."""
        answer = self.client.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=1,  # a batch would wait, hidden, behind its first message
            WaitTimeSeconds=wait_seconds,
            VisibilityTimeout=self.visibility_seconds,
            MessageAttributeNames=["id"],
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        for raw in answer.get("Messages", []):
            with self._busy:
                if self.stopping.is_set():
                    self._hide(raw, 0)  # came too late: another task shall have it at once
                else:
                    self._work(raw)
            return True
        return False

    def stop(self) -> None:
        """No further message is begun."""
        self.stopping.set()

    def wait(self) -> None:
        """Returns when no message is at hand. A poll that is still waiting is not waited for."""
        with self._busy:
            pass

    def _work(self, raw: dict[str, Any]) -> None:
        attempt = int(raw.get("Attributes", {}).get("ApproximateReceiveCount", 1))
        fields = {"topic": self.topic, "sqs_message": raw["MessageId"], "attempt": attempt}
        close_old_connections()
        try:
            with self._kept_hidden(raw):
                self.receive(_message(raw, self.topic, attempt))
        except Exception:  # whatever it is, this message must not end the worker
            logger.exception("could not work on a message", extra=fields)
            self._hide(raw, min(2**attempt, PAUSE_MAX_SECONDS))
        else:
            self.client.delete_message(QueueUrl=self.url, ReceiptHandle=raw["ReceiptHandle"])
            logger.info("worked on a message", extra=fields)
        finally:
            close_old_connections()

    @contextmanager
    def _kept_hidden(self, raw: dict[str, Any]) -> Iterator[None]:
        """Renews the message's visibility timeout from a thread, as long as the body runs."""
        done = threading.Event()

        def renew() -> None:
            while not done.wait(self.visibility_seconds / 3):
                try:
                    self._hide(raw, self.visibility_seconds)
                except (BotoCoreError, ClientError) as error:
                    logger.warning("cannot keep a message hidden: %s", error, extra={"topic": self.topic})

        thread = threading.Thread(target=renew, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _hide(self, raw: dict[str, Any], seconds: int) -> None:
        self.client.change_message_visibility(
            QueueUrl=self.url, ReceiptHandle=raw["ReceiptHandle"], VisibilityTimeout=seconds
        )


def _message(raw: dict[str, Any], topic: str, attempt: int) -> Message:
    attribute = raw.get("MessageAttributes", {}).get("id", {})
    return Message(attribute.get("StringValue", raw["MessageId"]), topic, json.loads(raw["Body"]), attempt)
