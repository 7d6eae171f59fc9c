"""Logs on one side → the other side, brought from one snapshot of the first to a later one in one transaction.

Why this is right is told in `docs/moving-databases.md`; the order of the steps in `_Delta` is what it rests on.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import TracebackType

import psycopg

from homeport.errors import HomeportError
from homeport.postgres.copy import target as receiver
from homeport.postgres.copy.pump import Framing, forward
from homeport.postgres.copy.reading import read_forms, read_search_path
from homeport.postgres.copy.wire import ConnectionLost, ServerError, Wire
from homeport.postgres.follow import statements
from homeport.postgres.follow.captured import (
    KEEP_FILES,
    REWRITTEN,
    Capture,
    choose_forms,
    find_changes,
    operator_path,
    read_capture,
)
from homeport.postgres.follow.definitions import HINT, find_changed
from homeport.postgres.server import Connection, Lost, Server, Unreachable, connect, redact
from homeport.postgres.state import APPLY, ON_RECEIVER, read_applied

At = Callable[[str], None]
LOCK_TIMEOUT_MS = 10_000  # ACCESS SHARE: only a migration or a TRUNCATE keeps us waiting
ATTEMPTS, ATTEMPTS_FEW = 10, 3  # after a few attempts every table is locked, not only those that were ever written
AT_ONCE = 100  # logs that are asked in one statement
COUNTED_MAX = 10_000_000
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


@dataclass(frozen=True)
class _Pending:
    """What a delta will carry: log entries per table, those of deleted rows, and tables to be loaded whole."""

    rows: dict[int, int] = field(default_factory=dict)
    deletes: dict[int, int] = field(default_factory=dict)
    whole: frozenset[int] = frozenset()
    filled: frozenset[int] = frozenset()  # logs that hold anything, applied or not

    @property
    def numbers(self) -> frozenset[int]:
        return frozenset(self.rows) | self.whole


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
        self._sessions: _Sessions | None = None
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
        taken, visible, pending = self._begin(sessions, snapshot)
        self._at("delta begun")
        self._check_schema(sessions, pending)
        delta = Delta(visible, taken, len(pending.numbers), sum(pending.rows.values()))
        if pending.numbers:
            delta = replace(delta, bytes=self._apply(sessions, pending, visible, framed))
        else:
            sessions.reader.execute("COMMIT")
        sessions.clear(pending)
        self._at("delta cleared")
        self._vacuum(sessions, pending)
        return replace(delta, seconds=time.monotonic() - began)

    def _begin(self, sessions: "_Sessions", snapshot: str | None) -> tuple[float, str, _Pending]:
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

    def _check_schema(self, sessions: "_Sessions", pending: _Pending) -> None:
        now = time.monotonic()
        if not pending.numbers and now - self._looked < LOOK_SECONDS:
            return
        if changes := find_changes(sessions.giving, sessions.capture):
            raise HomeportError(
                "\n".join(f"{self.giving}: {line}" for line in changes),
                "undo this on that side, and following goes on; or begin again: homeport db follow --again",
            )
        self._looked = now
        if now - self._looked_closely >= DEFINITIONS_SECONDS:
            self.check_definitions()

    def _find_changed(self) -> list[str]:
        """Why the receiving side may refuse rows: the giving side's types and constraints are others by now."""
        try:
            with connect(self.giving, application="follow look", autocommit=True, what="the giving side") as connection:
                return [f"{self.giving}: {line}" for line in find_changed(connection)]
        except Lost:
            return []

    def _apply(self, sessions: "_Sessions", pending: _Pending, visible: str, framed: bool) -> int:
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
                rows, deletes = pending.rows[table.number], table.number in pending.deletes
                read = statements.read_changes(table, rows, sessions.applied)
                write = statements.write_changes(table, rows, deletes=deletes, kept=self._kept)
            size += forward(reader, writer, read, write, lambda passed: None, framed=framed).bytes
            self._at(f"delta read {table.number}")
        writer.execute(APPLY.format(visible))
        reader.execute("COMMIT")
        self._at("delta applied")
        writer.execute("COMMIT")
        sessions.applied = visible
        self._at("delta committed")
        return size

    def _vacuum(self, sessions: "_Sessions", pending: _Pending) -> None:
        """Logs are read whole each time: what is dead in them goes as soon as it is worth it."""
        for table in sessions.capture.tables:
            dead = self._dead.get(table.number, 0) + pending.rows.get(table.number, 0)
            if dead >= VACUUM_ROWS:
                sessions.giving.execute(f"VACUUM (SKIP_LOCKED) {table.log}".encode())
                dead = 0
            self._dead[table.number] = dead

    def _open(self) -> "_Sessions":
        if self._sessions is None:
            self._looked, self._looked_closely = -LOOK_SECONDS, -DEFINITIONS_SECONDS
            try:
                self._sessions = _Sessions(self.giving, self.receiving, self.move, self._prepared)
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


class _Sessions:
    """One session that begins and clears on the giving side, one that reads there; one that writes, one that holds
    the lock on the receiving side."""

    def __init__(self, giving: Server, receiving: Server, move: str, prepared: bool) -> None:
        application = f"follow {move}"
        self._opened: list[Connection | Wire] = []
        try:
            self.giving = connect(
                giving,
                application=application,
                autocommit=True,
                lock_timeout_ms=LOCK_TIMEOUT_MS,
                what="the giving side",
            )
            self._opened.append(self.giving)
            held = connect(receiving, application=f"{application} lock", autocommit=True, what="the receiving side")
            self._opened.append(held)
            receiver.lock(held, receiving, "follow")
            receiver.end_leftovers(self.giving, f"homeport {application}")
            receiver.end_leftovers(held, f"homeport {application}")
            captured = _check_capture(self.giving, giving, move)
            held.execute(ON_RECEIVER.encode())
            self.capture = replace(
                captured, tables=choose_forms(captured.tables, *map(read_forms, (self.giving, held)))
            )
            self.applied = read_applied(held)
            self._check_newer(giving, receiving)
            if not prepared:
                check_quiet(held, receiving)
            paths = [operator_path(each) for each in (self.giving, held)]
            paths[1] += f", {read_search_path(self.giving)}"  # for functions that checks and indexes call
            self.giving.execute(f"SET search_path = {paths[0]}".encode())
            self.reader = self._wire(giving, application, paths[0])
            self.writer = self._wire(receiving, application, paths[1])
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        for each in reversed(self._opened):
            each.close()

    def begin(self, locked: list[str], snapshot: str | None) -> str:
        """Both sessions of the giving side at one snapshot; what it sees.

        Only the reader touches tables of the application: if both did, and a TRUNCATE came to wait for the one, the
        other would wait behind it, and the one for the other, here, where no server sees a deadlock.
        """
        self.reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if snapshot:
            self.reader.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        for start in range(0, len(locked), AT_ONCE):
            names = ", ".join(f"ONLY {name}" for name in locked[start : start + AT_ONCE])
            self.reader.execute(f"LOCK TABLE {names} IN ACCESS SHARE MODE")
        export = f"'{snapshot}'" if snapshot else "pg_export_snapshot()"
        visible, name = self.reader.execute(f"SELECT pg_current_snapshot()::text, {export}")
        self.giving.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        self.giving.execute("SET LOCAL synchronous_commit = off")  # a log that is not cleared is applied once more
        self.giving.execute(f"SET TRANSACTION SNAPSHOT '{name}'".encode())
        return str(visible)

    def find_changed(self) -> frozenset[int]:
        """Numbers of tables whose logs hold anything, and of those to be loaded whole."""
        parts = [f"SELECT {each.number} WHERE EXISTS (SELECT FROM {each.log})" for each in self.capture.tables]
        return frozenset(row[0] for row in self._union(parts)) | self._read_whole()

    def count(self, filled: frozenset[int]) -> _Pending:
        """What is in these logs and was not applied yet."""
        tables = [table for table in self.capture.tables if table.number in filled]
        parts = [statements.count_entries(table, self.applied, COUNTED_MAX) for table in tables]
        rows = [row for row in self._union(parts) if row[1]]
        deletes = {row[0]: row[2] for row in rows if row[2]}
        return _Pending({row[0]: row[1] for row in rows}, deletes, self._read_whole(), filled)

    def clear(self, pending: _Pending) -> None:
        """Take what the snapshot saw out of the logs, also what had been applied before."""
        parts = [f"DELETE FROM {table.log}" for table in self.capture.tables if table.number in pending.filled]
        numbers = ", ".join(map(str, sorted(pending.whole)))
        parts += ["DELETE FROM homeport.reload", f"{KEEP_FILES} AND k.number IN ({numbers})"] if numbers else []
        self.giving.execute("; ".join([*parts, "COMMIT"]).encode())

    def _wire(self, server: Server, application: str, path: str) -> Wire:
        settings = {"search_path": path, "client_min_messages": "error", "lock_timeout": str(LOCK_TIMEOUT_MS)}
        wire = Wire(server, application=application, settings=settings)
        self._opened.append(wire)
        return wire

    def _read_whole(self) -> frozenset[int]:
        known = {table.number for table in self.capture.tables}
        rows = self.giving.execute(f"SELECT number FROM homeport.reload UNION {REWRITTEN}".encode()).fetchall()
        return frozenset(row[0] for row in rows) & known

    def _union(self, parts: list[str]) -> list[tuple[int, ...]]:
        found: list[tuple[int, ...]] = []
        for start in range(0, len(parts), AT_ONCE):
            found += self.giving.execute(" UNION ALL ".join(parts[start : start + AT_ONCE]).encode()).fetchall()
        return found

    def _check_newer(self, giving: Server, receiving: Server) -> None:
        """What the receiving side equals must see the capture: else changes between the two are in no log."""
        if self.applied is None:
            return
        query = "SELECT pg_visible_in_snapshot(%s::xid8, %s::pg_snapshot)"
        if not self.giving.execute(query, [self.capture.ready, self.applied]).fetchall()[0][0]:
            raise HomeportError(
                f"{receiving}: was copied before the changes of {giving} were captured, so some are in no log",
                "copy again: homeport db follow --again",
            )


def _check_capture(connection: Connection, giving: Server, move: str) -> Capture:
    capture = read_capture(connection)
    if capture is None or capture.ready is None:
        raise HomeportError(f"{giving}: its changes are not captured", "begin with: homeport db follow")
    if capture.move != move:
        raise HomeportError(
            f"{giving}: its changes are captured by another move, {capture.move}, into {capture.other}",
            "go on with that one, or end it: homeport db clean",
        )
    return capture


def check_quiet(connection: Connection, receiving: Server) -> None:
    """Foreign keys and triggers must not act on rows that come with all that they caused."""
    try:
        connection.execute("SET session_replication_role = replica")
        connection.execute("RESET session_replication_role")
    except psycopg.errors.InsufficientPrivilege:
        raise HomeportError(
            f"{receiving}: the role {receiving.user} may not set session_replication_role",
            "on RDS, connect as a member of rds_superuser; elsewhere, as a superuser:"
            f" GRANT SET ON PARAMETER session_replication_role TO {receiving.user}",
        ) from None
