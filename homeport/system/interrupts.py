"""Ctrl-C, SIGTERM and SIGHUP as one KeyboardInterrupt that cannot get lost.

Python raises it wherever the main thread happens to be. Where exceptions are ignored (callbacks of a fork, finalisers)
it would be gone without a trace, so it is raised again until somebody says that it was heard.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

AGAIN_SECONDS = 0.2
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)


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
    raise KeyboardInterrupt
