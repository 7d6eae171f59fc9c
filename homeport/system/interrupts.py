"""Ctrl-C, SIGTERM and SIGHUP as one KeyboardInterrupt that cannot get lost.

Python raises it wherever the main thread happens to be. Where exceptions are ignored (finalisers) it would be gone
without a trace, so it is raised again until somebody says that it was heard. It waits where it would do harm: in the
callbacks of a fork, where it would leave `logging` with its lock taken, and while a program is started (`held`), which
would go on without anybody who knows of it.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

AGAIN_SECONDS = 0.2
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)

_held = 0  # blocks of the main thread that are not to be interrupted


@contextmanager
def interruptible() -> Iterator[None]:
    """In this block, each of these signals interrupts. For the main thread only."""
    before = {number: signal.signal(number, _interrupt) for number in SIGNALS}
    try:
        yield
    finally:
        heard()
        for number, handler in before.items():
            signal.signal(number, handler)


def heard() -> None:
    """The interrupt has been caught and is being acted upon."""
    signal.setitimer(signal.ITIMER_REAL, 0)


@contextmanager
def held() -> Iterator[None]:
    """In this block an interrupt waits; it comes a moment after its end."""
    _hold(1)
    try:
        yield
    finally:
        _hold(-1)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if number != signal.SIGALRM and signal.getitimer(signal.ITIMER_REAL)[0]:
        return  # an impatient second one: the first was just raised, and comes again by itself unless it is heard
    signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS)
    if not _held:
        raise KeyboardInterrupt


def _hold(change: int) -> None:
    global _held
    if threading.current_thread() is threading.main_thread():  # no other thread is interrupted
        _held += change


# Of all callbacks, the one registered last is called first before a fork and last after it.
os.register_at_fork(before=lambda: _hold(1), after_in_parent=lambda: _hold(-1))
