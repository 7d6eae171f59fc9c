"""The account's state on disk: `<home>/state/<service>/<account>.<region>/<generation>.{state,journal}`.

What is true at any instant: the newest whole `.state` plus the journals from its generation on is everything that was
answered (for what is journaled) or older than half a second (for the rest). A save first starts the next journal, then
writes the next state beside the old one and renames it, then removes what is two generations old: a damaged state can
be made good from the one before it and two journals.
"""

import hashlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.errors import HomeportError
from homeport.local.control import pickling, turn
from homeport.local.control.changes import Changes, Unit
from homeport.local.control.embedded import MOTO_VERSION
from homeport.local.control.journal import Journal, read_records
from homeport.local.home import Home

log = logging.getLogger(__name__)
SAVE_AFTER_SECONDS, SAVE_LAZY_AFTER_SECONDS = 0.3, 15.0
JOURNAL_MAX_BYTES = 8_000_000
FORMAT = 1


@dataclass(frozen=True)
class Part:
    """Something that is saved and is not one of moto's backends."""

    dump: Callable[[], Any]
    restore: Callable[[Any], None]


class Store:
    """Saves what changed, from one thread. `replayers` take journal records back: service → `f(backend, record)`."""

    def __init__(self, home: Home, changes: Changes) -> None:
        self._root = home.state
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._changes = changes
        self.replayers: dict[str, Callable[[Any, Any], None]] = {}
        self.parts: dict[Unit, Part] = {}
        self._generations: dict[Unit, int] = {}
        self._journals: dict[Unit, Journal] = {}
        self._due: dict[Unit, float] = {}
        self._waiting = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._follow, name="store", daemon=True)

    def load(self) -> None:
        """Everything that was saved, into moto's memory. Raises `HomeportError` if it cannot be read."""
        units = list(_saved_units(self._root))
        for unit in units:
            if unit not in self.parts and any(path.suffix == ".state" for _, path in _generations(self._folder(unit))):
                pickling.bare_backend_of(unit)
        for unit in units:
            self._load_unit(unit)
        _rebuild_indexes()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Save what is left."""
        with self._waiting:
            self._stopping = True
            self._waiting.notify()
        if self._thread.is_alive():
            self._thread.join()
        self.save(set(self._due))

    def mark(self, units: frozenset[Unit], lazy: bool = False) -> None:
        """These units have changed: save them soon."""
        due = time.monotonic() + (SAVE_LAZY_AFTER_SECONDS if lazy else SAVE_AFTER_SECONDS)
        with self._waiting:
            for unit in units:
                self._due[unit] = min(due, self._due.get(unit, due))
            self._waiting.notify()

    def journal(self, unit: Unit, record: Any) -> None:
        """Put a change of `unit` on disk now. Call with the turn taken (or alone)."""
        with self._waiting:
            unsaved = self._due.pop(unit, None) is not None
        if unsaved:  # perhaps the very queue or bucket that the record is about
            self._write(unit, self._next_generation(unit), self._dump(unit))
        journal = self._journals.get(unit)
        if journal is None:
            path = self._folder(unit) / f"{self._generations.setdefault(unit, 0)}.journal"
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            journal = self._journals[unit] = Journal(path)
        journal.append(record)
        self._changes.cover(unit)
        if journal.size > JOURNAL_MAX_BYTES:
            self.mark(frozenset({unit}))

    def save(self, units: set[Unit]) -> None:
        """Save these units now."""
        for unit in units:
            with turn.taken():
                payload = self._dump(unit)
                generation = self._next_generation(unit)
            self._write(unit, generation, payload)

    def _follow(self) -> None:
        while not self._stopping:
            with self._waiting:
                now = time.monotonic()
                due = {unit for unit, at in self._due.items() if at <= now}
                if not due:
                    self._waiting.wait(max(0.01, min(self._due.values()) - now) if self._due else None)
                    continue
                for unit in due:
                    del self._due[unit]
            self._save_or_try_again(due)

    def _save_or_try_again(self, units: set[Unit]) -> None:
        for unit in units:
            try:
                self.save({unit})
            except OSError as error:
                log.error("state of %s cannot be saved, trying again in 15 s: %s", _name(unit), error)
                self.mark(frozenset({unit}), lazy=True)
            except Exception:  # of one service; the others must still be saved
                log.exception("state of %s cannot be saved", _name(unit))

    def _dump(self, unit: Unit) -> bytes:
        part = self.parts.get(unit)
        return pickling.dump(part.dump() if part else pickling.backend_of(unit).__dict__)

    def _next_generation(self, unit: Unit) -> int:
        generation = self._generations[unit] = self._generations.get(unit, 0) + 1
        if (journal := self._journals.pop(unit, None)) is not None:
            journal.close()
        return generation

    def _write(self, unit: Unit, generation: int, payload: bytes) -> None:
        folder = self._folder(unit)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        header = {"format": FORMAT, "moto": MOTO_VERSION, "unit": unit, "sha256": hashlib.sha256(payload).hexdigest()}
        draft = folder / f"{generation}.new"
        with open(draft, "wb", opener=_private) as file:
            file.write(json.dumps(header).encode() + b"\n" + payload)
        draft.replace(folder / f"{generation}.state")
        for old, path in _generations(folder):
            if old < generation - 1:
                path.unlink(missing_ok=True)

    def _load_unit(self, unit: Unit) -> None:
        folder = self._folder(unit)
        used, state = self._newest(unit, folder)
        part = self.parts.get(unit)
        if part:
            part.restore(state)
            backend: Any = None
        else:
            backend = pickling.backend_of(unit)
            backend.__dict__.update(state)
        journals = sorted(g for g, path in _generations(folder) if path.suffix == ".journal" and g >= used)
        for generation in journals:
            for record in read_records(folder / f"{generation}.journal"):
                self.replayers[unit.service](backend, record)
        self._generations[unit] = max([used, *journals])
        if journals:
            self.mark(frozenset({unit}))

    def _newest(self, unit: Unit, folder: Path) -> tuple[int, Any]:
        """Generation and content of the newest state that is whole. Generation 0 with nothing: only journaled yet."""
        states = sorted(((g, p) for g, p in _generations(folder) if p.suffix == ".state"), reverse=True)
        for number, (generation, path) in enumerate(states):
            try:
                state = _read(path)
            except ValueError as error:
                log.error("%s: %s%s", path, error, "; using the save before it" if number + 1 < len(states) else "")
                continue
            return generation, state
        if states:
            raise HomeportError(
                f"{folder}: the saved state of {_name(unit)} is damaged, and so is the save before it",
                f"rm -r {self._root} loses the account's state; then homeport up builds it anew",
            )
        return 0, pickling.backend_of(unit).__dict__ if unit not in self.parts else None

    def _folder(self, unit: Unit) -> Path:
        return self._root / unit.service / f"{unit.account}.{unit.region}"


def _read(path: Path) -> Any:
    """The state in a file; ValueError if it is damaged, HomeportError if another moto wrote it."""
    header_line, _, payload = path.read_bytes().partition(b"\n")
    try:
        header = json.loads(header_line)
        found, checksum = header["moto"], header["sha256"]
    except (ValueError, KeyError, TypeError):
        raise ValueError("damaged (no header)") from None
    if found != MOTO_VERSION or header["format"] != FORMAT:
        raise HomeportError(
            f"{path}: saved by moto {found}, format {header['format']}; this is moto {MOTO_VERSION}, format {FORMAT}",
            f"run the Homeport that saved it, or rm -r {path.parents[2]} and build the account anew: homeport up",
        )
    if hashlib.sha256(payload).hexdigest() != checksum:
        raise ValueError("damaged (checksum)")
    return pickling.load(payload)


def _saved_units(root: Path) -> Iterator[Unit]:
    for folder in sorted(root.glob("*/*.*")):
        account, _, region = folder.name.partition(".")
        if folder.is_dir() and any(_generations(folder)):
            yield Unit(folder.parent.name, account, region)


def _generations(folder: Path) -> list[tuple[int, Path]]:
    return [
        (int(path.stem), path)
        for path in folder.iterdir()
        if path.suffix in (".state", ".journal") and path.stem.isdigit()
    ]


def _rebuild_indexes() -> None:
    """What moto keeps beside its backends: who owns which bucket name, who is a member of which organisation."""
    from moto.organizations.models import organizations_backends
    from moto.s3.models import s3_backends

    for account, partition, backend in list(s3_backends.iter_backends()):
        for bucket in backend.buckets:
            s3_backends.bucket_accounts[bucket] = (partition, account)
    for account, partition, backend in list(organizations_backends.iter_backends()):
        for member in backend.accounts:
            if member.id != account:
                organizations_backends.master_accounts[member.id] = (account, partition)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _name(unit: Unit) -> str:
    return " ".join(unit)
