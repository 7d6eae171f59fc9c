"""Two servers → whether their databases are equal: each side at one snapshot, checksums computed in the servers."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from homeport.errors import HomeportError
from homeport.postgres.catalog import Catalog
from homeport.postgres.checksum import large_objects, rows_of
from homeport.postgres.compare_rows import Pair, Progress, TableDifference, compare_rows
from homeport.postgres.compare_schema import ObjectDifference, compare_schema, only_tables
from homeport.postgres.objects import Table
from homeport.postgres.server import Server
from homeport.postgres.snapshot import Snapshot


@dataclass(frozen=True)
class Comparison:
    """What was compared and found. Sizes are of both sides."""

    tables: int
    rows: int  # of the source
    size_bytes: int
    objects: tuple[ObjectDifference, ...]
    differences: tuple[TableDifference, ...]
    uncompared: tuple[str, ...]  # tables of one side only, or with different columns

    @property
    def is_equal(self) -> bool:
        return not self.differences and not self.uncompared and all(each.is_note for each in self.objects)


def compare(
    source: Server,
    target: Server,
    *,
    tables: Sequence[str] = (),
    jobs: int = 4,
    progress: Progress = lambda *_: None,
) -> Comparison:
    """Compare two databases, or only some `tables` (`schema.table`; without a schema, of public).

    HomeportError if a side cannot be read, or has no such table. Nothing is written on either side.
    """
    with ExitStack() as stack:
        sides = (
            stack.enter_context(Snapshot(source, "the source", jobs)),
            stack.enter_context(Snapshot(target, "the target", jobs)),
        )
        left, right = (side.catalog for side in sides)
        if tables:
            names = frozenset(name if "." in name else f"public.{name}" for name in tables)
            _check_names(names, left)
            left, right = only_tables(left, names), only_tables(right, names)
        pairs, uncompared = pair_tables(left, right)
        if not tables:
            pairs += _pair_large_objects(left, right)
        digests, differences = compare_rows(sides, pairs, progress=progress)
        _check_not_rewritten(sides, differences)
    return Comparison(
        tables=len(pairs),
        rows=sum(digest.rows for digest in digests.values()),
        size_bytes=sum(rows.size_bytes for pair in pairs for rows in pair),
        objects=tuple(compare_schema(left, right)),
        differences=tuple(differences),
        uncompared=tuple(uncompared),
    )


def pair_tables(source: Catalog, target: Catalog) -> tuple[list[Pair], list[str]]:
    """Tables of both sides whose columns have the same names and types, and the names of all others."""
    same_encoding = source.database.encoding == target.database.encoding
    left = {table.full_name: table for table in source.data_tables}
    right = {table.full_name: table for table in target.data_tables}
    pairs = []
    for name in left.keys() & right.keys():
        if _shape(left[name]) == _shape(right[name]):
            columns = sorted(left[name].columns, key=lambda column: column.name)
            key = left[name].key
            made = [rows_of(side[name], columns, key, same_encoding=same_encoding) for side in (left, right)]
            pairs.append((made[0], made[1]))
    compared = {pair[0].name for pair in pairs}
    return pairs, sorted((left.keys() | right.keys()) - compared)


def _check_not_rewritten(sides: tuple[Snapshot, Snapshot], differences: Sequence[TableDifference]) -> None:
    """HomeportError if what differs was emptied or rewritten while it was read: then that says nothing."""
    different = {each.table for each in differences}
    lines = [
        f"{side.what}: {name} was emptied or rewritten while it was compared"
        for side in sides
        for name in sorted(different & side.rewritten() if different else ())
    ]
    if lines:
        raise HomeportError("\n".join(lines), "compare again")


def _pair_large_objects(source: Catalog, target: Catalog) -> list[Pair]:
    count = source.database.large_objects + target.database.large_objects
    return [(large_objects(), large_objects())] if count else []


def _shape(table: Table) -> frozenset[tuple[str, str]]:
    return frozenset((column.name, column.type) for column in table.columns)


def _check_names(names: frozenset[str], catalog: Catalog) -> None:
    known = {table.full_name for table in catalog.data_tables}
    if absent := sorted(names - known):
        raise HomeportError(
            "\n".join(f"the source: has no table {name}" for name in absent),
            "tables are named with their schema, as in shop.order",
        )
