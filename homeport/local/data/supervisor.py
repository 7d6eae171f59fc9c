"""Child processes of the data plane: started in a session of their own, listened to, and stopped with patience.

Every child is written to the ledger, dies when the data plane is killed (Linux), and can never block on its output:
whoever asked for the output is called with each piece as it comes. Start children from the event loop's thread only:
the kernel ties a child's life to the *thread* that made it.
"""

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from homeport.local import ledger
from homeport.local.home import Home

log = logging.getLogger(__name__)

PIECE_BYTES = 65536
PR_SET_PDEATHSIG = 1  # linux/prctl.h

Output = Callable[[bytes], None]  # called with each piece of output, and with b"" at its end

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class User:
    """Whose rights a child gets; only root can give others than its own."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Command:
    """What to start. `death_signal` reaches it if the data plane is killed; `what` names it in the ledger."""

    argv: Sequence[str]
    what: str
    environment: Mapping[str, str]
    cwd: Path | None = None
    user: User | None = None
    death_signal: int = signal.SIGKILL
    pass_fds: tuple[int, ...] = ()


class Child(Protocol):
    """A started process. `exited` is done when it has ended: its exit code, negative for a signal."""

    pid: int
    exited: asyncio.Future[int]

    def send(self, number: int) -> None:
        """Signal its whole process group."""


Start = Callable[[Command, Output, Output], Child]


@dataclass
class Supervisor:
    """Starts children for one home. `start` and `sleep` are arguments so that tests need neither processes nor time."""

    home: Home
    start_process: Start
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    children: dict[int, Child] = field(default_factory=dict)

    def start(self, command: Command, stdout: Output, stderr: Output | None = None) -> Child:
        """Start a child; OSError if that is impossible. Without `stderr`, both outputs go to `stdout`."""
        child = self.start_process(command, stdout, stderr or stdout)
        self.children[child.pid] = child
        try:
            ledger.record(self.home, child.pid, command.what, stop_signal=command.death_signal)
        except OSError:  # a full disk: what cannot be written down must not run
            child.send(signal.SIGKILL)
            raise
        child.exited.add_done_callback(lambda _: self._forget(child))
        return child

    async def stop(self, child: Child, timeout_seconds: float, *, number: int = signal.SIGTERM) -> bool:
        """Ask the child to end, then kill its group after the timeout. True if it left by itself."""
        patience: asyncio.Future[Any] = asyncio.ensure_future(self.sleep(timeout_seconds))
        child.send(number)
        try:
            await asyncio.wait([child.exited, patience], return_when=asyncio.FIRST_COMPLETED)
        finally:
            patience.cancel()
            left = child.exited.done()
            child.send(signal.SIGKILL)
        await asyncio.shield(child.exited)
        return left

    def _forget(self, child: Child) -> None:
        self.children.pop(child.pid, None)
        ledger.forget(self.home, child.pid)


def supervise(home: Home) -> Supervisor:
    """A supervisor of real processes."""
    return Supervisor(home, start_process)


def start_process(command: Command, stdout: Output, stderr: Output) -> Child:
    """Start a real process; call in the event loop's thread."""
    return _Process(command, stdout, stderr)


class _Process:
    def __init__(self, command: Command, stdout: Output, stderr: Output) -> None:
        loop = asyncio.get_running_loop()
        self.exited: asyncio.Future[int] = loop.create_future()
        pipes = [os.pipe(), os.pipe()]
        try:
            self._popen = _popen(command, pipes[0][1], pipes[1][1])
        except BaseException:
            for reading, _ in pipes:
                os.close(reading)
            raise
        finally:
            for _, writing in pipes:
                os.close(writing)
        self.pid = self._popen.pid
        self._pumps = [
            _Pump(loop, reading, output) for (reading, _), output in zip(pipes, (stdout, stderr), strict=True)
        ]
        _watch_exit(loop, self.pid, self._ended)

    def send(self, number: int) -> None:
        if self._popen.returncode is None:  # else the number may be somebody else's by now
            _kill_group(self.pid, number)

    def _ended(self) -> None:
        """Called between the child's end and its burial, while its number is still its own."""
        _kill_group(self.pid, signal.SIGKILL)  # as the end of process 1 ends a container
        code = self._popen.wait()
        for pump in self._pumps:
            pump.finish()
        if not self.exited.done():
            self.exited.set_result(code)


def _popen(command: Command, stdout: int, stderr: int) -> subprocess.Popen[bytes]:
    user = command.user
    return subprocess.Popen(
        list(command.argv),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        cwd=command.cwd,
        env=dict(command.environment),
        start_new_session=True,
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=() if user else None,
        pass_fds=command.pass_fds,
        preexec_fn=_settle(command.death_signal, os.getpid()),
    )


def _settle(death_signal: int, parent: int) -> Callable[[], None] | None:
    """What the child calls before it becomes its program. Runs after the change of user, which would undo it.

    SCHED_BATCH (sched(7)): its waking up takes the processor from nobody. Else the gateway loses it with each request
    that it hands on.
    """
    libc = _libc
    if libc is None:
        return None

    def settle() -> None:
        libc.prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:  # killed in between
            os._exit(1)
        with contextlib.suppress(OSError):  # a container that forbids it
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))

    return settle


def _kill_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _watch_exit(loop: asyncio.AbstractEventLoop, pid: int, ended: Callable[[], None]) -> None:
    """Call `ended` in the loop's thread when the process has ended and before its number is free again."""
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):  # not Linux, or too old a kernel: a thread waits
        threading.Thread(target=_wait_exit, args=(loop, pid, ended), daemon=True).start()
        return

    def readable() -> None:
        loop.remove_reader(descriptor)
        os.close(descriptor)
        ended()

    loop.add_reader(descriptor, readable)


def _wait_exit(loop: asyncio.AbstractEventLoop, pid: int, ended: Callable[[], None]) -> None:
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    with contextlib.suppress(RuntimeError):  # the loop has closed
        loop.call_soon_threadsafe(ended)


class _Pump:
    """Reads a pipe as fast as it fills."""

    def __init__(self, loop: asyncio.AbstractEventLoop, descriptor: int, output: Output) -> None:
        self._loop, self._descriptor, self._output = loop, descriptor, output
        self._open = True
        os.set_blocking(descriptor, False)
        loop.add_reader(descriptor, self._readable)

    def finish(self) -> None:
        """Take what is in the pipe and close it, even if a grandchild still holds the other end."""
        for _ in range(64):  # a grandchild that never stops writing does not hold us up
            if not self._open or not self._read():
                break
        self._close()

    def _readable(self) -> None:
        self._read()

    def _read(self) -> bool:
        try:
            piece = os.read(self._descriptor, PIECE_BYTES)
        except BlockingIOError:
            return False
        except OSError:
            piece = b""
        if not piece:
            self._close()
            return False
        self._say(piece)
        return True

    def _close(self) -> None:
        if self._open:
            self._open = False
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._say(b"")

    def _say(self, piece: bytes) -> None:
        try:
            self._output(piece)
        except Exception:  # a full disk, say: the child goes on, and its end is still noticed
            log.exception("output of a child is lost")
