"""Messages between services: publish to a topic (SNS), and say what to do with those that arrive.

    publish_on_commit("book-published", {"slug": book.slug})

    @receiver("book-published")          # in an app's receivers.py; run by `manage.py consume`
    def remember(message: Message) -> None: ...

Delivery is at least once, in no promised order. `Message.id` is the same in every delivery and for every listener, so
a receiver that must not act twice keeps it in a unique column.
"""

import json
import logging
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

logger = logging.getLogger(__name__)
BATCH = 50  # waiting messages that one request sends at most, so that it does not pay for a long outage


@dataclass(frozen=True)
class Message:
    """One message of a topic; `attempt` counts its deliveries to this queue from 1."""

    id: str
    topic: str
    payload: Any
    attempt: int


Receiver = Callable[[Message], None]
RECEIVERS: dict[str, Receiver] = {}


def publish(topic: str, payload: Any, message_id: str | None = None) -> str:
    """Publishes `payload` as JSON, now; the message's id. Off a platform (no topic's ARN) it is only logged."""
    message_id = message_id or str(uuid.uuid4())
    arn = _topic_arn(topic)
    if arn:
        attributes = {"id": message_id, "topic": topic}
        _client().publish(
            TopicArn=arn,
            Message=json.dumps(payload, ensure_ascii=False),
            MessageAttributes={k: {"DataType": "String", "StringValue": v} for k, v in attributes.items()},
        )
    logger.info("published to %s", topic, extra={"topic": topic, "message_id": message_id, "sent": bool(arn)})
    return message_id


def publish_on_commit(topic: str, payload: Any) -> None:
    """Publishes once the transaction at hand is committed: nobody hears of a row that was rolled back, nothing is lost.

    The message is written to the outbox in that transaction and sent right after it. If the process dies between the
    two, or SNS cannot be reached, it is sent with the next message, by `manage.py consume`, or by `manage.py
    publish`.
    """
    from homeport_django.models import Outgoing  # here, because models cannot be imported before the apps are ready

    _topic_arn(topic)  # a mistake in homeport.yml shows now, not after the commit
    Outgoing.objects.create(topic=topic, payload=payload)
    transaction.on_commit(publish_waiting)


def publish_waiting() -> int:
    """Sends what waits in the outbox, the oldest first; how many were sent. After trouble the rest waits on."""
    from homeport_django.models import Outgoing

    sent = 0
    with transaction.atomic():
        for waiting in Outgoing.objects.select_for_update(skip_locked=True)[:BATCH]:
            try:
                publish(waiting.topic, waiting.payload, str(waiting.id))
            except (BotoCoreError, ClientError) as error:
                logger.warning("messages wait in the outbox: %s", error, extra={"topic": waiting.topic})
                break
            waiting.delete()
            sent += 1
    return sent


def receiver(topic: str) -> Callable[[Receiver], Receiver]:
    """Registers the function that gets a topic's messages. It must raise if the message is to be delivered again."""

    def register(function: Receiver) -> Receiver:
        if RECEIVERS.setdefault(topic, function) is not function:
            raise ImproperlyConfigured(
                f"{topic} has two receivers: {RECEIVERS[topic].__module__}, {function.__module__}"
            )
        return function

    return register


def queue_url(topic: str) -> str:
    """The service's own queue for a topic. Raises ImproperlyConfigured."""
    if url := os.environ.get(_variable(topic, "QUEUE_URL")):
        return url
    raise ImproperlyConfigured(f"{_variable(topic, 'QUEUE_URL')} is not set: add `{topic}` to the service's `on`")


def _topic_arn(topic: str) -> str | None:
    arn = os.environ.get(_variable(topic, "TOPIC_ARN"))
    if not arn and os.environ.get("HOMEPORT_RELEASE"):
        raise ImproperlyConfigured(f"{_variable(topic, 'TOPIC_ARN')} is not set: add `{topic}` to the service's `uses`")
    return arn


def _variable(topic: str, suffix: str) -> str:
    return f"{topic}_{suffix}".replace("-", "_").upper()


@cache
def _client() -> Any:
    """One for all threads (clients are thread-safe, and making one takes 50 ms), which gives up within seconds."""
    retries = {"mode": "standard", "total_max_attempts": 2}
    return boto3.client("sns", config=Config(connect_timeout=2, read_timeout=5, retries=retries))
