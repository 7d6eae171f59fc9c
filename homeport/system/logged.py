"""Runs a program whose output is followed line by line, and which must be allowed to finish what it began.

The output goes through a file, not a pipe: if this process is killed, the program does not die of writing to nobody.
"""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from homeport.system import interrupts

PR_SET_PDEATHSIG = 1  # linux/prctl.h
POLL_SECONDS = 0.05
_LIBC = ctypes.CDLL(None)


@dataclass(frozen=True)
class Finished:
    """How a program ended: its exit code (negative: a signal), and whether the user had interrupted it."""

    code: int
    interrupted: bool


def run_logged(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    log: Path,
    on_line: Callable[[str], None],
    on_start: Callable[[int], None] = lambda _: None,
) -> Finished:
    """Run in a session of its own, with stdout and stderr in `log`; each line goes to `on_line` as it comes.

    Ctrl-C is passed on as SIGINT each time, and the program is waited for: it decides what must still be written.
    If we are killed, it gets SIGINT too (Linux).
    """
    with log.open("wb") as output, log.open("r", errors="replace") as lines:
        log.chmod(0o600)
        child = None
        try:
            with interrupts.held():
                child = subprocess.Popen(
                    command,
                    cwd=folder,
                    env=dict(environment),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=_ask_for_sigint if os.uname().sysname == "Linux" else None,
                )
            on_start(child.pid)
            return _follow_to_the_end(child, lines, on_line)
        finally:
            if child and child.poll() is None:  # on_line or on_start raised, or an interrupt came
                child.send_signal(signal.SIGINT)
                child.wait()


def _follow_to_the_end(child: subprocess.Popen[bytes], lines: IO[str], on_line: Callable[[str], None]) -> Finished:
    interrupted = False
    while True:
        try:
            _follow(child, lines, on_line)
            return Finished(child.returncode, interrupted)
        except KeyboardInterrupt:
            interrupts.heard()
            interrupted = True
            if child.poll() is None:
                child.send_signal(signal.SIGINT)


def _follow(child: subprocess.Popen[bytes], lines: IO[str], on_line: Callable[[str], None]) -> None:
    partial = ""
    while True:
        ended = child.poll() is not None  # asked before reading, so that nothing is missed
        while text := lines.readline():
            partial += text
            if partial.endswith("\n"):
                line, partial = partial.rstrip("\n"), ""
                on_line(line)
        if ended:
            if partial:
                on_line(partial)
            return
        time.sleep(POLL_SECONDS)


def _ask_for_sigint() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell has jobs in the background ignore it, and so would it
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGINT)
