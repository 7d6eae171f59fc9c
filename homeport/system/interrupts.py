"""Ctrl-C, SIGTERM and SIGHUP as one KeyboardInterrupt that cannot get lost.

Python raises it wherever the main thread happens to be. Where exceptions are ignored (finalisers) it would be gone
without a trace, so it is raised again until somebody says that it was heard. In the callbacks of a fork it waits:
raised there, it would leave `logging` with its lock taken.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

AGAIN_SECONDS = 0.2
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)

_forking = False


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


def _interrupt(number: int, frame: FrameType | None) -> None:
    signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS)
    if not _forking:
        raise KeyboardInterrupt


def _set_forking(forking: bool) -> None:
    global _forking
    _forking = forking


# Of all callbacks, the one registered last is called first before a fork and last after it.
os.register_at_fork(before=lambda: _set_forking(True), after_in_parent=lambda: _set_forking(False))
