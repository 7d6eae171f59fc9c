"""One task → its effect on the target, in the transaction that also records it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from homeport.postgres.copy.contents import Contents, Table
from homeport.postgres.copy.graph import Task
from homeport.postgres.copy.plan import row_task
from homeport.postgres.copy.pump import Copied, Framing, forward
from homeport.postgres.copy.wire import ConnectionLost, ServerError, Wire
from homeport.postgres.server import Server
from homeport.postgres.state import done_statement

DONE_ALREADY = "23505"
# A lock that others wait for (TRUNCATE, a migration) may never come while the copy itself holds what they wait for.
ON_SOURCE = {"client_min_messages": "error", "lock_timeout": "60s"}
AT_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
# What any role may set, on RDS too. The last commit of a copy is synchronous, and with it all before it are.
ON_TARGET = {"synchronous_commit": "off", "client_min_messages": "error", "maintenance_work_mem": "256MB"}
PIECE_BYTES = 1 << 20  # of a large object
# Of a table, TOAST included: below, its rows are not frozen. That needs TRUNCATE in the same transaction: new files for
# the table, its TOAST and the index of that, and a commit that waits for the disk. It takes 3 to 4 ms.
FREEZE_BYTES = 1 << 20


@dataclass(frozen=True)
class Rows:
    """What a task of rows reads and writes."""

    read: str
    write: str


@dataclass(frozen=True)
class Place:
    """Where a worker works. Without a `snapshot` only the target is touched."""

    source: Server
    target: Server
    snapshot: str | None
    application: str
    search_path: str = ""  # of the target's sessions
    helpers: int = 0  # parallel workers that a build of an index may have while other tasks wait


class Worker:
    """Two sessions, opened when first needed and given up after any failure. Belongs to one thread."""

    def __init__(self, place: Place, rows: dict[str, Rows], spend: Callable[[int], None], one: threading.Lock) -> None:
        """`one` is held while foreign keys are added: each wants two tables."""
        self.place, self._rows, self._spend, self._one = place, rows, spend, one
        self._source: Wire | None = None
        self._target: Wire | None = None

    def run(self, task: Task, *, alone: bool = True) -> int:
        """Do it, or find that it has been done; bytes of rows that passed. Only `alone`, while no other task could
        start, may it take as many parallel workers as the target lets it: they cost a tenth of a copy's processor time.
        """
        try:
            if task.name in self._rows:
                return self._copy(task.name)
            for number, statement in enumerate(task.statements):
                last = number == len(task.statements) - 1
                record = task.name if last else f"{task.name}, step {number + 1}"
                if not alone:
                    statement = f"SET LOCAL max_parallel_maintenance_workers = {self.place.helpers}; {statement}"
                if task.name.startswith("foreign keys ") and number == 0:
                    with self._one:
                        self._commit(record, statement)
                else:
                    self._commit(record, statement)
            return 0
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        for wire in (self._source, self._target):
            if wire:
                wire.close()
        self._source = self._target = None

    def _copy(self, name: str) -> int:
        rows = self._rows[name]
        for framed in (False, True):
            source, target = self._open_source(), self._open_target()
            try:
                # A transaction of its own: none holds locks on tables that it is done with.
                read = f"{AT_SNAPSHOT}; SET TRANSACTION SNAPSHOT '{self.place.snapshot}'; {rows.read}"
                write = f"BEGIN; {done_statement(name)}; {rows.write}; COMMIT"
                copied: Copied = forward(source, target, read, write, self._spend, framed=framed)
                source.execute("COMMIT")
                return copied.bytes
            except Framing:
                self.close()
            except ServerError as error:
                if error.code == DONE_ALREADY and "done_pkey" in str(error):
                    self.close()
                    return 0
                raise
        raise ConnectionLost(f"{name}: the source's answer has no end")

    def _commit(self, record: str, statement: str) -> None:
        target = self._open_target()
        try:
            target.execute(f"BEGIN; {done_statement(record)}; {statement}\n; COMMIT")
        except ServerError as error:
            if error.code != DONE_ALREADY or "done_pkey" not in str(error):
                raise
            target.execute("ROLLBACK")

    def _open_source(self) -> Wire:
        if self._source is None:
            self._source = Wire(self.place.source, application=self.place.application, settings=ON_SOURCE)
        return self._source

    def _open_target(self) -> Wire:
        if self._target is None:
            settings = ON_TARGET | {"search_path": self.place.search_path}
            self._target = Wire(self.place.target, application=self.place.application, settings=settings)
        return self._target


def plan_rows(
    contents: Contents, tasks: list[Task], chunk_ranges: Callable[[Table], list[tuple[int, int | None]]]
) -> dict[str, Rows]:
    """By task: what is read from the source and what is written to the target."""
    names = {task.name for task in tasks}
    found: dict[str, Rows] = {}
    for table in contents.tables:
        ranges = chunk_ranges(table)
        for first, end in ranges:
            if (name := row_task(table, first, end)) in names:
                found[name] = Rows(_read(table, first, end), _write(table, whole=len(ranges) == 1))
    for first_oid, last_oid in contents.large_objects:
        if (name := f"large objects {first_oid}-{last_oid}") in names:
            found[name] = Rows(READ_OBJECTS.format(first=first_oid, last=last_oid, piece=PIECE_BYTES), WRITE_OBJECTS)
    return found


def _read(table: Table, first: int, end: int | None) -> str:
    form = " (FORMAT binary)" if table.binary else ""
    columns = ", ".join(table.columns)
    if first == 0 and end is None and not table.condition:
        return f"COPY {table.name}{f' ({columns})' if columns else ''} TO STDOUT{form}"
    pages = [f"ctid >= '({first},0)'::tid"] if first else []
    pages += [f"ctid < '({end},0)'::tid"] if end is not None else []
    condition = table.condition or f"WHERE {' AND '.join(pages)}"
    return f"COPY (SELECT {columns} FROM ONLY {table.name} {condition}) TO STDOUT{form}"


def _write(table: Table, *, whole: bool) -> str:
    """A table that comes in one piece is emptied in the same transaction, so that its rows may be frozen at once."""
    frozen = whole and not table.condition and table.bytes >= FREEZE_BYTES
    options = ", ".join(["FORMAT binary"] * table.binary + ["FREEZE"] * frozen)
    columns = f" ({', '.join(table.columns)})" if table.columns else ""
    copy = f"COPY {table.name}{columns} FROM STDIN{f' ({options})' if options else ''}"
    return f"TRUNCATE ONLY {table.name}; {copy}" if frozen else copy


READ_OBJECTS = """COPY (
  SELECT o.oid, p.start, lo_get(o.oid, p.start, {piece})
  FROM (SELECT oid, lo_lseek64(lo_open(oid, 262144), 0, 2) AS size FROM pg_largeobject_metadata
        WHERE oid BETWEEN {first} AND {last}) o,
       generate_series(0::bigint, greatest(o.size - 1, 0), {piece}) AS p(start)) TO STDOUT (FORMAT binary)"""
WRITE_OBJECTS = """CREATE TEMPORARY TABLE homeport_object (id oid, start bigint, data bytea) ON COMMIT DROP;
COPY pg_temp.homeport_object FROM STDIN (FORMAT binary);
SELECT lo_create(id) FROM (SELECT DISTINCT id FROM pg_temp.homeport_object) AS every;
SELECT lo_put(id, start, data) FROM pg_temp.homeport_object"""
