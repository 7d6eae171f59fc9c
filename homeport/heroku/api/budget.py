"""How many calls may be made, and how fast: Heroku's limit, kept from this side so that it is never met.

Heroku counts 4,500 calls an account, refilled by 75 a minute (dev center, "Platform API limits"). The same is counted
here for all four hosts, corrected by each `RateLimit-Remaining`; the last calls are left to the people of the account.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

CAPACITY = 4500
PER_SECOND = 75 / 60
RESERVE = 100
AT_ONCE = 8


class Budget:
    """Calls left. `made` and `waited_seconds` are for the report."""

    def __init__(
        self,
        *,
        capacity: int = CAPACITY,
        at_once: int = AT_ONCE,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.left = float(capacity)
        self.made = 0
        self.waited_seconds = 0.0
        self.places = asyncio.Semaphore(at_once)
        self._capacity = float(capacity)
        self._clock, self._sleep = clock, sleep
        self._at = clock()
        self._gate = asyncio.Lock()  # who waits for the refill, waits alone: the others queue behind

    async def take(self) -> None:
        """Take one call, when there is one."""
        async with self._gate:
            self._refill()
            reserve = min(RESERVE, self._capacity / 10)
            if self.left < reserve + 1:
                await self.wait((reserve + 1 - self.left) / PER_SECOND)
                self._refill()
            self.left -= 1
            self.made += 1

    async def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.waited_seconds += seconds
        await self._sleep(seconds)

    def learn(self, remaining: int) -> None:
        """What Heroku says is left: others use the account too."""
        self._refill()
        self.left = min(self.left, float(remaining))

    def _refill(self) -> None:
        now = self._clock()
        self.left = min(self._capacity, self.left + (now - self._at) * PER_SECOND)
        self._at = now
