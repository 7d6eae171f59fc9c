"""A graph of tasks and several workers → all tasks done, or the first failure, in words."""

import threading
import time
from collections.abc import Callable
from contextlib import closing

from homeport.errors import HomeportError
from homeport.postgres.copy.graph import Graph, Task
from homeport.postgres.copy.wire import ConnectionLost, ServerError
from homeport.postgres.copy.worker import Worker
from homeport.postgres.server import Lost

ATTEMPTS = 3
TICK_SECONDS = 0.25
# A session that was ended, a deadlock, a server out of connections: another session may well succeed.
PASSING = ("08", "40", "53300", "57P01", "57P02", "57P05")
CAUSES = {
    "53100": "free or add disk on the target, then start again",
    "53200": "give the target more memory, or use fewer --jobs",
    "42501": "the role may not do this; homeport db check says which rights are missing",
    "23505": "rows on the source break this key (its index may be damaged there): mend them, then start again",
}


class Crew:
    """Threads that take tasks until none is left. `prepare` may say what a task does at the moment it starts."""

    def __init__(self, graph: Graph, make: Callable[[], Worker], finished: Callable[[Task, int], None]) -> None:
        self._graph, self._make, self._finished = graph, make, finished
        self._changed = threading.Condition()
        self._attempts: dict[str, int] = {}
        self._failure: BaseException | None = None
        self._at_work = 0
        self._over = threading.Event()  # apart from `_changed`: who waits for the end is not woken by every task
        self.prepare: Callable[[Task], Task] = lambda task: task
        self.running: set[str] = set()

    @property
    def failed(self) -> bool:
        return self._failure is not None

    def run(self, jobs: int, tick: Callable[[], None]) -> None:
        """Return when every task is done. `tick` is called a few times a second and at the end; it may raise."""
        threads = [threading.Thread(target=self._labour, name=f"copy {number}", daemon=True) for number in range(jobs)]
        self._at_work = jobs
        for thread in threads:
            thread.start()
        try:
            while not self._over.wait(TICK_SECONDS):
                if self._failure is None:
                    tick()
        except BaseException as error:
            self._give_up(error)
            raise
        tick()  # tells that all is done; or, if the source is gone, raises what is a better answer
        if self._failure:
            raise self._failure

    def _labour(self) -> None:
        try:
            with closing(self._make()) as worker:
                while taken := self._take():
                    task, alone = taken
                    try:
                        size = worker.run(self.prepare(task), alone=alone)
                    except (ConnectionLost, ServerError) as error:
                        self._again(task, error)
                    else:
                        self._finish(task, size)
        except BaseException as error:
            self._give_up(error)
        finally:
            with self._changed:
                self._at_work -= 1
                if not self._at_work:
                    self._over.set()

    def _take(self) -> tuple[Task, bool] | None:
        """A task, and whether no other could start now."""
        with self._changed:
            while self._failure is None and len(self._graph):
                if task := self._graph.take():
                    self.running.add(task.name)
                    return task, not self._graph.ready
                self._changed.wait()
            return None

    def _finish(self, task: Task, size: int) -> None:
        self._finished(task, size)
        with self._changed:
            self.running.discard(task.name)
            self._graph.finish(task)
            self._changed.notify_all()

    def _again(self, task: Task, error: ConnectionLost | ServerError) -> None:
        """Put a task back whose failure may have passed; give up if it fails again and again."""
        code = error.code if isinstance(error, ServerError) else "08"
        count = self._attempts[task.name] = self._attempts.get(task.name, 0) + 1
        if count >= ATTEMPTS or not code.startswith(PASSING):
            kind = Lost if code.startswith(PASSING) else HomeportError
            raise kind(f"{task.name}: {error}", CAUSES.get(code, "start again when this is mended")) from None
        time.sleep(0.2 * count)
        with self._changed:
            self.running.discard(task.name)
            self._graph.give_back(task)
            self._changed.notify_all()

    def _give_up(self, error: BaseException) -> None:
        with self._changed:
            self._failure = self._failure or error
            self._changed.notify_all()
