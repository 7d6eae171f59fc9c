"""The store of built things on this machine: one builder of a thing at a time, and errors of the disk in words."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from homeport.errors import HomeportError


@contextmanager
def locked(store: Path, digest: str) -> Iterator[None]:
    """One builder of a digest at a time, among threads and processes."""
    store.mkdir(parents=True, exist_ok=True)
    with (store / f".{digest}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(
                lock, fcntl.LOCK_UN
            )  # a child of another thread may still hold the file, until it runs its program


@contextmanager
def failures_in_words(source: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise HomeportError(
            f"{source}: cannot be built: {error.strerror}: {error.filename or ''}".rstrip(": ")
        ) from error
