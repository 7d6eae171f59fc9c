"""Logs on one side → the other side, brought from one snapshot of the first to a later one in one transaction.

Why this is right is told in `docs/moving-databases.md`; the order of the steps in `_run` is what it rests on.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType

import psycopg

from homeport.errors import HomeportError
from homeport.postgres.copy.pump import Framing, forward
from homeport.postgres.copy.wire import ConnectionLost, ServerError
from homeport.postgres.follow import statements
from homeport.postgres.follow.captured import Capture, find_changes
from homeport.postgres.follow.definitions import HINT, find_changed
from homeport.postgres.follow.sessions import Pending, Sessions
from homeport.postgres.server import Lost, Server, Unreachable, connect, redact

At = Callable[[str], None]
ATTEMPTS, ATTEMPTS_FEW = 10, 3  # after a few attempts every table is locked, not only those that were ever written
VACUUM_ROWS = 20_000
LOOK_SECONDS = 2.0  # how often the whole schema is compared, not only that of the tables that changed
DEFINITIONS_SECONDS = 60.0  # and what no delta depends on, which is slow to read: functions, views, defaults, indexes
# Classes of SQLSTATE after which the same delta may succeed: connections, resources, shutdown, conflicts, locks.
PASSING = ("08", "53", "57", "58", "40", "55")


class Interrupted(Lost):
    """A connection or a server failed: nothing is half done, and the next `run` goes on."""


@dataclass(frozen=True)
class Delta:
    """The receiving side equals `snapshot` (of the giving side, as `pg_snapshot` writes it) now. Bytes are COPY's."""

    snapshot: str
    taken: float  # time.monotonic() just before the snapshot
    tables: int = 0
    rows: int = 0  # entries of logs
    bytes: int = 0
    seconds: float = 0.0


class Deltas:
    """From `giving` to `receiving`, for one move, one at a time: a context that holds its sessions.

    `prepared`: the caller has taken foreign keys and triggers of the receiving side out of the way, so its role need
    not be allowed to set session_replication_role. HomeportError if the giving side is not captured by this move, or
    what the receiving side equals is older than the capture.
    """

    def __init__(
        self, giving: Server, receiving: Server, move: str, *, prepared: bool = False, at: At = lambda point: None
    ) -> None:
        self.giving, self.receiving, self.move = giving, receiving, move
        self._prepared, self._at = prepared, at
        self._sessions: Sessions | None = None
        self._reached = self._kept = False
        self._hot: frozenset[int] = frozenset()
        self._looked, self._looked_closely = -LOOK_SECONDS, -DEFINITIONS_SECONDS
        self._dead: dict[int, int] = {}

    def __enter__(self) -> "Deltas":
        self._open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def capture(self) -> Capture:
        return self._open().capture

    def keep_keys(self, kept: bool) -> None:
        """From now on, remember on the receiving side which keys were applied (`statements.since`)."""
        self._kept = kept

    def run(self, snapshot: str | None = None) -> Delta:
        """One delta, up to now, or up to a snapshot that the caller has exported on the giving side and holds.

        Interrupted if it should be tried again; HomeportError if the schema was changed or a server refuses rows.
        """
        try:
            try:
                return self._run(snapshot, framed=False)
            except Framing:
                self.close()
                return self._run(snapshot, framed=True)
        except (psycopg.OperationalError, psycopg.InterfaceError, ConnectionLost) as error:
            self.close()
            raise Interrupted(self._words(error), "it is tried again") from None
        except ServerError as error:
            self.close()
            passing = error.code.startswith(PASSING)
            changes = [] if passing else self._find_changed()
            words = "\n".join([*changes, f"{self._words(error)} ({error.code})"])
            hint = HINT if changes else "mend this; nothing was lost, it goes on there"
            raise (Interrupted if passing else HomeportError)(words, hint) from None
        except psycopg.Error as error:
            self.close()
            raise HomeportError(self._words(error), "mend this; nothing was lost, it goes on there") from None
        except BaseException:
            self.close()
            raise

    def count(self) -> int:
        """Log entries that are waiting now."""
        sessions = self._open()
        sessions.read_slot()
        return sum(sessions.count(sessions.find_changed()).rows.values())

    def check_definitions(self) -> None:
        """HomeportError if an object of the giving side was changed since capture began. No delta looks soon again."""
        if changed := find_changed(self._open().giving):
            raise HomeportError("\n".join(f"{self.giving}: {line}" for line in changed), HINT)
        self._looked_closely = time.monotonic()

    def close(self) -> None:
        if self._sessions:
            self._sessions.close()
            self._sessions = None

    def _run(self, snapshot: str | None, *, framed: bool) -> Delta:
        began = time.monotonic()
        sessions = self._open()
        self._look_closely(sessions)
        taken, visible, pending = self._begin(sessions, snapshot)
        self._at("delta begun")
        self._check_schema(sessions, pending)
        delta = Delta(visible, taken, len(pending.numbers), sum(pending.rows.values()))
        applies = bool(pending.numbers) or sessions.is_due(visible)
        if applies:
            delta = replace(delta, bytes=self._apply(sessions, pending, visible, framed))
        else:
            sessions.reader.execute("COMMIT")
        sessions.clear(pending)
        if applies:
            sessions.forget(visible)
        self._at("delta cleared")
        self._vacuum(sessions, pending)
        return replace(delta, seconds=time.monotonic() - began)

    def _begin(self, sessions: Sessions, snapshot: str | None) -> tuple[float, str, Pending]:
        """Open the snapshot, with every table that it will read locked before it was taken.

        A table that is truncated or rewritten after the snapshot looks empty in it; the lock keeps that out. Which
        tables that concerns is only known in the snapshot: where a lock was missing, it is taken anew.
        """
        tables = {table.number: table for table in sessions.capture.tables}
        self._hot |= sessions.find_changed()
        for attempt in range(ATTEMPTS):
            taken = time.monotonic()
            locked = tables if attempt >= ATTEMPTS_FEW else self._hot & tables.keys()
            visible = sessions.begin([tables[number].name for number in locked], snapshot)
            pending = sessions.count(sessions.find_changed())
            if snapshot or pending.filled <= set(locked):
                return taken, visible, pending
            sessions.giving.execute("ROLLBACK")
            sessions.reader.execute("ROLLBACK")
            self._hot |= pending.filled
        raise Interrupted(f"{self.giving}: new tables are written all the time", "it is tried again")

    def _check_schema(self, sessions: Sessions, pending: Pending) -> None:
        now = time.monotonic()
        if not pending.numbers and now - self._looked < LOOK_SECONDS:
            return
        self._check_tables(sessions)
        self._looked = now

    def _look_closely(self, sessions: Sessions) -> None:
        """What is looked at now and then. Servers lock tables to write their definitions, so nothing may be locked yet.

        Else a TRUNCATE that waits for the reader keeps this session waiting, and it the reader; see `Sessions.begin`.
        """
        if time.monotonic() - self._looked_closely >= DEFINITIONS_SECONDS:
            self._check_tables(sessions)
            self.check_definitions()

    def _check_tables(self, sessions: Sessions) -> None:
        if changes := find_changes(sessions.giving, sessions.capture):
            raise HomeportError(
                "\n".join(f"{self.giving}: {line}" for line in changes),
                "undo this on that side, and following goes on; or begin again: homeport db follow --again",
            )

    def _find_changed(self) -> list[str]:
        """Why the receiving side may refuse rows: the giving side's types and constraints are others by now."""
        try:
            with connect(self.giving, application="follow look", autocommit=True, what="the giving side") as connection:
                return [f"{self.giving}: {line}" for line in find_changed(connection)]
        except Lost:
            return []

    def _apply(self, sessions: Sessions, pending: Pending, visible: str, framed: bool) -> int:
        """Everything that changed, into one transaction of the receiving side."""
        reader, writer = sessions.reader, sessions.writer
        quiet = "" if self._prepared else "; SET LOCAL session_replication_role = replica"
        writer.execute(f"BEGIN{quiet}")
        size = 0
        for table in sessions.capture.tables:
            if table.number not in pending.numbers:
                continue
            if table.number in pending.whole:
                read, write = statements.read_whole(table), statements.write_whole(table, kept=self._kept)
            else:
                sessions.stage(table)
                rows, deletes = pending.rows[table.number], table.number in pending.deletes
                read = statements.read_changes(table, rows, sessions.applied)
                write = statements.write_changes(table, rows, deletes=deletes, kept=self._kept)
            size += forward(reader, writer, read, write, lambda passed: None, framed=framed).bytes
            self._at(f"delta read {table.number}")
        writer.execute(sessions.apply(visible))
        reader.execute("COMMIT")
        self._at("delta applied")
        writer.execute("COMMIT")
        self._at("delta committed")
        return size

    def _vacuum(self, sessions: Sessions, pending: Pending) -> None:
        """Logs are read whole each time: what is dead in them goes as soon as it is worth it."""
        for table in sessions.capture.tables:
            if table.published is not None:
                continue
            dead = self._dead.get(table.number, 0) + pending.rows.get(table.number, 0)
            if dead >= VACUUM_ROWS:
                sessions.giving.execute(f"VACUUM (SKIP_LOCKED) {table.log}".encode())
                dead = 0
            self._dead[table.number] = dead

    def _open(self) -> Sessions:
        if self._sessions is None:
            self._looked, self._looked_closely = -LOOK_SECONDS, -DEFINITIONS_SECONDS
            try:
                self._sessions = Sessions(self.giving, self.receiving, self.move, self._prepared)
            except Unreachable as error:
                if not self._reached:
                    raise
                raise Interrupted(error.message, error.hint) from None  # it was there, so it may come back
            except (psycopg.OperationalError, psycopg.InterfaceError, ConnectionLost) as error:
                raise Interrupted(self._words(error), "start again; nothing was lost") from None
            self._reached = True
        return self._sessions

    def _words(self, error: Exception) -> str:
        said = " ".join(redact(self.giving, redact(self.receiving, str(error))).split())
        return f"{self.giving} to {self.receiving}: {said}"
