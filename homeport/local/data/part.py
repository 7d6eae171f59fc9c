"""Runs one part of the data plane: tells it each new World, and tries again by itself when it fails."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from homeport.local.data.context import Live, Part, World
from homeport.system.waiting import wait_for_event

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0


class PartRunner:
    """One part on its own: a mistake in it neither stops nor delays the others."""

    def __init__(self, name: str, part: Part) -> None:
        self.name, self.part = name, part
        self._world: World | None = None
        self._news = asyncio.Event()
        self._pause = FIRST_PAUSE_SECONDS

    def offer(self, world: World) -> None:
        """A newer World; the part skips those that it was too slow for."""
        self._world = world
        self._news.set()

    async def run(self, wait: Callable[[asyncio.Event, float | None], Awaitable[None]] | None = None) -> None:
        """Reconcile for ever. `wait` waits for news, or for the time that a failed part has to pause."""
        pause: float | None = None
        while True:
            await (wait or _wait)(self._news, pause)
            self._news.clear()
            pause = await self._reconcile()

    async def stop(self, timeout_seconds: float) -> None:
        try:
            await asyncio.wait_for(self.part.stop(), timeout_seconds)
        except TimeoutError:
            log.error("%s did not stop within %.0f s", self.name, timeout_seconds)
        except Exception:
            log.exception("%s failed to stop", self.name)

    def live(self) -> list[Live]:
        try:
            return self.part.live()
        except Exception:
            log.exception("%s cannot say what is live", self.name)
            return []

    async def _reconcile(self) -> float | None:
        """None if it went well, else the pause until the next try."""
        if self._world is None:
            return None
        try:
            await self.part.reconcile(self._world)
        except Exception:
            pause, self._pause = self._pause, min(2 * self._pause, LONGEST_PAUSE_SECONDS)
            log.exception("%s failed; again in %.1f s", self.name, pause)
            return pause
        self._pause = FIRST_PAUSE_SECONDS
        return None


async def _wait(news: asyncio.Event, pause: float | None) -> None:
    await wait_for_event(news, pause)
