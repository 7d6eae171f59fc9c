"""What the parts observe → what the control plane is told: merged, only what changed, until it is heard."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from homeport.local.data.context import Observation
from homeport.local.data.feed import AWAY

log = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0


class Observer:
    """Keeps the newest observation of each resource and reports the difference."""

    def __init__(
        self,
        report: Callable[[Sequence[Observation]], Awaitable[None]],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._report, self._sleep = report, sleep
        self._known: dict[str, Observation] = {}  # everything said so far, for a control plane that lost it
        self._pending: dict[str, Observation] = {}
        self._wake = asyncio.Event()

    async def observe(self, observations: list[Observation]) -> None:
        """Take note; returns at once."""
        for seen in observations:
            known = self._known.get(seen.arn)
            if known is not None and all(known.state.get(key) == value for key, value in seen.state.items()):
                continue
            self._known[seen.arn] = _merged(known, seen)
            self._pending[seen.arn] = _merged(self._pending.get(seen.arn), seen)
        if self._pending:
            self._wake.set()

    def repeat(self) -> None:
        """Say everything again: the control plane has restarted."""
        self._pending = dict(self._known)
        self._wake.set()

    def forget(self, arns: set[str]) -> None:
        """Drop what need not be repeated any more: resources that are gone."""
        for arn in arns:
            self._known.pop(arn, None)

    @property
    def known(self) -> frozenset[str]:
        return frozenset(self._known)

    async def run(self) -> None:
        """Report for ever."""
        while True:
            await self._wake.wait()
            if not await self.flush():
                await self._sleep(PAUSE_SECONDS)

    async def flush(self) -> bool:
        """Report what is pending; False if the control plane did not take it, and it stays pending."""
        self._wake.clear()
        batch, self._pending = self._pending, {}
        if not batch:
            return True
        try:
            await self._report(list(batch.values()))
        except AWAY as error:
            log.debug("observations wait: %s", error)
            for arn, newer in self._pending.items():
                batch[arn] = _merged(batch.get(arn), newer)
            self._pending = batch
            self._wake.set()
            return False
        return True


def _merged(older: Observation | None, newer: Observation) -> Observation:
    return newer if older is None else replace(newer, state={**older.state, **newer.state})
