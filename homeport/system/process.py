"""Long-lived child processes of the command line: started in a session of their own, stopped with patience."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from homeport.system import interrupts

PR_SET_PDEATHSIG = 1  # linux/prctl.h

_children: dict[
    int, subprocess.Popen[bytes]
] = {}  # our own, so that they are reaped through the object that knows them


def start(command: Sequence[str], *, log: Path, environment: Mapping[str, str], dies_with_us: bool) -> int:
    """Start in a new session, output appended to `log`; its process id.

    With `dies_with_us`, SIGTERM reaches it if we are killed (Linux).
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output, interrupts.held():
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
            preexec_fn=_ask_for_sigterm if dies_with_us and os.uname().sysname == "Linux" else None,
        )
        _children[child.pid] = child
    return child.pid


def exit_code(pid: int) -> int | None:
    """Exit code of a child that `start` started, None while it runs."""
    return _children[pid].poll()


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return False
    try:  # no /proc: macOS
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def stop(pid: int, *, timeout_seconds: float, clock: Callable[[], float] = time.monotonic) -> bool:
    """SIGTERM, then SIGKILL after the timeout. True if it left by itself."""
    if not _send(pid, signal.SIGTERM):
        return True
    deadline = clock() + timeout_seconds
    while clock() < deadline:
        _reap(pid)
        if not is_alive(pid):
            return True
        time.sleep(0.02)
    _send(pid, signal.SIGKILL)
    if child := _children.get(pid):
        child.wait()
    return False


def _send(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def _reap(pid: int) -> None:
    if child := _children.get(pid):
        child.poll()


def _ask_for_sigterm() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
