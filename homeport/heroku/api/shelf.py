"""Answers on disk: the cache of ETags, and the journal of a run that was cut off. Files 0600, folders 0700.

They hold the fields of `wire.py` and never the answer to a secret call, so no value of a config var.
"""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

KEPT_SECONDS = 2 * 3600  # of a journal: older answers may no longer be true


@dataclass(frozen=True)
class Kept:
    """One page. `doubts` are pairs of place and text."""

    items: list[dict[str, Any]] = field(repr=False)
    doubts: list[list[str]] = field(default_factory=list)
    etag: str = ""
    next: str = ""  # the Range of the next page


class Shelf:
    """A folder of answers by key. With `seconds`, older ones are not found."""

    def __init__(self, folder: Path, *, seconds: float | None = None, now: Callable[[], float] = time.time) -> None:
        self.folder, self._seconds, self._now = folder, seconds, now

    def find(self, key: str) -> Kept | None:
        """The answer; None if there is none, or it cannot be read: it is asked for again."""
        file = self.folder / f"{key}.json"
        try:
            if self._seconds is not None and self._now() - file.stat().st_mtime > self._seconds:
                return None
            return Kept(**json.loads(file.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def keep(self, key: str, kept: Kept) -> None:
        """Write it, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)
        descriptor, temporary = tempfile.mkstemp(dir=self.folder, prefix=".new-")  # mkstemp makes it 0600
        try:
            with os.fdopen(descriptor, "w") as file:
                json.dump(asdict(kept), file)
            Path(temporary).replace(self.folder / f"{key}.json")
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def count(self) -> int:
        """How many answers there are."""
        return len(list(self.folder.glob("*.json")))

    def remove(self) -> None:
        """Forget all of them."""
        shutil.rmtree(self.folder, ignore_errors=True)
