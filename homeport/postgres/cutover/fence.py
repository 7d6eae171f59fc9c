"""A database → one in which nobody but Homeport writes, and the proof of it; and back.

Each table has a trigger that raises, made disabled while the application works. The fence is one transaction that
locks every table against writers and enables the triggers: it gets its locks only when every transaction that wrote
without the fence has ended, and when it commits, every later statement meets the trigger. A REVOKE proves neither.

Two locks are taken, one after the other. SHARE UPDATE EXCLUSIVE lets writers go on, and keeps out vacuum, index builds
and changes of the schema, however long one has to wait for these to end. SHARE ROW EXCLUSIVE then waits for writers
alone, and those that come later wait for it: that is what the budget limits.
https://www.postgresql.org/docs/current/explicit-locking.html
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg

from homeport.errors import HomeportError
from homeport.postgres.copy.reading import SYSTEM
from homeport.postgres.cutover import gate
from homeport.postgres.follow.captured import Capture
from homeport.postgres.locks import Blocker, find_blockers, retry
from homeport.postgres.server import Connection
from homeport.postgres.traces import FENCE

SHARES = (0.1, 0.25, 0.5, 1.0, 1.0, 1.0)  # of the budget, attempt by attempt: short ones end deadlocks early
PLAIN = 1  # attempts without the gate, which turns writers away that a failed attempt would only keep waiting
PAUSE_SECONDS = 0.5  # between attempts, for writers that queued behind one
QUIET_LOCK_MS = 10_000
AUTOVACUUM = "autovacuum worker"  # leaves by itself when the first of the two locks waits for it
IN_THE_WAY = (
    psycopg.errors.QueryCanceled,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
)
# Our own sessions that bring changes are let through: they are told by their name, which holds the move's.
FUNCTION = """
CREATE OR REPLACE FUNCTION homeport.fenced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('application_name') = 'homeport follow {move}' THEN RETURN NULL; END IF;
  RAISE EXCEPTION 'this database is being moved: % of % is refused', TG_OP, TG_RELID::regclass
    USING ERRCODE = 'read_only_sql_transaction', HINT = 'connect to the database that DATABASE_URL names now';
END $$"""
CREATE = """
CREATE TRIGGER homeport_fence BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {name}
  FOR EACH STATEMENT EXECUTE FUNCTION homeport.fenced();
ALTER TABLE ONLY {name} DISABLE TRIGGER homeport_fence"""
TRIGGERS = """
SELECT format('%I.%I', n.nspname, c.relname), t.tgenabled::text
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE t.tgname = 'homeport_fence' ORDER BY 1"""
PARENTS = f"""
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'p' AND {SYSTEM} ORDER BY 1"""


@dataclass(frozen=True)
class Attempt:
    """How the fence may be raised. `blocked` is told in words each time it could not."""

    budget_seconds: float
    terminate: bool
    blocked: Callable[[str], None]


def find_tables(connection: Connection, capture: Capture) -> tuple[str, ...]:
    """All that is fenced: the captured tables, and partitioned ones, whose own triggers a statement on them meets."""
    parents = [str(row[0]) for row in connection.execute(PARENTS.encode()).fetchall()]
    return tuple(sorted({table.name for table in capture.tables} | set(parents)))


def prepare_fence(connection: Connection, move: str, tables: Sequence[str]) -> None:
    """Make the triggers that are not there yet, disabled. Needs autocommit; may be stopped and run again."""
    for made in (FUNCTION, gate.MAKE):
        connection.execute(made.format(move=move.replace("'", "''")).encode())
    for create, present in ((CREATE, dict(_read(connection))), (gate.CREATE, gate.find_gates(connection))):
        for name in tables:
            if name not in present:
                _change(connection, create.format(name=name), name)


def is_up(connection: Connection, tables: Sequence[str]) -> bool:
    """Whether every one of these tables is fenced."""
    present = dict(_read(connection))
    return bool(tables) and all(present.get(name) == "A" for name in tables)


def raise_fence(
    connection: Connection, tables: Sequence[str], attempt: Attempt, last: Callable[[], None], *, keep: bool = True
) -> float:
    """Raise the fence; when its waiting began (time.monotonic) and so the freeze. Needs autocommit.

    `last` runs inside the transaction, when nobody writes any more: what it raises leaves the fence down. Without
    `keep` everything is taken back: a rehearsal. HomeportError names who is in the way after the last attempt; no
    attempt kept a writer waiting longer than the budget.
    """
    for number, share in enumerate(SHARES):
        began = time.monotonic()
        old = find_blockers(connection, tables, attempt.budget_seconds)
        if old := [blocker for blocker in old if blocker.kind != AUTOVACUUM]:
            _tell(connection, old, attempt)  # waiting for these would only freeze the others
        else:
            seconds = share * attempt.budget_seconds
            try:
                if keep and number >= PLAIN:
                    return _raise_gated(connection, tables, seconds, last)
                return _raise(connection, tables, seconds, last, keep)
            except IN_THE_WAY:
                waited = time.monotonic() - began
                _tell(connection, find_blockers(connection, tables, waited / 2), attempt)
        time.sleep(PAUSE_SECONDS)
    names = [str(blocker) for blocker in find_blockers(connection, tables, 0.0)[:10]]
    raise HomeportError(
        "\n".join(["the fence: writers did not end in time", *names]),
        "end these sessions (--terminate does), or commit or roll back what is prepared; then start again",
    )


def lower_fence(connection: Connection) -> None:
    """Let everybody write again; in the caller's transaction, if there is one."""
    names = [name for name, enabled in _read(connection) if enabled != "D"]
    if names:
        connection.execute(_each(f"ALTER TABLE ONLY {{}} DISABLE TRIGGER {FENCE}", names))


def _raise_gated(connection: Connection, tables: Sequence[str], seconds: float, last: Callable[[], None]) -> float:
    """The same, when those that write have ended and new ones are turned away."""
    gate.enable(connection, tables)
    began = time.monotonic()
    gate.close(connection, seconds)
    try:
        gate.wait_for_writers(connection, seconds / 2)
        _raise(connection, tables, seconds, last, keep=True)
    except BaseException:
        gate.open_again(connection)
        raise
    return began


def _raise(
    connection: Connection, tables: Sequence[str], seconds: float, last: Callable[[], None], keep: bool
) -> float:
    with connection.transaction():
        names = ", ".join(f"ONLY {name}" for name in tables)
        connection.execute(f"SET LOCAL lock_timeout = {QUIET_LOCK_MS}".encode())
        connection.execute(f"LOCK TABLE {names} IN SHARE UPDATE EXCLUSIVE MODE".encode())
        connection.execute(f"SET LOCAL statement_timeout = {max(1, round(seconds * 1000))}".encode())
        began = time.monotonic()
        connection.execute(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE".encode())
        connection.execute("SET LOCAL statement_timeout = 0")
        last()
        enable = f"ALTER TABLE ONLY {{}} ENABLE ALWAYS TRIGGER {FENCE}, DISABLE TRIGGER {gate.TRIGGER}"
        connection.execute(_each(enable, tables))
        if not keep:
            raise psycopg.Rollback
    return began


def _change(connection: Connection, statements: str, table: str) -> None:
    retry(connection, lambda: connection.execute(statements.encode()), table, [table])


def _tell(connection: Connection, blockers: Sequence[Blocker], attempt: Attempt) -> None:
    for blocker in blockers[:10]:
        ended = attempt.terminate and blocker.kind == "client backend" and _end(connection, blocker)
        attempt.blocked(f"the fence: {blocker}{': ended it' if ended else ''}")


def _end(connection: Connection, blocker: Blocker) -> bool:
    """Whether its session could be ended: a superuser's cannot."""
    try:
        return bool(connection.execute("SELECT pg_terminate_backend(%s)", [blocker.pid]).fetchall()[0][0])
    except psycopg.errors.InsufficientPrivilege:
        return False


def _read(connection: Connection) -> list[tuple[str, str]]:
    """Fenced tables, and how their triggers are enabled."""
    return [(str(name), str(enabled)) for name, enabled in connection.execute(TRIGGERS.encode()).fetchall()]


def _each(statement: str, names: Sequence[str]) -> bytes:
    return "; ".join(statement.format(name) for name in names).encode()
