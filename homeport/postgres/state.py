"""What is known about a move, in two places: a SQLite file beside the user, and a table on the target.

The target's rows are the truth about the target: each is written by the transaction that did what it says, so that
whoever starts next, on this machine or on another, knows exactly what is there. The file remembers which move this
is, keeps a second process out, and holds the history that `status` shows. Neither ever holds a password.
"""

import fcntl
import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from homeport.errors import HomeportError
from homeport.postgres.server import Connection, Server, Unreachable, connect

VERSION = 1
TABLES = """
CREATE TABLE IF NOT EXISTS move (id TEXT NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL, created REAL NOT NULL);
CREATE TABLE IF NOT EXISTS event (at REAL NOT NULL, step TEXT NOT NULL, detail TEXT NOT NULL);
"""
ON_TARGET = """
CREATE SCHEMA IF NOT EXISTS homeport;
CREATE TABLE IF NOT EXISTS homeport.move (
  id text PRIMARY KEY, source text NOT NULL, before text NOT NULL, brought text NOT NULL, settings text NOT NULL,
  snapshot text, contents text, rest text, started timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS homeport.done (
  task text PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE IF NOT EXISTS homeport.phase (
  number bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, name text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(), detail jsonb NOT NULL DEFAULT '{}');
"""
RECORD = ("move", "done", "phase")  # these tables
# On the side that receives changes: the snapshot of the other side that this one equals, and how far into its WAL the
# replication slot there, if there is one, may have been told that it was read.
ON_RECEIVER = """
CREATE SCHEMA IF NOT EXISTS homeport;
CREATE TABLE IF NOT EXISTS homeport.applied (one boolean PRIMARY KEY DEFAULT true CHECK (one), snapshot text NOT NULL,
  read pg_lsn);
"""
APPLY = """
INSERT INTO homeport.applied (snapshot) VALUES ('{0}') ON CONFLICT (one) DO UPDATE SET snapshot = excluded.snapshot"""
APPLY_READ = "UPDATE homeport.applied SET read = '{0}'"
PHASES = (
    "copying", "following", "proving", "proven", "fencing", "fenced", "drained", "verified", "switching", "switched",
    "returning", "returned", "opened", "abandoned",
)  # fmt: skip
BEGAN, ENDED = "copy began", "the move ended"  # in a file's history: whose it is from the one to the other


@dataclass(frozen=True)
class Event:
    at: float  # seconds since 1970
    step: str
    detail: dict[str, object]


@dataclass(frozen=True)
class Move:
    """A move as the target knows it. `snapshot` is None until the schema is there and rows may come."""

    id: str
    source: str
    before: tuple[str, ...]  # what the target held already: never dropped
    brought: tuple[str, ...] = ()  # what the source held when the copy began: this the target may hold by our doing
    settings: Mapping[str, str] = field(default_factory=dict)  # the target's own, before
    snapshot: str | None = None
    contents: str | None = None
    rest: tuple[str, ...] = ()  # the scripts of what comes last


@dataclass(frozen=True)
class Phase:
    """Where a move stands: one of PHASES, and since when (seconds since 1970, by the target's clock)."""

    name: str
    at: float
    detail: dict[str, object]


class State:
    """The file of one move, open."""

    def __init__(self, file: Path, connection: sqlite3.Connection) -> None:
        self.file = file
        self._connection = connection
        self._lock = threading.Lock()  # workers record too

    @property
    def id(self) -> str:
        return str(self._connection.execute("SELECT id FROM move").fetchone()[0])

    def adopt(self, identifier: str) -> None:
        """Take over a move that another machine began."""
        with self._lock, self._connection:
            self._connection.execute("UPDATE move SET id = ?", [identifier])

    def record(self, step: str, **detail: object) -> None:
        """Append to the history."""
        self.note(step, **detail)
        self.write_notes()

    def note(self, step: str, **detail: object) -> None:
        """Append to the history what there may be hundreds of in a second. It is written with what is recorded next, by
        `write_notes`, or in the end; a kill before that loses it.
        """
        with self._lock:
            self._connection.execute("INSERT INTO event VALUES (?, ?, ?)", [time.time(), step, json.dumps(detail)])

    def write_notes(self) -> None:
        with self._lock:
            self._connection.commit()

    @property
    def has_begun(self) -> bool:
        """Whether a copy began by this file, of a move that has not ended since."""
        marks = [event.step for event in self.events() if event.step in (BEGAN, ENDED)]
        return marks[-1:] == [BEGAN]

    def events(self) -> list[Event]:
        rows = self._connection.execute("SELECT at, step, detail FROM event ORDER BY rowid")
        return [Event(at, step, json.loads(detail)) for at, step, detail in rows]


@contextmanager
def open_state(file: Path, source: Server, target: Server) -> Iterator[State]:
    """The state of the move from `source` to `target`, made if there is none, for this process alone.

    A file in which nothing has happened yet, or whose move has ended, belongs to whoever opens it: a URL that was wrong
    leaves no trace.
    HomeportError if the file belongs to another move, another process has it open, or it is no state of a move.
    """
    with _open_lock(file) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HomeportError(
                f"{file}: another process works on this move", "wait for it, or stop it; then start again"
            ) from None
        with closing(sqlite3.connect(file, check_same_thread=False)) as connection:
            try:
                if (known := _prepare(connection, file, describe(source), describe(target))) is not None:
                    raise _other_move(file, known, source, target)
            except sqlite3.DatabaseError as error:
                raise HomeportError(
                    f"{file}: cannot be used as the state of a move: {error}", "name another file with --state"
                ) from None
            try:
                yield State(file, connection)
            finally:
                with suppress(sqlite3.Error):  # of a full disk: what led here is the better error
                    connection.commit()


def describe(server: Server) -> str:
    """The database, whoever connects to it: `host:port/database`."""
    return str(server).removeprefix(f"{server.user}@")


def read_move(connection: Connection) -> Move | None:
    """The move that the target is the target of, if any."""
    if not connection.execute("SELECT to_regclass('homeport.move') IS NOT NULL").fetchall()[0][0]:
        return None
    query = "SELECT id, source, before, brought, settings, snapshot, contents, rest FROM homeport.move"
    rows = connection.execute(query).fetchall()
    if not rows:
        return None
    identifier, source, *texts, snapshot, contents, rest = rows[0]
    before, brought, settings = map(json.loads, texts)
    scripts = tuple(json.loads(rest))
    return Move(identifier, source, tuple(before), tuple(brought), settings, snapshot, contents, scripts)


def write_move(connection: Connection, move: Move) -> None:
    """Make the target's table if needed, and begin the move in it: nothing is done yet."""
    with connection.transaction():
        connection.execute(ON_TARGET.encode())
        connection.execute("DELETE FROM homeport.move")
        connection.execute("DELETE FROM homeport.done")
        values = [move.id, move.source, json.dumps(move.before), json.dumps(move.brought), json.dumps(move.settings)]
        connection.execute(
            "INSERT INTO homeport.move (id, source, before, brought, settings, snapshot, contents, rest)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [*values, move.snapshot, move.contents, json.dumps(move.rest)],
        )


def adopt_move(state: State, connection: Connection, source: Server, target: Server) -> Move | None:
    """The move that the target knows, which `state` is then about; None if it knows none.

    HomeportError if the target belongs to a move from another source, or the file to a move into another target.
    """
    move = read_move(connection)
    if move is None or move.id == state.id:
        return move
    if move.source != describe(source):
        raise HomeportError(
            f"{target}: is the target of a move from {move.source}, not from {describe(source)}",
            "take another database; or name that source; to give that move up: homeport db clean --abandon",
        )
    if state.has_begun:
        raise HomeportError(
            f"{state.file}: is the state of another move (the target belongs to move {move.id})",
            "name another file with --state",
        )
    state.adopt(move.id)
    return move


def read_applied(connection: Connection) -> str | None:
    """The snapshot of the other side that this one equals, as `pg_snapshot` writes it."""
    if not connection.execute("SELECT to_regclass('homeport.applied') IS NOT NULL").fetchall()[0][0]:
        return None
    rows = connection.execute("SELECT snapshot FROM homeport.applied").fetchall()
    return str(rows[0][0]) if rows else None


def read_position(connection: Connection) -> str | None:
    """How far into the WAL of the other side its replication slot may have been told to go on."""
    rows = connection.execute("SELECT read::text FROM homeport.applied").fetchall()
    return None if not rows or rows[0][0] is None else str(rows[0][0])


def write_applied(connection: Connection, snapshot: str) -> None:
    with connection.transaction():
        connection.execute(ON_RECEIVER.encode())
        connection.execute(APPLY.format(snapshot).encode())


def read_phase(connection: Connection) -> Phase | None:
    """Where the move into this database stands; None if there is none, or it never got further than a copy."""
    if not connection.execute("SELECT to_regclass('homeport.phase') IS NOT NULL").fetchall()[0][0]:
        return None
    query = "SELECT name, extract(epoch FROM at)::float8, detail FROM homeport.phase ORDER BY number DESC LIMIT 1"
    rows = connection.execute(query).fetchall()
    return Phase(str(rows[0][0]), float(rows[0][1]), dict(rows[0][2])) if rows else None


def write_phase(connection: Connection, name: str, **detail: object) -> None:
    """The move has come to this phase; in the caller's transaction, if there is one."""
    connection.execute(
        f"INSERT INTO homeport.phase (name, detail) VALUES ('{name}', %s)".encode(), [json.dumps(detail)]
    )


def write_abandoned(connection: Connection) -> None:
    """The move is given up: whoever copies into this target again begins anew. Needs autocommit."""
    with connection.transaction():
        connection.execute("DELETE FROM homeport.done")
        write_phase(connection, "abandoned")


def read_done(connection: Connection) -> frozenset[str]:
    """Tasks whose effect is committed on the target."""
    return frozenset(str(row[0]) for row in connection.execute("SELECT task FROM homeport.done").fetchall())


def done_statement(task: str) -> str:
    """What a task's own transaction runs first. Fails with SQLSTATE 23505 if the task has been done."""
    quoted = task.replace("'", "''")
    return f"INSERT INTO homeport.done (task) VALUES ('{quoted}')"


def _open_lock(file: Path) -> IO[str]:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return file.with_name(f"{file.name}.lock").open("a")
    except OSError as error:
        raise HomeportError(
            f"{file}: the state of a move cannot be written there: {error.strerror}", "name another file with --state"
        ) from None


def _prepare(connection: sqlite3.Connection, file: Path, source: str, target: str) -> tuple[str, str] | None:
    """Make the file that of this move; the sides of another move, if it is one that has begun."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    if connection.execute("PRAGMA user_version").fetchone()[0] > VERSION:
        raise HomeportError(f"{file}: was written by a newer Homeport", "use that version, or another file")
    connection.executescript(TABLES)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    with connection:
        known = connection.execute("SELECT source, target FROM move").fetchone()
        if known is None:
            values = [secrets.token_hex(6), source, target, time.time()]
            connection.execute("INSERT INTO move VALUES (?, ?, ?, ?)", values)
        elif known != (source, target):
            last = connection.execute("SELECT step FROM event ORDER BY rowid DESC LIMIT 1").fetchone()
            if last and last[0] != ENDED:
                return str(known[0]), str(known[1])
            if last:
                connection.execute("DELETE FROM event")
                connection.execute("UPDATE move SET id = ?", [secrets.token_hex(6)])
            connection.execute("UPDATE move SET source = ?, target = ?", [source, target])
    return None


def _other_move(file: Path, known: tuple[str, str], source: Server, target: Server) -> HomeportError:
    """What is wrong: a side that nobody answers for, which is probably a slip of the pen, else the file."""
    try:
        for server, what in ((source, "the source"), (target, "the target")):
            connect(server, application="look", what=what).close()
    except Unreachable as error:
        return error
    return HomeportError(
        f"{file}: is the state of another move, from {known[0]} to {known[1]}; this one is from {describe(source)} "
        f"to {describe(target)}",
        "name another file with --state",
    )
