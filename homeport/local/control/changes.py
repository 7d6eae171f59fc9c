"""What an API call may have changed: the (service, account, region) units that it touched.

moto's code reaches a service's objects through `backends[account][region]`, from its own calls and from other services'
(creating a database touches EC2). So a call that is not a plain reading one may have changed what it reached.
"""

import contextlib
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

READING = re.compile(
    r"^(Describe|List|Get|Head|Search|Lookup|BatchGet|Filter|Scan|Query|Test|Validate|Simulate)(?=[A-Z])"
)
# What these change is kept in journals and files of its own, before the answer (messages, mail, object contents).
JOURNALED = {
    *("SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch"),
    *("ChangeMessageVisibility", "ChangeMessageVisibilityBatch"),
    *("Publish", "PublishBatch", "PutEvents", "SendEmail", "SendRawEmail", "SendTemplatedEmail", "Invoke"),
}
# Many calls, of which a crash may lose the last seconds.
LAZY = {"PutLogEvents", "CreateLogStream", "PutMetricData"}


class Unit(NamedTuple):
    """What is saved and watched as one: a service in an account and region (as moto names them)."""

    service: str
    account: str
    region: str


class Changes:
    """Collects the units that calls touched; `listen` is told of those that may have changed."""

    def __init__(self) -> None:
        self._touched = threading.local()
        self._listeners: list[Callable[[frozenset[Unit], bool], None]] = []

    def listen(self, listener: Callable[[frozenset[Unit], bool], None]) -> None:
        """`listener(units, lazy)` runs in the thread of the call, before its answer is sent; it must be quick."""
        self._listeners.append(listener)

    def touch(self, unit: Unit) -> None:
        if (units := getattr(self._touched, "units", None)) is not None:
            units.add(unit)

    def cover(self, unit: Unit) -> None:
        """What this call changed in `unit` is in its journal: no need to save it whole."""
        if (covered := getattr(self._touched, "covered", None)) is not None:
            covered.add(unit)

    def at_end(self, key: object, action: Callable[[], None]) -> None:
        """Run `action` at the end of the call, before it is answered; once per `key`. Outside of a call: now."""
        if (actions := getattr(self._touched, "actions", None)) is not None:
            actions[key] = action
        else:
            action()

    @contextlib.contextmanager
    def call(self, action: str) -> Iterator[None]:
        """Around one API call; inside of its turn."""
        touched = self._touched
        touched.units, touched.covered, touched.actions = set(), set(), {}
        try:
            yield
            for last in touched.actions.values():
                last()
        finally:
            units, covered = frozenset(touched.units), touched.covered
            touched.units = touched.covered = touched.actions = None
            if action not in JOURNALED and not READING.match(action) and units - covered:
                self.tell(units - covered, action in LAZY)

    def tell(self, units: frozenset[Unit], lazy: bool = False) -> None:
        for listener in self._listeners:
            listener(units, lazy)


changes = Changes()


def watch_backends() -> None:
    """Make moto's containers of backends say what is reached through them."""
    from moto.core.base_backend import AccountSpecificBackend

    original = AccountSpecificBackend.__getitem__

    def getitem(self: Any, region: str) -> Any:
        backend = original(self, region)
        changes.touch(Unit(self.service_name, self.account_id, "aws" if region == "global" else region))
        return backend

    AccountSpecificBackend.__getitem__ = getitem
