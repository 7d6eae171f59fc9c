"""The processes of one version of a function: one invocation each, started when none is idle, drained when replaced.

An invocation that waits for a cold start takes whichever process is ready first, a new one or one that became idle, as
on AWS.
"""

import asyncio
import signal
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine

from homeport.local.data.functions.runtime_api import Invocation
from homeport.local.data.functions.worker import Answer, NotTaken, StartFailed, Worker

ATTEMPTS_MAX = 3  # processes that end between two invocations before the function is called broken

StartWorker = Callable[[], Awaitable[Worker]]


class Pool:
    """`slots` bounds the cold starts of the whole machine at one time."""

    def __init__(self, start: StartWorker, slots: asyncio.Semaphore, clock: Callable[[], float]) -> None:
        self._start = start
        self._slots = slots
        self._clock = clock
        self._idle: list[Worker] = []  # the last used is used first, so that the rest can be reaped
        self._waiting: deque[asyncio.Future[Worker]] = deque()
        self._workers: set[Worker] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._starts: set[asyncio.Task[None]] = set()  # the ones of `_tasks` that start a process
        self._starting = 0
        self._retired = False

    @property
    def size(self) -> int:
        return len(self._workers)

    async def invoke(self, invocation: Invocation) -> Answer:
        """Raises StartFailed when no process could be started."""
        for _ in range(ATTEMPTS_MAX):
            worker = await self._acquire()
            try:
                return await worker.invoke(invocation)
            except NotTaken:
                continue
            finally:
                self._release(worker)
        raise StartFailed("Runtime.ExitError", returncode=0)

    def reap(self, idle_seconds: float) -> None:
        """Stops what has been idle for that long."""
        now = self._clock()
        self._stop_workers([worker for worker in self._idle if now - worker.idle_since >= idle_seconds])

    def retire(self) -> None:
        """No process outlives its present invocation."""
        self._retired = True
        self._stop_workers(list(self._idle))

    async def stop(self) -> None:
        """Kills everything, busy or not."""
        self._retired = True
        for task in self._starts:
            task.cancel()
        while waiter := self._next_waiter():
            waiter.set_exception(StartFailed("Runtime.ExitError", returncode=-signal.SIGKILL))
        self._stop_workers(list(self._workers))
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _acquire(self) -> Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
        waiter: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        self._start_missing()
        return await waiter

    def _release(self, worker: Worker) -> None:
        if not worker.alive:
            return
        if waiter := self._next_waiter():
            waiter.set_result(worker)
        elif self._retired:
            self._stop_workers([worker])
        else:
            worker.idle_since = self._clock()
            self._idle.append(worker)

    def _next_waiter(self) -> asyncio.Future[Worker] | None:
        while self._waiting:
            if not (waiter := self._waiting.popleft()).done():
                return waiter
        return None

    def _start_missing(self) -> None:
        while self._starting < len(self._waiting):
            self._starting += 1
            task = self._spawn(self._start_one())
            self._starts.add(task)
            task.add_done_callback(self._starts.discard)

    async def _start_one(self) -> None:
        try:
            async with self._slots:
                if not self._waiting:
                    return  # served meanwhile by processes that became idle
                worker = await self._start()
        except StartFailed as error:
            if waiter := self._next_waiter():
                waiter.set_exception(error)
            return
        finally:
            self._starting -= 1
        self._workers.add(worker)
        worker.on_exit = self._forget
        if worker.alive:
            self._release(worker)
        else:  # gone between its first poll and now
            self._forget(worker)
            if waiter := self._next_waiter():
                waiter.set_exception(StartFailed("Runtime.ExitError", returncode=worker.returncode or 0))

    def _forget(self, worker: Worker) -> None:
        """A process has ended by itself or by us: what was its own goes too."""
        if worker in self._workers:
            self._stop_workers([worker])

    def _stop_workers(self, workers: list[Worker]) -> None:
        for worker in workers:
            self._workers.discard(worker)
            if worker in self._idle:
                self._idle.remove(worker)
            self._spawn(worker.stop())

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
