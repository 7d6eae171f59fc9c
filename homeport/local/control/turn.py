"""One API call at a time: moto's objects are not safe for threads, and a saved state must not be torn.

Every call holds the turn while it works on moto's objects, and gives it up while it waits for something outside (a
message to come, a function to answer). Nothing is lost by it: under one interpreter lock no two calls ever ran at once.
"""

import contextlib
import threading
from collections.abc import Iterator

_lock = threading.Lock()
_holder: int | None = None


@contextlib.contextmanager
def taken() -> Iterator[None]:
    """Hold the turn; waits for it. Not reentrant."""
    acquire()
    try:
        yield
    finally:
        release()


@contextlib.contextmanager
def given_up() -> Iterator[None]:
    """Give the turn up while waiting, and take it again. Outside of a call (in tests) there is none to give up."""
    if _holder != threading.get_ident():
        yield
        return
    release()
    try:
        yield
    finally:
        acquire()


def condition() -> threading.Condition:
    """A condition whose `wait` gives the turn up."""
    return threading.Condition(_Turn())  # type: ignore[arg-type]


def acquire() -> None:
    global _holder
    _lock.acquire()
    _holder = threading.get_ident()


def release() -> None:
    global _holder
    _holder = None
    _lock.release()


class _Turn:
    """The turn as the lock of a condition."""

    def acquire(self) -> bool:
        acquire()
        return True

    def release(self) -> None:
        release()

    def _is_owned(self) -> bool:
        return _holder == threading.get_ident()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()
