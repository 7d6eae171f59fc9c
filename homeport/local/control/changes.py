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


class NotKept(Exception):
    """What a call changed, or would change, cannot be put on disk; says where and why."""


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
        self._check: Callable[[], None] = lambda: None
        self._wait: Callable[[frozenset[Unit]], None] = lambda _: None

    def listen(self, listener: Callable[[frozenset[Unit], bool], None]) -> None:
        """`listener(units, lazy)` runs in the thread of the call, before its answer is sent; it must be quick."""
        self._listeners.append(listener)

    def keep(self, check: Callable[[], None], wait: Callable[[frozenset[Unit]], None]) -> None:
        """Who puts changes on disk. Raise `NotKept`: `check()` before a call, `wait(units)` for what it changed."""
        self._check, self._wait = check, wait

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
    def kept(self, action: str) -> Iterator[None]:
        """Around one API call and its turn: at the end what it changed is on disk. Raises `NotKept`."""
        if action not in LAZY and not READING.match(action):
            self._check()
        self._touched.told = frozenset()
        yield
        self._wait(self._touched.told)

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
                touched.told = frozenset() if action in LAZY else units - covered

    def tell(self, units: frozenset[Unit], lazy: bool = False) -> None:
        for listener in self._listeners:
            listener(units, lazy)


changes = Changes()


def watch_backends() -> None:
    """Make moto's containers of backends say what is reached through them.

    Calls without credentials (signing up and in) look through the backends of all regions for the one they mean.
    """
    from moto.core.base_backend import AccountSpecificBackend

    getitem, items = AccountSpecificBackend.__getitem__, AccountSpecificBackend.items

    def watched_getitem(self: Any, region: str) -> Any:
        backend = getitem(self, region)
        changes.touch(Unit(self.service_name, self.account_id, "aws" if region == "global" else region))
        return backend

    def watched_items(self: Any) -> Any:
        for region in self:
            changes.touch(Unit(self.service_name, self.account_id, region))
        return items(self)

    AccountSpecificBackend.__getitem__, AccountSpecificBackend.items = watched_getitem, watched_items
