"""Both sides of a move and its state file → where it stands, what is left on either side, and what to type next.

Nothing is locked and nothing is changed, so it may be asked while another process works on the move. What cannot be
reached is told, and the rest is said without it.
"""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from homeport.errors import HomeportError
from homeport.postgres.copy.plan import REST
from homeport.postgres.follow.captured import Capture, read_capture
from homeport.postgres.follow.slot import find_slot_problem, find_slots
from homeport.postgres.server import Connection, Server, connect, explain
from homeport.postgres.state import Event, Move, Phase, describe, read_applied, read_done, read_move, read_phase

COPIED = "copied"  # by `copy` alone: no phase of a move that follows
BACKWARD = ("switching", "switched", "returning")  # the target's changes are what the other side lacks
FENCED = ("fencing", "fenced", "drained", "verified", *BACKWARD)  # the source refuses writes, or may
FENCE = "homeport_fence"
LEFT = """
SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = n.oid AND relkind = 'r'),
       (SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
         WHERE relnamespace = n.oid AND relkind = 'r')
  FROM pg_namespace n WHERE n.nspname = 'homeport'"""
TRIGGERS = f"""
SELECT count(*), count(DISTINCT t.tgrelid), count(*) FILTER (WHERE t.tgname = '{FENCE}'),
       count(*) FILTER (WHERE t.tgname = '{FENCE}' AND t.tgenabled <> 'D')
  FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE n.nspname = 'homeport' AND NOT t.tgisinternal AND t.tgparentid = 0"""
# What a side lacks for as long as changes are brought to it, by the table that remembers it.
MISSING = {"homeport.dropped": "foreign keys are dropped", "homeport.silenced": "triggers and rules are disabled"}
SESSIONS = """
SELECT DISTINCT split_part(application_name, ' ', 2) FROM pg_stat_activity
 WHERE datname = current_database() AND application_name LIKE 'homeport %' AND application_name <> 'homeport status'
 ORDER BY 1"""
KEPT_BYTES = 1_000_000_000  # of WAL for the sake of a slot, from which on it is worth a warning
AT_ONCE = 100  # logs that are asked in one statement
LOCK_TIMEOUT_MS = 2000  # whoever removes a log keeps us waiting no longer


@dataclass(frozen=True)
class Side:
    """One database. `rows` and `bytes` wait in its logs for the other side; `whole`: tables that will be loaded whole.

    `fenced`: tables on which the fence is in force, of `fences`. `kept`: bytes of WAL that a slot keeps, `slot_problem`
    why it is of no use. `left` says what of Homeport is in it, `working` which commands have a session there, `problem`
    why nothing is known.
    """

    database: str
    problem: str | None = None
    is_captured: bool = False
    rows: int = 0
    bytes: int = 0
    whole: int = 0
    fenced: int = 0
    fences: int = 0
    kept: int = 0
    slot_problem: str | None = None
    left: tuple[str, ...] = ()
    working: tuple[str, ...] = ()


@dataclass(frozen=True)
class Next:
    """A command (`db cutover`), and why it is the next."""

    command: str
    because: str


@dataclass(frozen=True)
class Status:
    """`phase` is one of state.PHASES, COPIED, or None: there is no move, or nobody can tell.

    `since` is in seconds since 1970 by the target's clock. `events` are those of the state file, oldest first.
    """

    move: str | None
    phase: str | None
    step: str  # of the way back
    since: float | None
    source: Side
    target: Side
    events: tuple[Event, ...]
    notes: tuple[str, ...]
    next: Next


@dataclass(frozen=True)
class Record:
    """What the target says of the move."""

    move: Move | None = None
    is_copied: bool = False
    phase: Phase | None = None
    applied: str | None = None


@dataclass(frozen=True)
class Looked:
    """What was seen of one side."""

    side: Side
    record: Record = field(default_factory=Record)
    applied: str | None = None  # the snapshot of the other side that this one equals


def read_status(source: Server, target: Server, state_file: Path) -> Status:
    """Where the move from `source` to `target` stands. Changes nothing; waits for nobody."""
    there = _look(target, "the target", None)
    here = _look(source, "the source", there.applied)
    if here.applied is not None:  # the other way round, entries that were taken in already are known now
        there = _look(target, "the target", here.applied)
    events = read_events(state_file, source, target)
    return conclude(there.record, here.side, there.side, events)


def read_events(file: Path, source: Server, target: Server) -> tuple[Event, ...]:
    """The history in a state file, without taking it; nothing if there is none, or it is of another move."""
    if not file.exists():
        return ()
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            if connection.execute("SELECT source, target FROM move").fetchone() != (describe(source), describe(target)):
                return ()
            rows = connection.execute("SELECT at, step, detail FROM event ORDER BY rowid").fetchall()
    except sqlite3.DatabaseError as error:
        raise HomeportError(f"{file}: cannot be read: {error}", "name the state file of this move: --state") from None
    return tuple(Event(at, step, json.loads(detail)) for at, step, detail in rows)


def conclude(record: Record, source: Side, target: Side, events: Sequence[Event]) -> Status:
    """Pure: what was seen of both sides, in one answer."""
    phase = record.phase.name if record.phase else None
    if phase in (None, "abandoned") and record.move is not None:
        phase = COPIED if record.is_copied else phase or "copying"
    step = str(record.phase.detail.get("step", "")) if record.phase else ""
    return Status(
        move=record.move.id if record.move else None,
        phase=phase,
        step=step,
        since=record.phase.at if record.phase else None,
        source=source,
        target=target,
        events=tuple(events),
        notes=tuple(_find_notes(phase, source, target)),
        next=find_next(phase, source, target, has_begun=record.phase is not None),
    )


def find_next(phase: str | None, source: Side, target: Side, *, has_begun: bool) -> Next:
    """The next command. `has_begun`: the move is one that follows, not a copy alone."""
    if problem := target.problem or source.problem:
        return Next("db status", f"see to it that both sides can be reached ({problem})")
    if phase == "copying" and not has_begun:
        return Next("db copy", "the copy is not complete; it goes on")
    if phase == "abandoned" and source.left:
        return Next("db clean --abandon", "the move is being given up; it goes on")
    if phase in ("switched", "returned") and not source.left:
        return Next("db clean --target", "the source is clean, the target keeps the record of the move")
    return NEXT[phase]


NEXT: dict[str | None, Next] = {
    None: Next("db check", "no move has begun"),
    COPIED: Next("db follow --again", "it was copied without capture: what was written since is in no log"),
    "copying": Next("db follow", "the copy is not complete; it goes on"),
    "following": Next("db cutover", "the target follows; --dry-run shows how long the freeze would be"),
    "proving": Next("db cutover", "it was stopped while it proved; the source serves"),
    "proven": Next("db cutover", "it was stopped before the fence; the source serves"),
    "opened": Next("db cutover", "a cutover was undone; the source serves"),
    "fencing": Next("db cutover", "writers may be refused: it goes on, and `db rollback` opens the source"),
    "fenced": Next("db cutover", "writers are refused: it goes on, and `db rollback` opens the source"),
    "drained": Next("db cutover", "writers are refused: it goes on, and `db rollback` opens the source"),
    "verified": Next("db cutover", "both sides are equal, only the switch is left; `db rollback` opens the source"),
    "switching": Next("db cutover", "the switch has begun and did not succeed: it is made again; or `db rollback`"),
    "switched": Next("db clean", "when nobody wants to go back any more; until then, `db rollback` loses nothing"),
    "returning": Next("db rollback", "the way back has begun; it goes on"),
    "returned": Next("db follow", "the source serves again: to try once more; to give up, `db clean --abandon`"),
    "abandoned": Next("db follow", "the move was given up: to begin anew; to drop the copy, `db clean --abandon`"),
}


def _find_notes(phase: str | None, source: Side, target: Side) -> list[str]:
    """What is not as one would expect."""
    notes = []
    if source.kept > KEPT_BYTES:
        notes.append(
            f"the source keeps {source.kept / 1e9:,.1f} GB of WAL for the replication slot: its disk may fill;"
            " `homeport db follow` reads it, `homeport db clean` removes the slot"
        )
    if source.slot_problem:
        notes.append(f"the replication slot {source.slot_problem}: `homeport db follow --again` copies anew")
    if phase == "following" and not source.problem and "follow" not in source.working + target.working:
        notes.append("nobody follows now: changes wait in the source's logs until `homeport db follow`")
    if source.fenced and phase not in FENCED:
        notes.append(f"the source refuses writes to {source.fenced} tables, though the move is {phase or 'not known'}")
    if 0 < source.fenced < source.fences:
        notes.append(f"the fence is in force on {source.fenced} of {source.fences} tables only")
    if phase == "switched" and not source.fenced and not source.problem and source.fences:
        notes.append("the source takes writes: rows that are written there are on no other side")
    return notes


def _look(server: Server, what: str, applied: str | None) -> Looked:
    """One side; `applied` is the snapshot of it that the other side equals, if that is known."""
    try:
        with connect(
            server, application="status", autocommit=True, lock_timeout_ms=LOCK_TIMEOUT_MS, what=what
        ) as connection:
            try:
                return _read(connection, describe(server), applied)
            except psycopg.Error as error:
                raise explain(server, error, what) from None
    except HomeportError as error:
        return Looked(Side(describe(server), problem=error.message))


def _read(connection: Connection, database: str, applied: str | None) -> Looked:
    move, capture = read_move(connection), read_capture(connection)
    done = read_done(connection) if move else frozenset()
    rows, size, whole = _count(connection, capture, applied) if capture else (0, 0, 0)
    triggers, tables, fences, fenced = (int(n) for n in connection.execute(TRIGGERS.encode()).fetchall()[0])
    left = [f"schema homeport ({n} tables, {size_:,} bytes)" for n, size_ in connection.execute(LEFT).fetchall()]
    left += [f"{triggers} triggers on {tables} tables"] if triggers else []
    left += _find_missing(connection)
    slots = find_slots(connection)
    left += [f"replication slot {name} (keeps {slot.kept_bytes:,} bytes of WAL)" for name, slot in slots.items()]
    wanted = capture.slot if capture else None
    side = Side(
        database=database,
        is_captured=capture is not None and capture.ready is not None,
        rows=rows,
        bytes=size,
        whole=whole,
        fenced=fenced,
        fences=fences,
        kept=sum(each.kept_bytes for each in slots.values()),
        slot_problem=find_slot_problem(wanted, slots.get(wanted)) if wanted else None,
        left=tuple(left),
        working=tuple(str(row[0]) for row in connection.execute(SESSIONS).fetchall()),
    )
    return Looked(side, Record(move, REST in done, read_phase(connection)), read_applied(connection))


def _find_missing(connection: Connection) -> list[str]:
    found = []
    for table, what in MISSING.items():
        if connection.execute("SELECT to_regclass(%s) IS NOT NULL", [table]).fetchall()[0][0]:
            (number,) = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchall()[0]
            found += [f"{number} {what}"] if number else []
    return found


def _count(connection: Connection, capture: Capture, applied: str | None) -> tuple[int, int, int]:
    """Entries that wait in the logs of a side, their bytes, and tables that wait to be loaded whole."""
    rows = size = 0
    logged = [table for table in capture.tables if table.published is None]
    for start in range(0, len(logged), AT_ONCE):
        parts = []
        for table in logged[start : start + AT_ONCE]:
            unseen = f" WHERE NOT pg_visible_in_snapshot(x, '{applied}')" if applied and not table.key else ""
            parts.append(f"SELECT count(*), coalesce(sum(pg_column_size(e.*)), 0) FROM {table.log} AS e{unseen}")
        for number, length in connection.execute(" UNION ALL ".join(parts).encode()).fetchall():
            rows, size = rows + int(number), size + int(length)
    (whole,) = connection.execute("SELECT count(DISTINCT number) FROM homeport.reload").fetchall()[0]
    return rows, size, int(whole)
