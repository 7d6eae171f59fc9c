"""One plane of each kind on a home, and words for what keeps a plane from starting: for the `__main__` of both."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from homeport.errors import HomeportError
from homeport.local.home import Home
from homeport.system import lock

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@contextlib.contextmanager
def only_plane(home: Home, plane: str) -> Iterator[None]:
    """Hold the home as its one plane of this kind, before anything of it is read; OSErrors of the block become words.

    A second control plane would load the state that the first one is changing, and save it over the first one's.
    """
    try:
        with lock.held_alone(home.lock_of(plane)):
            yield
    except lock.Held as held:
        raise HomeportError(
            f"{home.path}: a {plane} plane (process {held.holder}) runs here already", "stop it: homeport down"
        ) from None
    except OSError as error:
        raise in_words(error, home.path) from error


def in_words(error: OSError, place: Path) -> HomeportError:
    """What the system refused, where, and what to do. A write to an open file names no file: then `place` does."""
    where = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else place
    hint = "look at the log of this plane"
    if error.errno in NO_SPACE:
        hint = f"free space (df -h {place}), then: homeport up"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        hint = f"let this user write there (ls -ld {place}), then: homeport up"
    return HomeportError(f"{where}: {error.strerror or error}", hint)
