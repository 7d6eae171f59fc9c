"""SQS: every step of a message is on disk before it is answered, and waiting for a message costs nothing."""

import copy
import threading
import time
from collections.abc import Callable
from typing import Any

from homeport.local.control import turn
from homeport.local.control.changes import Unit
from homeport.local.control.seams.messages import Messages, identifier_in, take
from homeport.local.control.seams.replace import replace

Journal = Callable[[Unit, Any], None]
_arrivals: dict[str, threading.Condition] = {}
stopping = threading.Event()


def apply(journal: Journal) -> None:
    from moto.sqs.models import Queue

    @replace(Queue, "__init__")
    def init(original: Any, queue: Any, *args: Any, **kwargs: Any) -> None:
        original(queue, *args, **kwargs)
        queue._messages = Messages()
        del queue._messages_lock

    Queue.approximate_number_of_messages = property(lambda queue: queue._messages.counts(_now())[0])
    Queue.approximate_number_of_messages_not_visible = property(lambda queue: queue._messages.counts(_now())[1])
    Queue.approximate_number_of_messages_delayed = property(lambda queue: queue._messages.counts(_now())[2])
    _sending(journal)
    _receiving(journal)
    _settling(journal)


def replay(backend: Any, record: Any) -> None:
    """Take one journaled step of a message back."""
    step, queue_name, *details = record
    queue = backend.queues.get(queue_name)
    if queue is None:
        return  # deleted later
    if step == "add":
        queue._messages.add(details[0])
    elif step == "remove":
        queue._messages.remove(details[0])
    elif step == "clear":
        queue._messages.clear()
    elif (message := queue._messages.find(details[0])) is not None:
        message.__dict__.update(details[1])


def _sending(journal: Journal) -> None:
    from moto.sqs.models import Queue, SQSBackend

    @replace(Queue, "add_message")
    def add(_: Any, queue: Any, message: Any) -> None:
        # Functions are not called from here, as moto does: the data plane polls their queues.
        journal(_unit(queue), ("add", queue.name, message))
        queue._messages.add(message)
        arrival(queue).notify_all()

    @replace(SQSBackend, "send_message")
    def send(original: Any, backend: Any, queue_name: str, message_body: str, *args: Any, **kwargs: Any) -> Any:
        queue = backend.get_queue(queue_name)
        if not queue.fifo_queue:
            return _send_standard(backend, queue, message_body, *args, **kwargs)
        sent: list[Any] = []
        queue.add_message, add_message = (lambda message: sent.append(message)), queue.add_message
        try:
            message = original(backend, queue_name, message_body, *args, **kwargs)
        finally:
            del queue.add_message
        if (first := queue._messages.duplicate_of(message)) is not None:
            return first
        add_message(message)
        return message


def _send_standard(
    backend: Any,
    queue: Any,
    body: str,
    message_attributes: dict[str, Any] | None = None,
    delay_seconds: int | None = None,
    **kwargs: Any,
) -> Any:
    """As moto's, without counting all messages of the queue for each one."""
    import uuid

    from moto.sqs.exceptions import InvalidParameterValue
    from moto.sqs.models import MAXIMUM_MESSAGE_DELAY, Message

    delay = int(queue.delay_seconds if delay_seconds is None else delay_seconds)
    backend._validate_message(queue, message_body=body, delay_seconds=delay)
    if not 0 <= delay <= MAXIMUM_MESSAGE_DELAY:
        reason = "DelaySeconds must be >= 0 and <= 900."
        raise InvalidParameterValue(f"Value {delay} for parameter DelaySeconds is invalid. Reason: {reason}")
    message = Message(str(uuid.uuid4()), body, kwargs.get("system_attributes"))
    message.message_attributes = message_attributes or {}
    message.group_id = kwargs.get("group_id")  # fair queues
    message.mark_sent(delay_seconds=delay)
    queue.add_message(message)
    return message


def _receiving(journal: Journal) -> None:
    from moto.sqs.models import SQSBackend, _filter_message_attributes

    @replace(SQSBackend, "receive_message")
    def receive(
        _: Any,
        backend: Any,
        queue_name: str,
        count: int,
        wait_seconds_timeout: int,
        visibility_timeout: int,
        message_attribute_names: list[str] | None = None,
    ) -> list[Any]:
        deadline = time.monotonic() + wait_seconds_timeout
        while True:
            queue = backend.get_queue(queue_name)  # may be deleted while we wait
            taken = _take(queue, count, visibility_timeout, journal)
            left = deadline - time.monotonic()
            if taken or left <= 0 or stopping.is_set():
                break
            soon = queue._messages.next_change(_now())
            arrival(queue).wait(left if soon is None else min(left, (soon - _now()) / 1000 + 0.002))
        for message in taken:
            _filter_message_attributes(message, message_attribute_names or [])
        return taken


def end_waits() -> None:
    """Answer every waiting consumer now, with nothing: the control plane stops."""
    stopping.set()
    with turn.taken():
        for condition in _arrivals.values():
            condition.notify_all()


def arrival(queue: Any) -> threading.Condition:
    """Notified, with the turn taken, when a message may be received that could not before."""
    return _arrivals.setdefault(queue.queue_arn, turn.condition())


def _take(queue: Any, count: int, visibility_seconds: int, journal: Journal) -> list[Any]:
    """Copies of the messages that a consumer gets; those received too often go to the dead letter queue instead."""
    now = _now()
    taken: list[Any] = []
    expired = now - queue.message_retention_period * 1000
    for message in queue._messages.available(now, fifo=queue.fifo_queue):
        if len(taken) == count:
            break
        if message.sent_timestamp <= expired:
            _remove(queue, message.id, journal)
        elif _is_dead(queue, message):
            message.dead_letter_source = queue.queue_arn
            queue.dead_letter_queue.add_message(message)  # first there, then gone here: never in neither
            _remove(queue, message.id, journal)
        else:
            take(message, now, visibility_seconds)
            _journal_state(queue, message, journal)
            taken.append(copy.copy(message))
    return taken


def _settling(journal: Journal) -> None:
    from moto.sqs.exceptions import InvalidParameterValue, ReceiptHandleIsInvalid
    from moto.sqs.models import Queue, SQSBackend

    @replace(Queue, "delete_message")
    def delete(_: Any, queue: Any, receipt_handle: str) -> None:
        identifier = identifier_in(receipt_handle)
        if identifier is None:
            raise ReceiptHandleIsInvalid()
        if queue._messages.find(identifier) is not None:
            _remove(queue, identifier, journal)
            arrival(queue).notify_all()  # in a FIFO queue the next of the group may go

    @replace(SQSBackend, "change_message_visibility")
    def change(_: Any, backend: Any, queue_name: str, receipt_handle: str, visibility_timeout: int) -> None:
        queue, identifier = backend.get_queue(queue_name), identifier_in(receipt_handle)
        if identifier is None:
            raise ReceiptHandleIsInvalid()
        message = queue._messages.find(identifier)
        if message is None or message.visible_at <= _now():
            raise InvalidParameterValue(
                f"Value {receipt_handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is "
                "not available for visibility timeout change."
            )
        message.visible_at = _now() + int(visibility_timeout) * 1000
        _journal_state(queue, message, journal)
        arrival(queue).notify_all()

    @replace(SQSBackend, "purge_queue")
    def purge(original: Any, backend: Any, queue_name: str) -> None:
        queue = backend.get_queue(queue_name)
        messages = queue._messages
        original(backend, queue_name)  # refuses a second purge within a minute
        queue._messages = messages
        messages.clear()
        journal(_unit(queue), ("clear", queue_name))


def _remove(queue: Any, identifier: str, journal: Journal) -> None:
    journal(_unit(queue), ("remove", queue.name, identifier))
    queue._messages.remove(identifier)


def _journal_state(queue: Any, message: Any, journal: Journal) -> None:
    names = ("approximate_receive_count", "approximate_first_receive_timestamp", "visible_at", "receipt_handle")
    journal(_unit(queue), ("state", queue.name, message.id, {name: getattr(message, name) for name in names}))


def _is_dead(queue: Any, message: Any) -> bool:
    if queue.dead_letter_queue is None or not queue.redrive_policy:
        return False
    return bool(message.approximate_receive_count >= queue.redrive_policy["maxReceiveCount"])


def _unit(queue: Any) -> Unit:
    return Unit("sqs", queue.account_id, queue.region)


def _now() -> float:
    return time.time() * 1000
