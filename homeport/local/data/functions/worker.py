"""One process of a function: started, given one invocation at a time, timed, killed.

Each invocation ends in exactly one way: the process answers, fails, exits, or runs out of time. Then the process polls
for the next one; if it does not, it is killed when its time is over, and nothing is lost, because an invocation counts
as begun only when the process has taken it.
"""

import asyncio
import json
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from homeport.local.data.functions import report
from homeport.local.data.functions.definition import Definition
from homeport.local.data.functions.journal import Journal
from homeport.local.data.functions.report import Failure, Usage
from homeport.local.data.functions.runtime_api import Invocation, RuntimeApi
from homeport.local.data.supervisor import Child, Command, Supervisor

MEMORY_EVERY_SECONDS = 0.1  # a peak is still there to be read later, and reading it takes as long as a small function


@dataclass(frozen=True)
class Answer:
    """How an invocation ended."""

    payload: bytes
    is_error: bool
    usage: Usage
    log_tail: bytes


@dataclass
class StartFailed(Exception):
    """The process cannot take invocations: `payload` is what the caller gets, if the process itself said so."""

    error_type: str
    payload: bytes = b""
    returncode: int | None = None  # it exited without a word
    log_stream: str = ""
    log_tail: bytes = b""

    def answer(self, request_id: str, timeout_seconds: float) -> bytes:
        """What the caller gets."""
        if self.payload:
            return self.payload
        if self.returncode is not None:
            return report.exited(request_id, self.returncode).payload()
        return report.timed_out(request_id, timeout_seconds).payload()

    @property
    def is_timeout(self) -> bool:
        return self.error_type == "Sandbox.Timedout"


class NotTaken(Exception):
    """The process was gone before it took the invocation: another one may."""


class Worker:
    """Listens to its process through the Runtime API (it is the API's Session)."""

    def __init__(self, definition: Definition, journal: Journal, scratch: Path) -> None:
        self.definition = definition
        self.journal = journal
        self.init_ms: float | None = None  # until the first invocation has reported it
        self.idle_since = 0.0
        self.on_exit: Callable[[Worker], None] = lambda worker: None
        self.address = ""
        self._scratch = scratch
        self._loop = asyncio.get_running_loop()
        self._api = RuntimeApi(self)
        self._child: Child | None = None
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._assigned: asyncio.Future[Invocation] = self._loop.create_future()
        self._current: Invocation | None = None
        self._outcome: asyncio.Future[tuple[bytes, Failure | None, bool]] | None = None
        self._begun = self._ended = 0.0
        self._deadline: asyncio.TimerHandle | None = None
        self._watch: asyncio.Task[None] | None = None
        self._killed = False
        self._memory_mb, self._memory_read = 0, -MEMORY_EVERY_SECONDS
        self.returncode: int | None = None

    @property
    def alive(self) -> bool:
        return self.returncode is None and not self._killed

    async def listen(self) -> str:
        """Opens the Runtime API; returns its address."""
        await self._api.start()
        return self._api.address

    async def start(self, supervisor: Supervisor, command: Command, limit_seconds: float) -> None:
        """Returns when the process asks for work; raises StartFailed when it will not."""
        begun = time.perf_counter()
        try:
            self._child = supervisor.start(command, self.journal.take)
        except OSError as error:
            message = f"{command.argv[0]}: {error.strerror or error}"
            failure = Failure("Runtime.InvalidEntrypoint", message)
            raise StartFailed(failure.error_type, failure.payload()) from error
        finally:
            self.journal.started()
        self._watch = self._loop.create_task(self._watch_exit(self._child))
        try:
            async with asyncio.timeout(limit_seconds):
                await asyncio.shield(self._ready)
        except TimeoutError as error:
            await self._fail_start(begun, "timeout")
            raise StartFailed("Sandbox.Timedout") from error
        except StartFailed as error:
            await self._fail_start(begun, f"error\tError Type: {error.error_type}")
            raise
        self.init_ms = (time.perf_counter() - begun) * 1000

    async def invoke(self, invocation: Invocation) -> Answer:
        """Gives the process an invocation; raises NotTaken if it was gone before it took it."""
        if not self.alive or self._assigned.done():
            raise NotTaken
        self._outcome = self._loop.create_future()
        self._assigned.set_result(invocation)
        payload, failure, is_error = await self._outcome
        usage = Usage((self._ended - self._begun) * 1000, self._memory_mb, self.init_ms)
        self.init_ms = None
        self._write_end(invocation.request_id, usage, failure)
        return Answer(payload, is_error, usage, self.journal.tail())

    async def stop(self) -> None:
        """Kills the process if it is there, and removes what was its own."""
        await self._kill_and_wait()
        await self._api.stop()
        self.journal.close()
        await asyncio.to_thread(shutil.rmtree, self._scratch, ignore_errors=True)

    # What the process tells (Session)

    async def next(self) -> Invocation:
        self._disarm()
        if not self._ready.done():
            self._ready.set_result(None)
        if self._current is not None and self._outcome and not self._outcome.done():
            self._end(b"null", None, is_error=False)  # asked for more without having answered
        invocation = await asyncio.shield(self._assigned)
        self._assigned = self._loop.create_future()
        self._current = invocation
        self._begun = time.perf_counter()
        self._deadline = self._loop.call_later(self.definition.timeout_seconds, self._run_out)
        self.journal.begin_tail()
        self.journal.write(report.start_line(self.definition, invocation.request_id))
        deadline = time.time() + self.definition.timeout_seconds
        return replace(invocation, deadline_ms=int(deadline * 1000))

    def answered(self, request_id: str, payload: bytes, *, is_error: bool) -> bool:
        if self._current is None or self._current.request_id != request_id:
            return False
        self._end(payload, None, is_error=is_error)
        return True

    def answered_too_much(self, request_id: str) -> None:
        if self._current and self._current.request_id == request_id:
            self._fail(report.too_large())

    def failed_to_start(self, payload: bytes) -> None:
        if not self._ready.done():
            self._ready.set_exception(StartFailed(_error_type(payload), payload))

    # How invocations end

    def _end(self, payload: bytes, failure: Failure | None, *, is_error: bool) -> None:
        self._current = None
        self._ended = time.perf_counter()
        if self._ended - self._memory_read >= MEMORY_EVERY_SECONDS:
            self._memory_read = self._ended
            self._memory_mb = max(self._memory_mb, self._memory_used_mb())
        self.journal.drain()
        if self._outcome and not self._outcome.done():
            self._outcome.set_result((payload, failure, is_error))

    def _fail(self, failure: Failure) -> None:
        self._end(failure.payload(), failure, is_error=True)

    def _run_out(self) -> None:
        """The time is over: of the invocation, or of a process that answered and then did not come back."""
        if self._current:
            self._fail(report.timed_out(self._current.request_id, self.definition.timeout_seconds))
        self._kill()

    def _disarm(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    async def _watch_exit(self, child: Child) -> None:
        self.returncode = await asyncio.shield(child.exited)
        self._disarm()
        self.journal.drain()
        if not self._ready.done():
            self._ready.set_exception(StartFailed("Runtime.ExitError", returncode=self.returncode))
            self._ready.exception()  # nobody may be waiting any more
        if self._current:
            self._fail(report.exited(self._current.request_id, self.returncode))
        elif self._outcome and not self._outcome.done():
            self._outcome.set_exception(NotTaken())
        self.on_exit(self)

    async def _fail_start(self, begun: float, status: str) -> None:
        await self._kill_and_wait()
        self.journal.write(report.init_report_line(self.definition, (time.perf_counter() - begun) * 1000, status))
        await self.stop()

    def _kill(self) -> None:
        if self._child and self.alive:
            self._killed = True
            self._child.send(signal.SIGKILL)

    async def _kill_and_wait(self) -> None:
        self._kill()
        if self._watch:
            await asyncio.wait([self._watch])

    def _write_end(self, request_id: str, usage: Usage, failure: Failure | None) -> None:
        write, definition = self.journal.write, self.definition
        if failure and (line := report.failure_line(definition, request_id, failure, datetime.now(UTC))):
            write(line)
        if note := report.memory_note(definition, usage):
            write(note)
        for line in report.end_lines(definition, request_id, usage, failure):
            write(line)

    def _memory_used_mb(self) -> int:
        """Peak of the process; one that has exited leaves none behind."""
        try:
            status = Path(f"/proc/{self._child.pid if self._child else 0}/status").read_text()
        except OSError:
            return 0
        kilobytes = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")), "0")
        return -(-int(kilobytes) // 1024)


def _error_type(payload: bytes) -> str:
    try:
        return str(json.loads(payload).get("errorType") or "Runtime.Unknown")
    except (ValueError, AttributeError):
        return "Runtime.Unknown"
