"""A file that one process holds at a time, with the holder's process id in it; free when that process has ended."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


class Held(Exception):
    """Another process holds the file; its process id, as far as it is known."""

    def __init__(self, holder: int | None) -> None:
        super().__init__(holder)
        self.holder = "unknown" if holder is None else str(holder)


@contextlib.contextmanager
def held_alone(path: Path) -> Iterator[None]:
    """Hold the file, or raise `Held`."""
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Held(_pid(path)) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            # A child of another thread may still hold the file, until it runs its program.
            fcntl.flock(file, fcntl.LOCK_UN)


def holder(path: Path) -> int | None:
    """Process id of who holds the file, if anybody does."""
    try:
        with path.open("r") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                fcntl.flock(file, fcntl.LOCK_UN)
            except BlockingIOError:
                return _pid(path)
    except OSError:
        pass
    return None


def _pid(path: Path) -> int | None:
    try:
        return int(path.read_text()) or None
    except (OSError, ValueError):
        return None
