"""Things to be delivered later and surely: asynchronous invocations, SNS to functions and to HTTP.

On disk before the call that caused them is answered; offered to the data plane until it says that they are done. A
delivery that is not settled within its lease is offered again: at least once, as on AWS.
"""

import base64
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

LEASE_SECONDS = 60.0
OFFERED_MAX = 20
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
LAMBDA_RETRY_SECONDS = (60.0, 120.0)
# https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html (the default policy)
HTTP_RETRY_SECONDS = (20.0, 20.0, 20.0)


@dataclass
class Delivery:
    """`target` is a qualified function ARN or a URL. `dead_letter` is told when the last attempt has failed."""

    kind: str
    target: str
    payload: bytes
    headers: dict[str, str] = field(default_factory=dict)
    delays: Sequence[float] = ()
    dead_letter: str | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    attempts: int = 0
    due_at: float = 0.0


class Deliveries:
    """All that is not delivered yet. Safe for threads."""

    def __init__(
        self,
        write: Callable[[Any], None],
        bury: Callable[[Delivery, str], None],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._write, self._bury, self._clock = write, bury, clock
        self._all: dict[str, Delivery] = {}
        self._leased_until: dict[str, float] = {}
        self._lock = threading.RLock()  # writing may save everything first, and so come back to `dump`
        self.on_news: Callable[[], None] = lambda: None

    def add(self, delivery: Delivery) -> None:
        """Returns when the delivery cannot be lost any more."""
        with self._lock:
            self._write(("add", asdict(delivery)))
            self._all[delivery.id] = delivery
        self.on_news()

    def lease(self) -> list[dict[str, Any]]:
        """What is due, for the data plane to deliver; nobody else gets it for a minute."""
        now = self._clock()
        with self._lock:
            due = [d for d in self._all.values() if d.due_at <= now and self._leased_until.get(d.id, 0) <= now]
            for delivery in due[:OFFERED_MAX]:
                self._leased_until[delivery.id] = now + LEASE_SECONDS
            return [_offer(delivery) for delivery in due[:OFFERED_MAX]]

    def settle(self, identifier: str, outcome: str, reason: str = "") -> bool:
        """Outcome of an attempt: "done", "retry" (later, or the dead letter queue) or "drop". False if unknown.

        Call with the turn taken: a dead letter queue may get a message.
        """
        if outcome not in ("done", "retry", "drop"):
            raise ValueError(f"outcome {outcome!r} is none of done, retry, drop")
        delivery = self._all.get(identifier)
        if delivery is None:
            return False
        last = outcome != "retry" or delivery.attempts >= len(delivery.delays)
        if last and outcome != "done" and delivery.dead_letter:
            self._bury(delivery, reason)  # first there, then gone here
        with self._lock:
            self._leased_until.pop(identifier, None)
            if last:
                self._write(("remove", identifier))
                self._all.pop(identifier, None)
            else:
                delivery.due_at = self._clock() + delivery.delays[delivery.attempts]
                delivery.attempts += 1
                self._write(("retry", identifier, delivery.attempts, delivery.due_at))
        return True

    def dump(self) -> Any:
        with self._lock:
            return [asdict(delivery) for delivery in self._all.values()]

    def restore(self, state: Any) -> None:
        self._all = {item["id"]: Delivery(**item) for item in state or ()}

    def replay(self, _: Any, record: Any) -> None:
        match record:
            case ("add", item):
                self._all[item["id"]] = Delivery(**item)
            case ("remove", identifier):
                self._all.pop(identifier, None)
            case ("retry", identifier, attempts, due_at) if identifier in self._all:
                self._all[identifier].attempts, self._all[identifier].due_at = attempts, due_at


def _offer(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "kind": delivery.kind,
        "target": delivery.target,
        "payload": base64.b64encode(delivery.payload).decode(),
        "headers": delivery.headers,
        "attempts": delivery.attempts,
    }
