"""SQS: message move tasks, which bring dead letters back to the queue that they came from, or to another one.

Rules: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html and
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html.
A message's step from one queue to the other is one record in the journal: a crash neither loses nor doubles it, and a
running task goes on after it.
"""

import base64
import binascii
import copy
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from homeport.local.control import turn
from homeport.local.control.changes import Unit
from homeport.local.control.fixes.add import add
from homeport.local.control.seams import sqs

RATE_MAX, RESULTS_MAX = 500, 10
AT_ONCE = 100  # messages moved before other calls have their turn
RETRY_SECONDS = 1.0  # after a journal that cannot be written
RUNNING, COMPLETED, CANCELLED, FAILED = "RUNNING", "COMPLETED", "CANCELLED", "FAILED"
NO_QUEUE, NO_SOURCE = "AWS.SimpleQueueService.NonExistentQueue", "CouldNotDetermineMessageSource"
_log = logging.getLogger(__name__)


@dataclass
class Task:
    """One move task, in the words of ListMessageMoveTasks. `destination` None: back to where each message came from."""

    handle: str
    source: str
    destination: str | None
    per_second: int | None
    to_move: int
    started_ms: int
    moved: int = 0
    status: str = RUNNING
    failure: str | None = None

    def entry(self) -> dict[str, Any]:
        found = {
            "TaskHandle": self.handle if self.status == RUNNING else None,
            "Status": self.status,
            "SourceArn": self.source,
            "DestinationArn": self.destination,
            "MaxNumberOfMessagesPerSecond": self.per_second,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.to_move,
            "FailureReason": self.failure,
            "StartedTimestamp": self.started_ms,
        }
        return {name: value for name, value in found.items() if value is not None}


def apply(journal: sqs.Journal) -> None:
    from moto.core.responses import ActionResult
    from moto.sqs.responses import SQSResponse

    @add(SQSResponse)
    def start_message_move_task(response: Any) -> Any:
        read = response._get_param
        task = start(
            response.sqs_backend,
            read("SourceArn"),
            read("DestinationArn"),
            read("MaxNumberOfMessagesPerSecond"),
            journal,
        )
        return ActionResult({"TaskHandle": task.handle})

    @add(SQSResponse)
    def list_message_move_tasks(response: Any) -> Any:
        count = int(response._get_param("MaxResults") or 1)
        if not 1 <= count <= RESULTS_MAX:
            raise _invalid(f"Value for parameter MaxResults is invalid. Reason: Must be between 1 and {RESULTS_MAX}.")
        source = _queue(response.sqs_backend, response._get_param("SourceArn"), "SourceArn")
        tasks = [task for task in tasks_of(response.sqs_backend).values() if task.source == source.queue_arn]
        return ActionResult({"Results": [task.entry() for task in tasks[-1 : -count - 1 : -1]]})

    @add(SQSResponse)
    def cancel_message_move_task(response: Any) -> Any:
        task = _task(response.sqs_backend, response._get_param("TaskHandle"))
        if task.status != RUNNING:
            raise _invalid("Only active tasks can be cancelled.")
        end(response.sqs_backend, task, CANCELLED, None, journal)
        return ActionResult({"ApproximateNumberOfMessagesMoved": task.moved})


def resume(journal: sqs.Journal) -> None:
    """Go on with what was running when the control plane ended. Call once, after the state is loaded."""
    from moto.sqs.models import sqs_backends

    for _, _, backend in list(sqs_backends.iter_backends()):
        for task in tasks_of(backend).values():
            if task.status == RUNNING:
                _follow(backend, task, journal)


def replay(backend: Any, record: Any) -> None:
    """Take one journaled step of a task, or of a message, back."""
    match record:
        case ("task", state):
            tasks_of(backend)[state["handle"]] = Task(**state)
        case ("move", source, identifier, destination, message, handle):
            if source in backend.queues:
                backend.queues[source]._messages.remove(identifier)
            if destination in backend.queues:
                backend.queues[destination]._messages.add(message)
            if handle in tasks_of(backend):
                tasks_of(backend)[handle].moved += 1
        case _:
            sqs.replay(backend, record)


def tasks_of(backend: Any) -> dict[str, Task]:
    """By handle, the oldest first; saved with the backend."""
    tasks: dict[str, Task] = backend.__dict__.setdefault("move_tasks", {})
    return tasks


def start(
    backend: Any, source_arn: str, destination_arn: str | None, per_second: int | None, journal: sqs.Journal
) -> Task:
    """Raises what AWS answers to a task that cannot be."""
    source = _queue(backend, source_arn, "SourceArn")
    if not backend.list_dead_letter_source_queues(source.name):
        raise _invalid("Source queue must be configured as a Dead Letter Queue.")
    if destination_arn and _queue(backend, destination_arn, "DestinationArn").fifo_queue != source.fifo_queue:
        raise _invalid("Source queue and destination queue must be of the same type.")
    if destination_arn == source.queue_arn:
        raise _invalid("Source queue arn and destination queue arn cannot be the same.")
    if per_second is not None and not 1 <= int(per_second) <= RATE_MAX:
        raise _invalid(
            "Value for parameter MaxNumberOfMessagesPerSecond is invalid. "
            f"Reason: You must enter a number that's between 1 and {RATE_MAX}."
        )
    earlier = [task for task in tasks_of(backend).values() if task.source == source.queue_arn]
    if any(task.status == RUNNING for task in earlier):
        raise _invalid(
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
        )
    now = time.time() * 1000
    handle = _handle(str(uuid.uuid4()), source.queue_arn)
    rate = int(per_second) if per_second else None
    task = Task(handle, source.queue_arn, destination_arn, rate, source._messages.counts(now)[0], int(now))
    journal(_unit(backend), ("task", asdict(task)))
    tasks_of(backend)[handle] = task
    for old in earlier[: 1 - RESULTS_MAX]:
        tasks_of(backend).pop(old.handle)
    _follow(backend, task, journal)
    return task


def move(backend: Any, task: Task, count: int, journal: sqs.Journal) -> None:
    """Move up to `count` messages, the oldest first; settle the task when there are no more. Call with the turn."""
    source, now = backend.queues.get(_name(task.source)), time.time() * 1000
    if source is None:
        return end(backend, task, FAILED, NO_QUEUE, journal)
    expired = now - source.message_retention_period * 1000
    for message in source._messages.available(now, fifo=source.fifo_queue):
        if message.sent_timestamp <= expired:
            continue
        if not count:
            return
        arn = task.destination or getattr(message, "dead_letter_source", None)
        destination = backend.queues.get(_name(arn)) if arn else None
        if destination is None:
            return end(backend, task, FAILED, NO_QUEUE if arn else NO_SOURCE, journal)
        again = _new(message, destination)
        step = ("move", source.name, message.id, destination.name, again, task.handle)
        journal(_unit(backend), step)
        replay(backend, step)
        sqs.arrival(destination).notify_all()
        count -= 1
    end(backend, task, COMPLETED, None, journal)


def end(backend: Any, task: Task, status: str, failure: str | None, journal: sqs.Journal) -> None:
    journal(_unit(backend), ("task", asdict(task) | {"status": status, "failure": failure}))
    task.status, task.failure = status, failure


def _follow(backend: Any, task: Task, journal: sqs.Journal) -> None:
    """Move messages in a thread of the task's own, until it is settled or the control plane stops."""
    count, pause = (1, 1 / task.per_second) if task.per_second else (AT_ONCE, 0.0)

    def run() -> None:
        wait = 0.0
        while not sqs.stopping.wait(wait):
            try:
                with turn.taken():
                    if task.status != RUNNING or sqs.stopping.is_set():
                        return
                    move(backend, task, count, journal)
                wait = pause
            except OSError as error:
                _log.error("moving messages from %s stands still, trying again: %s", task.source, error)
                wait = RETRY_SECONDS

    threading.Thread(target=run, name="move", daemon=True).start()


def _new(message: Any, destination: Any) -> Any:
    """The message as its destination gets it: with an id, a time and a count of its own."""
    again = copy.copy(message)
    again.id = str(uuid.uuid4())
    again.approximate_receive_count, again.approximate_first_receive_timestamp = 0, None
    again.receipt_handle, again.visible_at, again.delayed_until = None, 0.0, 0.0
    again.deduplication_id = message.id if message.deduplication_id else None  # another one than the original's
    again.dead_letter_source = None
    again.mark_sent(delay_seconds=int(destination.delay_seconds))
    return again


def _queue(backend: Any, arn: str, parameter: str) -> Any:
    queue = backend.queues.get(_name(arn))
    if queue is None or queue.queue_arn != arn:
        raise _missing(f"The resource that you specified for the {parameter} parameter doesn't exist.")
    return queue


def _task(backend: Any, handle: str) -> Task:
    try:
        source = json.loads(base64.b64decode(handle, validate=True))["sourceArn"]
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise _invalid("Value for parameter TaskHandle is invalid.") from None
    _queue(backend, source, "SourceArn")
    if handle not in tasks_of(backend):
        raise _missing("Task does not exist.")
    return tasks_of(backend)[handle]


def _handle(identifier: str, source_arn: str) -> str:
    return base64.b64encode(json.dumps({"taskId": identifier, "sourceArn": source_arn}).encode()).decode()


def _name(arn: str) -> str:
    return str(arn).rpartition(":")[2]


def _unit(backend: Any) -> Unit:
    return Unit("sqs", backend.account_id, backend.region_name)


def _invalid(message: str) -> Exception:
    return _failure("InvalidParameterValue", message)


def _missing(message: str) -> Exception:
    return _failure("ResourceNotFoundException", message)


def _failure(code: str, message: str) -> Exception:
    from moto.sqs.exceptions import SQSException

    exception: Callable[..., Exception] = SQSException
    return exception(code, message)
