"""Locks that others hold: waited for without keeping anybody waiting long, and who they are.

Whoever waits for a lock makes all who come later wait too. So nobody here waits long: it is tried again and again.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import psycopg

from homeport.errors import HomeportError
from homeport.postgres.server import Connection

DDL_LOCK_MS, DDL_ATTEMPTS = 1_000, 10
ATTEMPTS, TOLD_EVERY = 60, 10  # of what may wait for a migration
PAUSE_SECONDS = 0.5
NAMED_MAX = 5
# Who holds what keeps a change of these tables out, and began its transaction before `%s` seconds ago. A prepared
# transaction has no process, but it holds the lock on its own number.
HOLDERS = """
SELECT l.pid, min(p.gid), min(coalesce(a.usename::text, p.owner::text, '')), min(coalesce(a.application_name, '')),
       min(coalesce(a.backend_type, '')), min(coalesce(a.state, 'prepared')),
       extract(epoch FROM clock_timestamp() - min(coalesce(a.xact_start, p.prepared)))::float8,
       min(format('%%I.%%I', n.nspname, c.relname))
FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_activity a ON a.pid = l.pid
LEFT JOIN pg_locks own ON l.pid IS NULL AND own.pid IS NULL AND own.locktype = 'transactionid'
  AND own.mode = 'ExclusiveLock' AND own.virtualtransaction = l.virtualtransaction
LEFT JOIN pg_prepared_xacts p ON p.transaction = own.transactionid
WHERE l.locktype = 'relation' AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.mode NOT IN ('AccessShareLock', 'RowShareLock') AND l.relation = ANY (%s::text[]::regclass[]::oid[])
  AND l.pid IS DISTINCT FROM pg_backend_pid()
GROUP BY l.pid, l.virtualtransaction
HAVING min(coalesce(a.xact_start, p.prepared)) < clock_timestamp() - %s * interval '1 second'
ORDER BY 7 DESC NULLS LAST"""

Answer = TypeVar("Answer")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Blocker:
    """A transaction that has written and not ended. Without a `pid` it is a prepared one."""

    pid: int | None
    prepared: str | None
    user: str
    application: str
    kind: str  # as in pg_stat_activity.backend_type
    state: str
    seconds: float
    table: str

    def __str__(self) -> str:
        if self.pid is None:
            return f"prepared transaction {self.prepared} of {self.user}, for {self.seconds:.1f} s, holds {self.table}"
        who = self.application or self.kind
        return (
            f"session {self.pid} ({who}, user {self.user}, {self.state}) for {self.seconds:.1f} s, holds {self.table}"
        )


def find_blockers(connection: Connection, tables: Sequence[str], older_seconds: float) -> list[Blocker]:
    """Who holds what keeps a change of these tables out, the longest first."""
    rows = connection.execute(HOLDERS.encode(), [list(tables), older_seconds]).fetchall()
    return [
        Blocker(pid, gid, user, application, kind, state, float(seconds or 0), table)
        for pid, gid, user, application, kind, state, seconds, table in rows
    ]


def retry(connection: Connection, work: Callable[[], Answer], what: str, tables: Sequence[str] = ()) -> Answer:
    """Do work in one transaction that never waits long for a lock: nobody queues behind it. Needs autocommit."""
    for _ in range(DDL_ATTEMPTS):
        try:
            with connection.transaction():
                connection.execute(f"SET LOCAL lock_timeout = {DDL_LOCK_MS}".encode())
                return work()
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            time.sleep(PAUSE_SECONDS)
    names = [str(blocker) for blocker in find_blockers(connection, tables, 0.0)[:NAMED_MAX]]
    raise HomeportError("\n".join([f"{what}: is locked by others all the time", *names]), "end these, and start again")


def patiently(connection: Connection, tables: list[str], statements: list[str], where: str, say: Say) -> None:
    """Run statements that want locks on these tables, in one transaction; again and again, if others hold them."""
    for attempt in range(ATTEMPTS):
        try:
            with connection.transaction():
                for statement in statements:
                    connection.execute(statement.encode())
            return
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            blockers = find_blockers(connection, tables, 0.0)[:NAMED_MAX]
            who = ", ".join(map(str, blockers)) or "somebody who has let go meanwhile"
            if attempt % TOLD_EVERY == 0:
                say(f"{where}: waiting for {', '.join(tables) or 'a lock'}, held by {who}")
        time.sleep(PAUSE_SECONDS)
    raise HomeportError(
        f"{where}: {', '.join(tables) or 'a table'} cannot be locked: it is held by {who}",
        "let these transactions end, or end them with SELECT pg_terminate_backend(<pid>); then start again",
    )
