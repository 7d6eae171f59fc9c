"""What is declared in the local account, told to the data plane: the complete document, at a revision that grows.

An API call that changes something marks its units; 50 ms after the last mark their resources are read again, those of
all other units come from the cache. Revisions start at the clock, so that they grow over restarts too.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from homeport.local.control import turn
from homeport.local.control.changes import Unit
from homeport.local.control.world import (
    apigatewayv2,
    cloudfront,
    cognitoidp,
    ecr,
    ecs,
    elasticache,
    elbv2,
    events,
    lambda_,
    logs,
    rds,
    scheduler,
)
from homeport.local.ports import Ports

log = logging.getLogger(__name__)
DEBOUNCE_SECONDS, DEBOUNCE_MAX_SECONDS = 0.05, 0.5
READERS: dict[str, ModuleType] = {
    "apigatewayv2": apigatewayv2,
    "cloudfront": cloudfront,
    "cognito-idp": cognitoidp,
    "ecr": ecr,
    "ecs": ecs,
    "elasticache": elasticache,
    "elbv2": elbv2,
    "events": events,
    "lambda": lambda_,
    "logs": logs,
    "rds": rds,
    "scheduler": scheduler,
}


class Feed:
    """The document and its revision. `mark` is called by API calls, `document` by the server; one thread rebuilds."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self.on_change: Callable[[], None] = lambda: None
        self._texts: dict[Unit, dict[str, str]] = {}  # unit → ARN → resource as JSON
        self._marked: set[Unit] = set()
        self._changed = threading.Condition()
        self._stopping = False
        self.revision = int(time.time() * 1000)
        self._document = b""
        self._thread = threading.Thread(target=self._follow, name="feed", daemon=True)

    def start(self) -> None:
        """Read everything, then follow the marks."""
        with turn.taken():
            self._rebuild(set(existing_units()))
        self._publish()
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def mark(self, units: frozenset[Unit], lazy: bool = False) -> None:
        """These units may have changed."""
        found = {unit for unit in units if unit.service in READERS}
        if found and not lazy:
            with self._changed:
                self._marked |= found
                self._changed.notify()

    def document(self) -> bytes:
        """`{"revision": N, "resources": […]}`."""
        return self._document

    def _follow(self) -> None:
        while (marked := self._wait()) is not None:
            with turn.taken():
                changed = self._rebuild(marked)
            if changed:
                self._publish()

    def _wait(self) -> set[Unit] | None:
        """Units marked until things are quiet; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._marked or self._stopping)
            deadline = time.monotonic() + DEBOUNCE_MAX_SECONDS
            while not self._stopping and time.monotonic() < deadline and self._changed.wait(DEBOUNCE_SECONDS):
                pass
            marked, self._marked = self._marked, set()
            return None if self._stopping else marked

    def _rebuild(self, units: set[Unit]) -> bool:
        changed = False
        for unit in units:
            try:
                texts = {resource.arn: _text(resource) for resource in read_unit(unit, self._ports)}
            except Exception:  # one odd object must not blind the data plane to everything else
                log.exception("feed: %s cannot be read; its last reading stays", unit)
                continue
            known = self._texts.get(unit, {})
            if texts != known:
                self._texts[unit] = texts
                changed = True
            for arn in known.keys() - texts.keys():
                self._ports.release(arn)
        return changed

    def _publish(self) -> None:
        self.revision += 1
        resources = ",\n".join(text for texts in self._texts.values() for text in texts.values())
        self._document = f'{{"revision": {self.revision}, "resources": [\n{resources}\n]}}'.encode()
        self.on_change()


def existing_units() -> Iterator[Unit]:
    """Units of the feed that have an object in moto's memory."""
    from moto.backends import get_backend

    for service in READERS:
        for account, regions in list(get_backend(service).items()):
            for region in list(regions.keys()):
                yield Unit(service, account, region)


def read_unit(unit: Unit, ports: Ports) -> Iterator[Any]:
    """Resources of one unit. Call with the turn taken."""
    from moto.backends import get_backend

    yield from READERS[unit.service].read(get_backend(unit.service)[unit.account][unit.region], ports)


def _text(resource: Any) -> str:
    return json.dumps(resource._asdict(), default=str)
