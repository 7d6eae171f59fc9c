"""The sessions that deltas are made in: three or four of the giving side, two of the receiving one.

Whatever tells of changes (logs that triggers fill, a slot), here it is one answer: which tables changed, and how much.
"""

import time
from dataclasses import dataclass, field, replace

from homeport.errors import HomeportError
from homeport.postgres.copy import target as receiver
from homeport.postgres.copy.reading import read_forms, read_search_path
from homeport.postgres.copy.wire import Wire
from homeport.postgres.follow import statements
from homeport.postgres.follow.captured import (
    KEEP_FILES,
    REWRITTEN,
    Capture,
    Captured,
    choose_forms,
    operator_path,
    read_capture,
)
from homeport.postgres.follow.slot import find_slot_problem, find_slots
from homeport.postgres.follow.stream import Stream, parse_lsn, render_lsn
from homeport.postgres.server import Connection, Server, connect
from homeport.postgres.silence import how_to_be_replica, may_be_replica
from homeport.postgres.state import APPLY, APPLY_READ, ON_RECEIVER, read_applied, read_position

OIDS = """
SELECT number, to_regclass(name)::oid::bigint FROM homeport.captured
 WHERE published IS NOT NULL AND to_regclass(name) IS NOT NULL"""
PLACE = "SELECT pg_current_wal_insert_lsn()::text"
LOCK_TIMEOUT_MS = 10_000  # ACCESS SHARE: only a migration or a TRUNCATE keeps us waiting
AT_ONCE = 100  # logs that are asked in one statement
COUNTED_MAX = 10_000_000
CONFIRM_SECONDS = 10.0  # how often the slot of a database that is idle is told so: it keeps the WAL of the others too


@dataclass(frozen=True)
class Pending:
    """What a delta will carry: log entries per table, those of deleted rows, and tables to be loaded whole."""

    rows: dict[int, int] = field(default_factory=dict)
    deletes: dict[int, int] = field(default_factory=dict)
    whole: frozenset[int] = frozenset()
    filled: frozenset[int] = frozenset()  # logs that hold anything, applied or not

    @property
    def numbers(self) -> frozenset[int]:
        return frozenset(self.rows) | self.whole


class Sessions:
    """One session that begins and clears on the giving side, one that reads there, and one that reads the slot if there
    is one; one that writes, one that holds the lock on the receiving side."""

    def __init__(self, giving: Server, receiving: Server, move: str, prepared: bool) -> None:
        application = f"follow {move}"
        self._opened: list[Connection | Wire | Stream] = []
        self._stream: Stream | None = None
        self._confirmed = time.monotonic()
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
            if self.capture.slot:
                _check_slot(self.giving, giving, self.capture, read_position(held))
                self._stream = self._open_stream(giving, application, self.capture.slot)
                self.read_slot()  # what a copy has left takes its time, and no snapshot should wait for it
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
        self.reader.execute(f"BEGIN ISOLATION LEVEL REPEATABLE READ{'' if self._stream else ' READ ONLY'}")
        if snapshot:
            self.reader.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        for start in range(0, len(locked), AT_ONCE):
            names = ", ".join(f"ONLY {name}" for name in locked[start : start + AT_ONCE])
            self.reader.execute(f"LOCK TABLE {names} IN ACCESS SHARE MODE")
        export = f"'{snapshot}'" if snapshot else "pg_export_snapshot()"
        visible, name = self.reader.execute(f"SELECT pg_current_snapshot()::text, {export}")
        self.read_slot()  # after the snapshot: so all that it sees is read
        self.giving.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        self.giving.execute("SET LOCAL synchronous_commit = off")  # a log that is not cleared is applied once more
        self.giving.execute(f"SET TRANSACTION SNAPSHOT '{name}'".encode())
        return str(visible)

    def read_slot(self) -> None:
        """Read what was committed until now, if a slot tells of it. Nothing may be open on the giving side."""
        if self._stream is None or parse_lsn(self._ask(PLACE)) <= self._stream.end:
            return
        mark = self._ask("UPDATE homeport.mark SET number = number + 1 RETURNING number::text")
        self._stream.read(int(mark), parse_lsn(self._ask(PLACE)))

    def find_changed(self) -> frozenset[int]:
        """Numbers of tables whose logs hold anything, or of which the slot told, and of those to be loaded whole."""
        parts = [f"SELECT {each.number} WHERE EXISTS (SELECT FROM {each.log})" for each in self._logged()]
        told = self._stream.rows().keys() if self._stream else ()
        return frozenset(row[0] for row in self._union(parts)).union(told, self._read_whole())

    def count(self, filled: frozenset[int]) -> Pending:
        """What is in these logs, and what the slot told, and was not applied yet."""
        tables = [table for table in self._logged() if table.number in filled]
        parts = [statements.count_entries(table, self.applied, COUNTED_MAX) for table in tables]
        rows = [row for row in self._union(parts) if row[1]]
        deletes = {row[0]: row[2] for row in rows if row[2]}
        told = self._stream.rows() if self._stream else {}
        return Pending({row[0]: row[1] for row in rows} | told, deletes, self._read_whole(), filled)

    def is_due(self, visible: str) -> bool:
        """Whether the slot should hear how far we are, though nothing has changed."""
        if self._stream is None or time.monotonic() - self._confirmed < CONFIRM_SECONDS:
            return False
        return self._stream.seen(visible) > 0

    def stage(self, table: Captured) -> None:
        """Give the reader what the slot told of a table, where it would find a log."""
        if self._stream and table.published is not None:
            self.reader.load(statements.stage_keys(table), self._stream.keys(table.number))

    def apply(self, visible: str) -> str:
        """Records on the receiving side that it equals this snapshot, and how far the slot may be told to go on."""
        place = self._stream.seen(visible) if self._stream else 0
        return f"{APPLY.format(visible)}; {APPLY_READ.format(render_lsn(place))}" if place else APPLY.format(visible)

    def clear(self, pending: Pending) -> None:
        """Take what the snapshot saw out of the logs, also what had been applied before."""
        parts = [f"DELETE FROM {table.log}" for table in self._logged() if table.number in pending.filled]
        numbers = ", ".join(map(str, sorted(pending.whole)))
        parts += ["DELETE FROM homeport.reload", f"{KEEP_FILES} AND k.number IN ({numbers})"] if numbers else []
        self.giving.execute("; ".join([*parts, "COMMIT"]).encode())

    def forget(self, visible: str) -> None:
        """The receiving side has recorded this snapshot (`apply`): the slot need not give again what that saw."""
        self.applied = visible
        if self._stream:
            self._stream.forget(visible)
            self._confirmed = time.monotonic()

    def _open_stream(self, giving: Server, application: str, slot: str) -> Stream:
        self.giving.execute("SET synchronous_commit = local")  # a slot gives only what is on the disk
        tables = {table.number: table for table in self.capture.tables}
        oids = {oid: tables[number] for number, oid in self.giving.execute(OIDS).fetchall()}
        mark = int(self._ask("SELECT 'homeport.mark'::regclass::oid::text"))
        stream = Stream(giving, application=application, slot=slot, tables=oids, mark=mark)
        self._opened.append(stream)
        return stream

    def _logged(self) -> list[Captured]:
        """Tables whose changes triggers log."""
        return [table for table in self.capture.tables if table.published is None]

    def _ask(self, query: str) -> str:
        return str(self.giving.execute(query.encode()).fetchall()[0][0])

    def _wire(self, server: Server, application: str, path: str) -> Wire:
        settings = {"search_path": path, "client_min_messages": "error", "lock_timeout": str(LOCK_TIMEOUT_MS)}
        wire = Wire(server, application=application, settings=settings)
        self._opened.append(wire)
        return wire

    def _read_whole(self) -> frozenset[int]:
        known = {table.number for table in self.capture.tables}
        rows = self.giving.execute(f"SELECT number FROM homeport.reload UNION {REWRITTEN}".encode()).fetchall()
        told = self._stream.whole() if self._stream else ()
        return frozenset(row[0] for row in rows).union(told) & known

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


def _check_slot(connection: Connection, giving: Server, capture: Capture, read: str | None) -> None:
    """HomeportError if the slot lacks changes: it is gone, was given up, or stands beyond all that it was told."""
    name = capture.slot or ""
    slot = find_slots(connection).get(name)
    known = max(parse_lsn(place) for place in (capture.began, read, "0/0") if place)
    problem = find_slot_problem(name, slot)
    if slot and not problem and parse_lsn(slot.confirmed or "0/0") > known:
        problem = f"{name} is another one of that name: it begins at {slot.confirmed}"
    if not problem and not connection.execute("SELECT FROM pg_publication WHERE pubname = %s", [name]).fetchall():
        problem = f"{name} has lost its publication"
    if problem:
        raise HomeportError(
            f"{giving}: the replication slot {problem}; what was changed since is told by nothing",
            "copy again: homeport db follow --again; the same with --capture triggers needs no slot",
        )


def check_quiet(connection: Connection, receiving: Server) -> None:
    """Foreign keys and triggers must not act on rows that come with all that they caused. Needs autocommit."""
    if not may_be_replica(connection):
        raise HomeportError(
            f"{receiving}: the role {receiving.user} may not set session_replication_role",
            how_to_be_replica(receiving.user, connection.info.server_version),
        )
