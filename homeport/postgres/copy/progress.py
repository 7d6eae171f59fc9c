"""What is done and what is left → a share, and a remaining time that may be believed. Pure but for its clock."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

BELIEVABLE_SHARE, BELIEVABLE_SECONDS = 0.03, 3.0  # before that, no remaining time is told


@dataclass(frozen=True)
class Progress:
    step: str
    bytes: int  # of rows, as they passed
    bytes_expected: int
    tasks: int
    tasks_total: int
    share: float  # of the whole work, 0 to 1
    remaining_seconds: float | None
    paused: str | None = None  # why


class Meter:
    """Counts from all threads. Work is weighed by each task's cost; the rows on their way by their bytes."""

    def __init__(
        self, costs: dict[str, float], bytes_on_disk: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock, self._began = clock, clock()
        self._costs, self._total = dict(costs), sum(costs.values()) or 1.0
        self._tasks = len(costs)
        self._rows_cost = sum(cost for name, cost in costs.items() if name.startswith("rows "))
        self._bytes_on_disk = bytes_on_disk
        self._lock = threading.Lock()
        self._done = self._rows_done = 0.0
        self._paused_seconds = 0.0
        self.bytes = self._bytes_finished = 0

    def passed(self, size: int) -> None:
        self.bytes += size  # from several threads: a lost count would only blur a display

    def finished(self, task: str, size: int = 0) -> None:
        with self._lock:
            cost = self._costs.pop(task, 0.0)
            self._done += cost
            if task.startswith("rows "):
                self._rows_done += cost
                self._bytes_finished += size

    def waited(self, seconds: float) -> None:
        """Paused: this time says nothing about speed."""
        self._paused_seconds += seconds

    def read(self, step: str, paused: str | None = None) -> Progress:
        expected = self._expected()
        under_way = max(self.bytes - self._bytes_finished, 0) / max(expected, 1) * self._rows_cost
        rows = min(self._rows_done + under_way, self._rows_cost)
        share = min((self._done - self._rows_done + rows) / self._total, 1.0)
        elapsed = self._clock() - self._began - self._paused_seconds
        known = share >= BELIEVABLE_SHARE and elapsed >= BELIEVABLE_SECONDS
        remaining = elapsed * (1 - share) / share if known else None
        count = self._tasks - len(self._costs)
        return Progress(step, self.bytes, max(expected, self.bytes), count, self._tasks, share, remaining, paused)

    def _expected(self) -> int:
        """Bytes of all rows: from what they weigh on disk, corrected by what the finished ones turned out to be."""
        if not self._rows_cost or self._rows_done < BELIEVABLE_SHARE * self._rows_cost:
            return self._bytes_on_disk
        return int(self._bytes_finished * self._rows_cost / self._rows_done)
