"""Tasks that wait for each other → each run once, several at a time, what matters most first.

Pure: `Graph` knows what may start now; who runs it is the caller's business. Costs nothing per waiting task.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """`name` is unique and stays the same from run to run; `cost` is in seconds, roughly; low ranks go first."""

    name: str
    statements: tuple[str, ...] = ()  # what runs on the target, each committed by itself
    after: tuple[str, ...] = ()
    cost: float = 0.0
    rank: int = 1


class Graph:
    def __init__(self, tasks: Iterable[Task], done: Iterable[str] = ()) -> None:
        """What is in `done` counts as finished; an `after` that names no task counts as finished too."""
        finished = set(done)
        self._tasks = {task.name: task for task in tasks if task.name not in finished}
        self._missing: dict[str, int] = {}
        self._next: dict[str, list[str]] = defaultdict(list)
        self._ready: list[tuple[int, float, str]] = []
        self._ahead: dict[str, float] = {}
        for task in self._tasks.values():
            waits = {name for name in task.after if name in self._tasks}
            self._missing[task.name] = len(waits)
            for name in waits:
                self._next[name].append(task.name)
        self._look_ahead()
        for task in self._tasks.values():
            if not self._missing[task.name]:
                self._push(task)

    def __len__(self) -> int:
        """How many tasks are not finished."""
        return len(self._tasks)

    @property
    def ready(self) -> int:
        """How many could start now."""
        return len(self._ready)

    def take(self) -> Task | None:
        """The task to start now: of the lowest rank the one that most waits for; None if all others wait."""
        return self._tasks[heapq.heappop(self._ready)[2]] if self._ready else None

    def give_back(self, task: Task) -> None:
        """It was taken and did not happen."""
        self._push(task)

    def finish(self, task: Task) -> None:
        del self._tasks[task.name]
        for name in self._next.pop(task.name, ()):
            self._missing[name] -= 1
            if not self._missing[name]:
                self._push(self._tasks[name])

    def _push(self, task: Task) -> None:
        heapq.heappush(self._ready, (task.rank, -self._ahead[task.name], task.name))

    def _look_ahead(self) -> None:
        """For each task its cost and that of the costliest chain that waits for it: the longest chain starts first."""
        missing = dict(self._missing)
        order = [name for name, count in missing.items() if not count]
        for name in order:  # grows as it is read
            for other in self._next.get(name, ()):
                missing[other] -= 1
                if not missing[other]:
                    order.append(other)
        for name in reversed(order):
            after = max((self._ahead[other] for other in self._next.get(name, ())), default=0.0)
            self._ahead[name] = self._tasks[name].cost + after
