"""A server → one exported snapshot of it, read by several connections at once; nothing is written.

The snapshot lives as long as the connection that exported it: whoever leaves the context lets the server clean up.
Locks are held no longer than a statement runs, so that the application's TRUNCATE waits for no more than that. The
price: a table that was emptied or rewritten after the snapshot looks empty in it; `rewritten` tells which are.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from queue import SimpleQueue
from types import TracebackType
from typing import Any

import psycopg

from homeport.errors import HomeportError
from homeport.postgres.catalog import Catalog, read_catalog
from homeport.postgres.server import Connection, Server, connect, explain

LOCK_TIMEOUT_MS = 60_000  # a migration may hold a table, and nobody would know what we wait for
SPARE_CONNECTIONS = 5  # what is always left to the application
BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
# The catalog is read as of the snapshot, the function as of now.
REWRITTEN = """
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'm') AND pg_relation_filenode(c.oid) IS DISTINCT FROM c.relfilenode"""
Row = tuple[Any, ...]


class Snapshot:
    """One side at one moment: its catalog, and as many readers as its connection limit allows, at most `jobs`.

    `name` is what other sessions of the server name to see the same rows.
    """

    def __init__(self, server: Server, what: str, jobs: int = 4, application: str = "compare") -> None:
        self.server, self.what, self._jobs, self._application = server, what, jobs, application
        self._readers: list[Connection] = []
        self._idle: SimpleQueue[Connection] = SimpleQueue()
        self._cancelled = False

    def __enter__(self) -> "Snapshot":
        self._holder = self._connect()
        try:
            self._holder.execute(BEGIN)
            (self.name,) = self._holder.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
            self._holder.execute("SAVEPOINT catalog")
            self.catalog: Catalog = read_catalog(self._holder)
            self._holder.execute("ROLLBACK TO SAVEPOINT catalog")  # gives back locks on what views read
            self.jobs = budget(self._jobs, self.catalog.database.connections_left)
            for _ in range(self.jobs):
                self._idle.put(self._reader())
        except psycopg.Error as error:
            self._close()
            raise explain(self.server, error, self.what) from None
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._close()

    def run(self, statements: Sequence[str], done: Callable[[int], None] = lambda _: None) -> list[list[Row]]:
        """The rows of each statement, in their order, run side by side; `done` is called with each one's number.

        The first failure cancels the others, and is raised as a HomeportError.
        """
        with ThreadPoolExecutor(self.jobs) as pool:
            futures = [pool.submit(self._one, number, text, done) for number, text in enumerate(statements)]
            try:
                for finished in wait(futures, return_when=FIRST_EXCEPTION).done:
                    finished.result()
                return [future.result() for future in futures]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self.cancel()
                raise

    def rewritten(self) -> frozenset[str]:
        """Tables (`schema.table`) that were emptied or rewritten since: their rows are not those of the snapshot."""
        try:
            rows = self._holder.execute(REWRITTEN.encode()).fetchall()
        except psycopg.Error as error:
            raise explain(self.server, error, self.what) from None
        return frozenset(str(row[0]) for row in rows)

    def cancel(self) -> None:
        """End what is running, and begin nothing more."""
        self._cancelled = True
        threads = [threading.Thread(target=_cancel_quietly, args=[reader]) for reader in self._readers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _one(self, number: int, statement: str, done: Callable[[int], None]) -> list[Row]:
        reader = self._idle.get()
        try:
            if self._cancelled:
                raise HomeportError(f"{self.what}: cancelled")
            with reader.transaction():
                reader.execute(f"SET TRANSACTION SNAPSHOT '{self.name}'".encode())
                # Chunks are our parallelism; a plan's own workers would take connections that nobody counted.
                reader.execute("SET LOCAL max_parallel_workers_per_gather = 0")
                rows = reader.execute(statement.encode()).fetchall()
        except psycopg.Error as error:
            raise explain(self.server, error, self.what) from None
        finally:
            self._idle.put(reader)
        done(number)
        return rows

    def _connect(self) -> Connection:
        application, timeout = self._application, LOCK_TIMEOUT_MS
        return connect(self.server, application=application, autocommit=True, lock_timeout_ms=timeout, what=self.what)

    def _reader(self) -> Connection:
        reader = self._connect()
        self._readers.append(reader)
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.read_only = True
        return reader

    def _close(self) -> None:
        for connection in [*self._readers, self._holder]:
            connection.close()


def budget(jobs: int, left: int) -> int:
    """How many connections may be opened where `left` are free. HomeportError if that is none."""
    allowed = min(jobs, left - SPARE_CONNECTIONS)
    if allowed < 1:
        raise HomeportError(
            f"only {left} connections are left, and {SPARE_CONNECTIONS} stay with the application",
            "stop some of the application's processes, or raise the connection limit",
        )
    return allowed


def _cancel_quietly(connection: Connection) -> None:
    try:
        connection.cancel_safe(timeout=5)
    except psycopg.Error:
        pass  # it is closed next
