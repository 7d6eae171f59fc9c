"""The source at one instant: a transaction that exports its snapshot, and may hold tables against being rewritten.

If its connection dies the snapshot is gone, and with it the worth of what was copied from it so far.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from homeport.errors import HomeportError
from homeport.postgres.copy.contents import Contents
from homeport.postgres.copy.reading import SYSTEM, read_contents
from homeport.postgres.copy.throttle import READ_LOAD, Load
from homeport.postgres.server import Connection, Lost, Server, connect, explain

LOCK_TIMEOUT_MS = 10_000  # longer, and writers would queue behind us wherever somebody else waits for the table
LOCKED_AT_ONCE = 200
ATTEMPTS = 5

# A table that was rewritten (TRUNCATE, some ALTER TABLE) after the snapshot was taken looks empty in it. The catalog
# is read as of the snapshot, the function as of now: where they differ, that happened before the lock was ours.
REWRITTEN = f"""
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND {SYSTEM}
  AND pg_relation_filenode(c.oid) IS DISTINCT FROM c.relfilenode"""


class SnapshotLost(Lost):
    """The connection that held the snapshot is gone."""


class Keeper:
    """An open transaction. `snapshot` is what other sessions and pg_dump name to see the same rows; `visible` tells
    which transactions are in it, as `pg_snapshot` writes it."""

    def __init__(self, server: Server, connection: Connection, snapshot: str, contents: Contents, visible: str) -> None:
        self.server, self.snapshot, self.contents, self.visible = server, snapshot, contents, visible
        self._connection = connection

    def check(self) -> None:
        """SnapshotLost if it is gone."""
        self._rows("SELECT 1")

    def read_load(self) -> Load:
        """What the source does besides, now."""
        self._rows("SELECT pg_stat_clear_snapshot()")
        active, waiting, longest, lag = self._rows(READ_LOAD)[0]
        return Load(int(str(active)), int(str(waiting)), float(str(longest)), float(str(lag)))

    def _rows(self, query: str) -> list[tuple[object, ...]]:
        try:
            return self._connection.execute(query.encode()).fetchall()
        except psycopg.Error as error:
            said = " ".join(str(error).split())
            raise SnapshotLost(
                f"the source ({self.server}): the connection that held the copy's snapshot is gone ({said}); "
                "the rows copied so far belong to no instant any more",
                "start again: the copy begins anew with a new snapshot",
            ) from None


@contextmanager
def keep_snapshot(
    server: Server, application: str, *, held: bool = True, exported: Callable[[str], None] = lambda snapshot: None
) -> Iterator[Keeper]:
    """A snapshot of the source, kept until the block ends; `held`: and no table was or will be rewritten after it.

    `exported` is told its name before its contents are read; again if it had to be taken anew.
    """
    with connect(server, application=application, lock_timeout_ms=LOCK_TIMEOUT_MS, what="the source") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        for attempt in range(ATTEMPTS):
            try:
                names = "SELECT pg_export_snapshot(), pg_current_snapshot()::text"
                snapshot, visible = (str(value) for value in connection.execute(names).fetchall()[0])
                exported(snapshot)
                connection.execute("SAVEPOINT contents")
                contents = read_contents(connection)
                connection.execute("ROLLBACK TO SAVEPOINT contents")  # gives back locks on what views read
                if held:
                    _lock_tables(connection, contents)
                if not held or not connection.execute(REWRITTEN.encode()).fetchall():
                    break
            except (psycopg.errors.LockNotAvailable, psycopg.errors.UndefinedTable) as error:
                if attempt == ATTEMPTS - 1:
                    raise explain(server, error, "the source: its schema is being changed") from None
            except psycopg.errors.OutOfMemory as error:
                said = error.diag.message_primary
                raise HomeportError(
                    f"the source ({server}): cannot hold {len(contents.tables)} tables at once: {said}",
                    "raise max_locks_per_transaction there, or copy when fewer sessions are connected",
                ) from None
            connection.rollback()
        else:
            raise HomeportError(f"the source ({server}): tables are rewritten all the time", "try when it is quieter")
        try:
            yield Keeper(server, connection, snapshot, contents, visible)
        finally:
            if not connection.closed:
                connection.rollback()


def _lock_tables(connection: Connection, contents: Contents) -> None:
    names = [table.name for table in contents.tables]
    for start in range(0, len(names), LOCKED_AT_ONCE):
        several = ", ".join(f"ONLY {name}" for name in names[start : start + LOCKED_AT_ONCE])
        connection.execute(f"LOCK TABLE {several} IN ACCESS SHARE MODE".encode())
