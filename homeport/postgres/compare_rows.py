"""Two snapshots → the tables whose rows differ, and which rows.

First every table's digest, in chunks of blocks, both sides at once. Chunks need not match: digests add up. Only where
the sums differ are both sides spread into buckets by the hash of the key, which needs no common sort order (servers
sort texts differently), and the rows of a few differing buckets are fetched and matched here.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

from homeport.postgres.checksum import Digest, Rows, bucket_query, digest_query, rows_query
from homeport.postgres.snapshot import Row, Snapshot

CHUNK_BYTES = 64 * 1024 * 1024
CHUNKS_FROM_MAJOR = 14  # older ones read the whole table for every range of ctid
ROWS_PER_BUCKET, BUCKETS_MAX, BUCKETS_FETCHED = 64, 65536, 16
NAME_CHARACTERS = 200

Answer = TypeVar("Answer")
Progress = Callable[[int, int], None]  # bytes done, bytes in all


@dataclass(frozen=True)
class RowDifference:
    """A row that is not the same on both sides, named by its key, or without one by the beginning of its content."""

    name: str
    what: str  # differs, only in the source, only in the target
    times: int = 1


@dataclass(frozen=True)
class TableDifference:
    """A table whose rows differ; `rows` names the first of them, and `is_complete` says that these are all."""

    table: str
    source_rows: int
    target_rows: int
    rows: tuple[RowDifference, ...]
    is_complete: bool


Pair = tuple[Rows, Rows]  # the same table, as the source and as the target stores it
Sides = tuple[Snapshot, Snapshot]


def compare_rows(
    sides: Sides, pairs: Sequence[Pair], named_max: int = 100, progress: Progress = lambda *_: None
) -> tuple[Mapping[str, Digest], list[TableDifference]]:
    """The source's digest of every table, and the tables that differ."""
    total, done, lock = sum(rows.size_bytes for pair in pairs for rows in pair), [0], Lock()

    def advance(size_bytes: int) -> None:
        with lock:
            done[0] += size_bytes
            progress(done[0], total)

    source, target = _side_by_side(sides, lambda at: _digests(sides[at], [pair[at] for pair in pairs], advance))
    different = [pair for pair in pairs if source[pair[0].name] != target[pair[0].name]]
    found = [_name_rows(sides, pair, (source[pair[0].name], target[pair[0].name]), named_max) for pair in different]
    return source, found


def match_rows(source: Sequence[Row], target: Sequence[Row], named_max: int) -> tuple[RowDifference, ...]:
    """Rows (name, hashes…, count) of both sides → those that differ, by name."""
    left, right = ({row[:-1]: row[-1] for row in rows} for rows in (source, target))
    missing = _names({row: count - right.get(row, 0) for row, count in left.items()})
    added = _names({row: count - left.get(row, 0) for row, count in right.items()})
    found = []
    for name in sorted(missing.keys() | added.keys()):
        both = min(missing.get(name, 0), added.get(name, 0))
        for what, times in (
            ("differs", both),
            ("only in the source", missing.get(name, 0) - both),
            ("only in the target", added.get(name, 0) - both),
        ):
            if times:
                found.append(RowDifference(name, what, times))
    return tuple(found[:named_max])


def chunks(rows: Rows, major: int) -> list[tuple[int, int | None] | None]:
    """Ranges of blocks, the last one open: a table grows while it is read.

    Their number follows the size with TOAST: few blocks may stand for much data.
    """
    wanted = min(rows.blocks, -(-rows.size_bytes // CHUNK_BYTES))
    if wanted <= 1 or major < CHUNKS_FROM_MAJOR:
        return [None]
    starts = [rows.blocks * number // wanted for number in range(wanted)]
    return list(zip(starts, [*starts[1:], None], strict=True))


def _digests(side: Snapshot, tables: Sequence[Rows], advance: Callable[[int], None]) -> dict[str, Digest]:
    """Every table's digest, the largest first, so that none is left over at the end."""
    ordered = sorted(tables, key=lambda rows: -rows.size_bytes)
    parts = [
        (rows, blocks, count)
        for rows in ordered
        for ranges in [chunks(rows, side.catalog.database.major)]
        for count in [len(ranges)]
        for blocks in ranges
    ]
    sizes = [rows.size_bytes // count for rows, _, count in parts]
    answers = side.run([digest_query(rows, blocks) for rows, blocks, _ in parts], lambda number: advance(sizes[number]))
    found = {rows.name: Digest() for rows in tables}
    for (rows, _, _), answer in zip(parts, answers, strict=True):
        found[rows.name] += _digest(answer[0])
    return found


def _name_rows(sides: Sides, pair: Pair, digests: tuple[Digest, Digest], named_max: int) -> TableDifference:
    buckets = _bucket_count(max(digest.rows for digest in digests))
    spread = [
        {row[0]: _digest(row[1:]) for row in answer}
        for answer in _both(sides, [bucket_query(rows, buckets) for rows in pair])
    ]
    different = sorted(
        bucket for bucket in spread[0].keys() | spread[1].keys() if spread[0].get(bucket) != spread[1].get(bucket)
    )
    chosen = different[:BUCKETS_FETCHED]
    fetched = _both(sides, [rows_query(rows, buckets, chosen, NAME_CHARACTERS) for rows in pair])
    rows = match_rows(fetched[0], fetched[1], named_max)
    complete = len(chosen) == len(different) and len(rows) < named_max
    return TableDifference(pair[0].name, digests[0].rows, digests[1].rows, rows, complete)


def _both(sides: Sides, statements: Sequence[str]) -> list[list[Row]]:
    """One statement on each side, at the same time."""
    return _side_by_side(sides, lambda at: sides[at].run([statements[at]])[0])


def _side_by_side(sides: Sides, work: Callable[[int], Answer]) -> list[Answer]:
    """The work of each side (0 and 1), at the same time. What ends one, or an interrupt, ends the other too."""
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(work, at) for at in (0, 1)]
        try:
            for finished in wait(futures, return_when=FIRST_EXCEPTION).done:
                finished.result()
            return [future.result() for future in futures]
        except BaseException:
            for side in sides:
                side.cancel()
            raise


def _bucket_count(rows: int) -> int:
    """A power of two, with few rows in each bucket."""
    return min(BUCKETS_MAX, 1 << max(0, rows // ROWS_PER_BUCKET).bit_length())


def _names(counts: Mapping[Row, int]) -> dict[str, int]:
    """How many rows of each name are over."""
    names: dict[str, int] = {}
    for row, count in counts.items():
        if count > 0:
            names[row[0]] = names.get(row[0], 0) + count
    return names


def _digest(row: Row) -> Digest:
    return Digest(int(row[0]), int(row[1]), int(row[2]))
