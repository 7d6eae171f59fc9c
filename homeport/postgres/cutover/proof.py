"""Two sides, one of which brings its changes to the other → the proof that both hold the same rows.

First everything: at a snapshot of the giving side that a delta has brought the other side to exactly. From then on
each delta leaves the keys that it touched on the receiving side, and only these rows are compared again, at another
such pair, until few are left for the freeze. Rows that no delta touched since are equal because nobody but a delta
writes the receiving side. Tables without a key, and those that were loaded whole, are compared whole when touched.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TypeVar

from homeport.errors import HomeportError
from homeport.postgres.catalog import Catalog, read_catalog
from homeport.postgres.checksum import WHERE, Rows, digest_query, quote, rows_query
from homeport.postgres.compare import pair_tables
from homeport.postgres.compare_rows import Pair, Progress, TableDifference, compare_rows, match_rows
from homeport.postgres.compare_schema import MISSING, ONLY_TARGET, ObjectDifference, compare_schema
from homeport.postgres.follow.captured import operator_path
from homeport.postgres.follow.delta import Deltas
from homeport.postgres.objects import Table
from homeport.postgres.server import Server, connect
from homeport.postgres.snapshot import Row, Snapshot

WHATS = ("the source", "the target")
BATCH = 2000  # keys that are compared in one question to each side
NAMED_MAX, NAME_CHARACTERS = 20, 200
AGAIN = 3  # a table that is truncated while it is read looks different once, not always
LITTLE, ROUNDS_MAX = 1000, 8
KEYS = "\1"  # stands for an array of keys; no SQL can hold it
# Few rows are read of tables of any size: by their keys, whatever the planner makes of the statistics.
BY_INDEX = "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
BEGIN = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
TOUCHED = r"""
SELECT substr(c.relname, 7)::int FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'homeport' AND c.relkind = 'r' AND c.relname ~ '^since_[0-9]+$' AND pg_relation_size(c.oid) > 0
ORDER BY 1"""
WHOLE = "SELECT DISTINCT number FROM homeport.since_whole ORDER BY 1"
MAKE_WHOLE = "CREATE TABLE IF NOT EXISTS homeport.since_whole (number int NOT NULL)"
NAMES = """
SELECT k.number, n.nspname || '.' || c.relname FROM homeport.captured k JOIN pg_class c ON c.oid = to_regclass(k.name)
JOIN pg_namespace n ON n.oid = c.relnamespace"""

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Proven:
    """A table that is proven equal: by its rows of both sides, and by its key, if it has one that can be sent."""

    name: str
    rows: Pair
    key: tuple[str, ...]  # quoted
    types: tuple[str, ...]
    is_logged: bool  # else a crash of either server empties it, and no log tells


class Proof:
    """A context manager: two sessions to each side. `back`: the target brings its changes to the source."""

    def __init__(
        self, source: Server, target: Server, deltas: Deltas, *, jobs: int, application: str, back: bool = False
    ) -> None:
        self._servers, self._deltas, self._jobs, self._application = (source, target), deltas, jobs, application
        self._giver, self._receiver = (1, 0) if back else (0, 1)
        self._stack = ExitStack()
        self._tables: dict[int, Proven] = {}

    def __enter__(self) -> "Proof":
        with ExitStack() as stack:
            self._sides = tuple(
                stack.enter_context(connect(server, application=self._application, autocommit=True, what=what))
                for server, what in zip(self._servers, WHATS, strict=True)
            )
            self._paths = tuple(operator_path(side) for side in self._sides)
            self._sides[self._receiver].execute(MAKE_WHOLE)
            self._pool = stack.enter_context(ThreadPoolExecutor(2))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._stack.close()

    def everything(self, progress: Progress = lambda *_: None) -> list[ObjectDifference]:
        """Prove all rows; how the objects of both sides differ. HomeportError names rows that differ."""
        self._deltas.keep_keys(True)
        different, objects = self._compare(None, progress)
        self._reload_unlogged({each.table for each in different})
        _check(self._compare_again(different))
        return objects

    def load(self) -> None:
        """Know the tables as `everything` does, when that was done by another process.

        What a server that crashed since has emptied comes anew.
        """
        self._deltas.keep_keys(True)
        source, target = self._both(lambda side: read_catalog(self._sides[side]))
        self._learn(source, target)
        self._reload_unlogged({table.name for table in self._tables.values()})

    def until_little(self, told: Callable[[int], None] = lambda keys: None) -> None:
        """Prove what was touched, again and again, until little is, while the giving side goes on."""
        before = None
        for _ in range(ROUNDS_MAX):
            keys = self.since()
            told(keys)
            if keys <= LITTLE or (before is not None and keys > before // 2):
                return
            before = keys

    def since(self) -> int:
        """Bring the latest changes and prove the rows touched since the last proof; how many keys that were."""
        for _ in range(AGAIN):
            different, whole, count = self._compare_touched()
            if not different:
                break
        if whole:
            different += self._compare_again(self._compare(whole)[0])
        _check(different)
        self._forget()
        return count

    def _compare_touched(self) -> tuple[list[TableDifference], set[str], int]:
        """Differences, tables that are to be compared whole, and how many keys were touched."""
        giving, receiving = self._sides[self._giver], self._sides[self._receiver]
        with giving.transaction():
            self._begin(self._giver)
            name = str(giving.execute("SELECT pg_export_snapshot()").fetchall()[0][0])
            self._deltas.run(name)
            with receiving.transaction():
                self._begin(self._receiver)
                numbers = [int(row[0]) for row in receiving.execute(TOUCHED).fetchall()]
                whole = {int(row[0]) for row in receiving.execute(WHOLE).fetchall()}
                self._check_known([*numbers, *whole])
                whole |= {number for number in numbers if not self._tables[number].key}
                found = [self._compare_keys(number) for number in numbers if number not in whole]
        different = [each for one, _ in found for each in one]
        return different, {self._tables[number].name for number in whole}, sum(count for _, count in found)

    def _begin(self, side: int) -> None:
        self._sides[side].execute(f"{BEGIN}; {BY_INDEX}; SET LOCAL search_path = {self._paths[side]}".encode())

    def _compare_again(self, different: list[TableDifference]) -> list[TableDifference]:
        """What differs still: a table that was truncated while it was read differs once."""
        for _ in range(AGAIN):
            if different:
                different, _objects = self._compare({each.table for each in different})
        return different

    def _compare(
        self, names: set[str] | None, progress: Progress = lambda *_: None
    ) -> tuple[list[TableDifference], list[ObjectDifference]]:
        """Rows of these tables (of all: None) at a pair of snapshots; objects as well if all were asked for."""
        with ExitStack() as stack:

            def open_snapshot(side: int) -> Snapshot:
                one = Snapshot(self._servers[side], WHATS[side], self._jobs, self._application)
                return stack.enter_context(one)

            given = open_snapshot(self._giver)
            self._deltas.run(given.name)
            if names is None:
                self._forget()
            received = open_snapshot(self._receiver)
            source, target = (given, received) if self._giver == 0 else (received, given)
            if names is None:
                self._learn(source.catalog, target.catalog)
            known = {table.name for table in self._tables.values()}
            pairs = [
                pair
                for pair in pair_tables(source.catalog, target.catalog)[0]
                if pair[0].name in (known if names is None else names)
            ]
            _, different = compare_rows((source, target), pairs, NAMED_MAX, progress)
            objects = compare_schema(source.catalog, target.catalog) if names is None else []
        return different, objects

    def _learn(self, source: Catalog, target: Catalog) -> None:
        rows = self._sides[self._giver].execute(NAMES).fetchall()
        numbers = {str(name): int(number) for number, name in rows}
        keys = {table.number: table.key for table in self._deltas.capture.tables}
        pairs = {pair[0].name: pair for pair in pair_tables(source, target)[0]}
        tables = {table.full_name: table for table in source.data_tables}
        if lost := sorted(numbers.keys() - pairs.keys()):
            raise HomeportError(
                "\n".join(f"{name}: is not the same table on both sides: it cannot be compared" for name in lost),
                "was a migration run on one side? load what changed again: homeport db follow --again",
            )
        self._tables = {
            number: Proven(
                name, pairs[name], *sendable_key(keys[number], tables[name]), tables[name].persistence != "u"
            )
            for name, number in numbers.items()
        }

    def _reload_unlogged(self, names: set[str]) -> None:
        """Have the next delta bring these tables whole, as far as a crash may have emptied them."""
        for number, table in self._tables.items():
            if table.name in names and not table.is_logged:
                self._sides[self._giver].execute("INSERT INTO homeport.reload VALUES (%s)", [number])

    def _check_known(self, numbers: Iterable[int]) -> None:
        if unknown := set(numbers) - self._tables.keys():
            raise HomeportError(f"tables number {sorted(unknown)}: were captured after the proof", "start again")

    def _compare_keys(self, number: int) -> tuple[list[TableDifference], int]:
        """Differences among the rows of the keys that were touched, and how many keys these are."""
        table = self._tables[number]
        texts = ", ".join(f"k{position}::text" for position in range(1, len(table.key) + 1))
        different: list[TableDifference] = []
        count = 0
        with self._sides[self._receiver].cursor(name="touched") as cursor:
            cursor.execute(f"SELECT DISTINCT {texts} FROM homeport.since_{number}".encode())
            while batch := cursor.fetchmany(BATCH):
                count += len(batch)
                different += self._compare_batch(table, batch)
        return different, count

    def _compare_batch(self, table: Proven, keys: Sequence[Row]) -> list[TableDifference]:
        arrays = [list(column) for column in zip(*keys, strict=True)]
        limited = [limit(rows, table.key, table.types) for rows in table.rows]
        digests = self._both(lambda side: self._ask(side, digest_query(limited[side]), arrays))
        if digests[0] == digests[1]:
            return []
        named = self._both(lambda side: self._ask(side, rows_query(limited[side], 1, [0], NAME_CHARACTERS), arrays))
        rows = match_rows(named[0], named[1], NAMED_MAX)
        return [TableDifference(table.name, int(digests[0][0][0]), int(digests[1][0][0]), rows, len(rows) < NAMED_MAX)]

    def _ask(self, side: int, statement: str, arrays: Sequence[Sequence[object]]) -> list[Row]:
        parts = statement.replace("%", "%%").split(KEYS)
        return self._sides[side].execute("%s".join(parts).encode(), arrays).fetchall()

    def _both(self, work: Callable[[int], Answer]) -> list[Answer]:
        """The work of each side, at the same time."""
        return [future.result() for future in [self._pool.submit(work, side) for side in (0, 1)]]

    def _forget(self) -> None:
        """What was touched until now is proven."""
        receiving = self._sides[self._receiver]
        with receiving.transaction():
            names = [f"homeport.since_{row[0]}" for row in receiving.execute(TOUCHED).fetchall()]
            receiving.execute(f"TRUNCATE {', '.join([*names, 'homeport.since_whole'])}".encode())


def sendable_key(key: Sequence[str], table: Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A key and the types of its columns, if arrays of these types can be sent; else none."""
    types = {quote(column.name): column.type for column in table.columns}
    quoted = [name if name.startswith('"') else f'"{name}"' for name in key]
    if any(types[name].endswith("]") for name in quoted):
        return (), ()
    return tuple(quoted), tuple(types[name] for name in quoted)


def limit(rows: Rows, key: Sequence[str], types: Sequence[str]) -> Rows:
    """Only the rows of the keys that stand in one array of texts for each column, marked as KEYS."""
    arrays = ", ".join(f"{KEYS}::text[]::{kind}[]" for kind in types)
    return replace(
        rows, source=rows.source.replace(WHERE, f" WHERE ({', '.join(key)}) IN (SELECT * FROM unnest({arrays}))")
    )


def serious(objects: Sequence[ObjectDifference], silenced: Collection[str]) -> tuple[list[str], list[str]]:
    """Differences of objects that forbid a cutover, and those to be known: comments, and what only the target has.

    Values of sequences are brought last, and what is quiet on the target comes back.
    """
    different: list[str] = []
    known: list[str] = []
    for each in objects:
        if each.kind == "sequence" and each.what.startswith("last_value ") or each.name in silenced:
            continue
        text = f"{each.kind} {each.name} {each.what}{f': {each.sql}' if each.sql else ''}"
        is_known = each.is_note or each.what == ONLY_TARGET or each.kind == "comment"
        is_known = is_known or (each.kind == "extension" and each.what != MISSING)
        (known if is_known else different).append(text)
    return different, known


def _check(different: Sequence[TableDifference]) -> None:
    if not different:
        return
    lines = []
    for table in different:
        rows = ", ".join(f"{row.name} {row.what}" for row in table.rows[:5])
        more = "" if table.is_complete and len(table.rows) <= 5 else " …"
        lines.append(f"{table.table}: rows differ: {rows}{more}")
    raise HomeportError(
        "\n".join(lines),
        "was the target written by somebody else? load these tables again: homeport db follow --reload",
    )
