"""The account's state on disk: `<home>/state/<service>/<account>.<region>/<generation>.{state,journal}`.

What is true at any instant: the newest whole `.state` plus the journals from its generation on is everything that was
answered, but for the last seconds of logs and metrics. What is journaled is written at once; for the rest an answer
waits for the next save, which follows at once and is shared by all who wait. A save first starts the next journal, then
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
from homeport.local.control.changes import Changes, NotKept, Unit
from homeport.local.control.embedded import MOTO_VERSION
from homeport.local.control.journal import Journal, read_records
from homeport.local.home import Home

log = logging.getLogger(__name__)
SAVE_AFTER_SECONDS, SAVE_LAZY_AFTER_SECONDS = 0.3, 15.0
QUICK_SECONDS = 0.05  # a unit that takes longer rests as long before its next save: other calls have their turn, too
PROBE_BYTES = 100_000
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
        self._marked: dict[Unit, int] = {}  # how often: what a save has to cover
        self._kept: dict[Unit, int] = {}  # how much of that is on disk
        self._failed: dict[Unit, tuple[int, OSError]] = {}  # the last save of a unit, if it failed
        self._saves = 0
        self._rested: dict[Unit, float] = {}
        self._waiting = threading.Condition()
        self._stopping = self._stopped = False
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
        """Save what is left. Raises `HomeportError` if it cannot be saved."""
        with self._waiting:
            self._stopping = True
            self._waiting.notify_all()
        if self._thread.is_alive():
            self._thread.join()
        for unit in list(self._due):
            self._save_or_try_again(unit)
        with self._waiting:
            self._stopped = True
            self._waiting.notify_all()
        if self._failed and (problem := self.problem()):
            raise HomeportError(problem, f"free space (df -h {self._root}), then: homeport up")

    def problem(self) -> str | None:
        """Why nothing can be saved now, in words; None if it can: no save has failed, and there is room for another."""
        probe = self._root / "probe"
        try:
            probe.write_bytes(bytes(PROBE_BYTES))
        except OSError as error:
            return self._words(error)
        finally:
            probe.unlink(missing_ok=True)
        with self._waiting:
            return next((self._words(error) for _, error in self._failed.values()), None)

    def mark(self, units: frozenset[Unit], lazy: bool = False) -> None:
        """These units have changed: save them soon. Call with the turn taken (or alone)."""
        due = time.monotonic() + (SAVE_LAZY_AFTER_SECONDS if lazy else SAVE_AFTER_SECONDS)
        with self._waiting:
            for unit in units:
                self._marked[unit] = self._marked.get(unit, 0) + 1
                self._due[unit] = min(due, self._due.get(unit, due))
            self._waiting.notify_all()

    def wait(self, units: frozenset[Unit]) -> None:
        """Returns when all that was marked in these units is on disk. Raises `NotKept` if it cannot be put there.

        One save is enough for all who wait for it: changes that come while one is written share the next.
        """
        with self._waiting:
            wanted, begun = {unit: self._marked.get(unit, 0) for unit in units}, self._saves
            now = time.monotonic()
            for unit in self._missing(wanted):
                self._due[unit] = max(now, self._rested.get(unit, now))
            self._waiting.notify_all()
            while missing := self._missing(wanted):
                for unit in missing:
                    number, error = self._failed.get(unit, (0, None))
                    if number > begun:
                        raise NotKept(self._words(error))
                if self._stopped:
                    raise NotKept("the control plane stops")
                self._waiting.wait()

    def check(self) -> None:
        """Raise `NotKept` if the last save failed and fails again: what cannot be kept is not to be begun."""
        with self._waiting:
            failed = frozenset(self._failed)
        self.wait(failed)

    def journal(self, unit: Unit, record: Any) -> None:
        """Put a change of `unit` on disk now. Call with the turn taken (or alone). Raises `NotKept`."""
        with self._waiting:
            unsaved, mark = unit in self._due, self._marked.get(unit, 0)
        try:
            if unsaved:  # perhaps the very queue or bucket that the record is about
                self._write(unit, self._next_generation(unit), self._dump(unit))
                self._note_kept(unit, mark)
            self._journal_of(unit).append(record)
        except OSError as error:
            self.mark(frozenset({unit}))  # a save says the same again, or mends it
            raise NotKept(self._words(error)) from error
        self._changes.cover(unit)
        if self._journals[unit].size > JOURNAL_MAX_BYTES:
            self.mark(frozenset({unit}))

    def _journal_of(self, unit: Unit) -> Journal:
        if unit not in self._journals:
            path = self._folder(unit) / f"{self._generations.setdefault(unit, 0)}.journal"
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._journals[unit] = Journal(path)
        return self._journals[unit]

    def _missing(self, wanted: dict[Unit, int]) -> list[Unit]:
        return [unit for unit, mark in wanted.items() if self._kept.get(unit, 0) < mark]

    def _words(self, error: OSError | None) -> str:
        reason = error.strerror if error and error.strerror else error
        return f"state cannot be saved in {self._root}: {reason}"

    def _follow(self) -> None:
        while not self._stopping:
            with self._waiting:
                now = time.monotonic()
                due = [unit for unit, at in self._due.items() if at <= now]
                if not due:
                    self._waiting.wait(max(0.001, min(self._due.values()) - now) if self._due else None)
                    continue
            for unit in due:
                self._save_or_try_again(unit)

    def _save_or_try_again(self, unit: Unit) -> None:
        with self._waiting:
            self._saves += 1
            number = self._saves
        mark, begun = 0, time.monotonic()
        try:
            with turn.taken():
                with self._waiting:
                    self._due.pop(unit, None)
                    mark = self._marked.get(unit, 0)
                payload = self._dump(unit)
                generation = self._next_generation(unit)
            self._write(unit, generation, payload)
        except OSError as error:
            self._note_failed(unit, number, error)
            return
        except Exception:  # of one service; the others must still be saved, and it must still answer
            log.exception("state of %s cannot be saved", _name(unit))
        self._note_kept(unit, mark)
        ended = time.monotonic()
        self._rested[unit] = ended + max(0.0, ended - begun - QUICK_SECONDS)

    def _note_failed(self, unit: Unit, number: int, error: OSError) -> None:
        with self._waiting:
            if unit not in self._failed:
                log.error("%s: %s; trying again each 15 s and at each call", _name(unit), self._words(error))
            self._failed[unit] = number, error
            self._due.setdefault(unit, time.monotonic() + SAVE_LAZY_AFTER_SECONDS)
            self._waiting.notify_all()

    def _note_kept(self, unit: Unit, mark: int) -> None:
        with self._waiting:
            self._kept[unit] = max(mark, self._kept.get(unit, 0))
            if self._failed.pop(unit, None):
                log.info("%s: can be saved again", _name(unit))
            if self._marked.get(unit, 0) == mark:
                self._due.pop(unit, None)
            self._waiting.notify_all()

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
        try:
            with open(draft, "wb", opener=_private) as file:
                file.write(json.dumps(header).encode() + b"\n" + payload)
            draft.replace(folder / f"{generation}.state")
        except OSError:
            draft.unlink(missing_ok=True)  # half of it would fill the disk even more
            raise
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
