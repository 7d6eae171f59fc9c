"""Columns → SQL that turns rows into a checksum of 128 bits that does not depend on their order. Pure text.

A row becomes one text, from which every value can be read back (so that different rows have different texts), and two
64-bit hashes of it with different seeds. Hashes are summed as 128-bit integers: equal rows do not cancel each other,
as they would with exclusive or. Measured on PostgreSQL 15 this costs as much as one binary COPY of the table; MD5 of
the row costs twice that. The hash is Bob Jenkins's lookup3 as in `hashtextextended`, the same since PostgreSQL 11.

What makes texts equal on every major version: the session's settings (see `server.SESSION`), and casts where a
version writes a type differently. Long values are hashed by MD5 first: a text may not be longer than 1 GB.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from homeport.postgres.objects import Column, Table

LONG_CHARACTERS = 1024 * 1024
SHORT_BYTES = 512  # a bytea up to this length is written in hex
KEY_SEED, SEEDS = 3, (1, 2)
WHERE = "\0"  # stands for the condition; no SQL can hold it
TEXTS = ("text", "character varying", "json", "jsonb", "xml")


@dataclass(frozen=True)
class Digest:
    """Rows, and the sum of each of their two hashes."""

    rows: int = 0
    first: int = 0
    second: int = 0

    def __add__(self, other: "Digest") -> "Digest":
        return Digest(self.rows + other.rows, self.first + other.first, self.second + other.second)


@dataclass(frozen=True)
class Rows:
    """What is compared, as SQL: `image` selects k (text that names a row) and r (all of the row, as text)."""

    name: str
    source: str  # FROM …
    key: str
    image: str
    size_bytes: int
    blocks: int


def rows_of(table: Table, columns: Sequence[Column], key: Sequence[str], *, same_encoding: bool = True) -> Rows:
    """The rows of a table, by these columns; without a key, a row is named by its content."""
    length = "octet_length" if same_encoding else "length"
    short, long = [], []
    for column in columns:
        if column.type.startswith(TEXTS) and not column.type.endswith("]"):
            long.append(_text(column, length))
        elif column.type == "bytea":
            long.append(_bytes(column))
        else:
            short.append(_plain(column))
    # Texts are evaluated once, in a subquery that the planner leaves alone; the row holds their lengths.
    names = [f"v{number}" for number in range(len(long))]
    parts = [*(f"s{number}" for number in range(len(short))), *(f"{length}({name})" for name in names)]
    inner = [f"{text} AS s{number}" for number, text in enumerate(short)]
    inner += [f"{text} AS {name}" for text, name in zip(long, names, strict=True)]
    keyed = f"ROW({', '.join(quote(name) for name in key)})::text" if key else None
    image = " || ".join([f"ROW({', '.join(parts)})::text", *(f"coalesce({name}, '')" for name in names)])
    if not same_encoding:
        image, keyed = _in_utf8(image), keyed and _in_utf8(keyed)
    selected = ", ".join([*inner, *([f"{keyed} AS k"] if keyed else [])]) or "1"
    return Rows(
        name=table.full_name,
        source=f"(SELECT {selected} FROM {quote(table.schema)}.{quote(table.name)}{WHERE} OFFSET 0) AS i",
        key="k" if key else image,
        image=image,
        size_bytes=table.size_bytes,
        blocks=table.heap_blocks,
    )


def large_objects() -> Rows:
    """Large objects, each named by its oid."""
    return Rows(
        name="large objects",
        source="(SELECT m.oid::text AS k, m.oid || ' ' || md5(lo_get(m.oid)) AS r"
        f" FROM pg_largeobject_metadata m{WHERE} OFFSET 0) AS i",
        key="k",
        image="r",
        size_bytes=0,
        blocks=0,
    )


def digest_query(rows: Rows, blocks: tuple[int, int | None] | None = None) -> str:
    """Selects a Digest, of all rows or of those in the blocks from the first to before the second."""
    sums = ", ".join(f"coalesce(sum({_hash('r', seed)}), 0)" for seed in SEEDS)
    return f"SELECT count(*), {sums} FROM (SELECT {rows.image} AS r FROM {_where(rows, blocks)} OFFSET 0) AS h"


def bucket_query(rows: Rows, buckets: int) -> str:
    """Selects bucket, Digest: rows are spread over `buckets` (a power of two) by the hash of what names them."""
    sums = ", ".join(f"sum({_hash('r', seed)})" for seed in SEEDS)
    return (
        f"SELECT {_hash('k', KEY_SEED)} & {buckets - 1} AS bucket, count(*), {sums}"
        f" FROM (SELECT {rows.key} AS k, {rows.image} AS r FROM {_where(rows, None)} OFFSET 0) AS h GROUP BY 1"
    )


def rows_query(rows: Rows, buckets: int, chosen: Sequence[int], characters: int) -> str:
    """Selects name, first hash, second hash, count, of the distinct rows in the chosen buckets."""
    wanted = ", ".join(map(str, chosen))
    hashes = ", ".join(_hash("r", seed) for seed in SEEDS)
    return (
        f"SELECT left(k, {characters}), {hashes}, count(*)"
        f" FROM (SELECT {rows.key} AS k, {rows.image} AS r FROM {_where(rows, None)} OFFSET 0) AS h"
        f" WHERE {_hash('k', KEY_SEED)} & {buckets - 1} IN ({wanted}) GROUP BY 1, 2, 3"
    )


def quote(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _where(rows: Rows, blocks: tuple[int, int | None] | None) -> str:
    if blocks is None:
        return rows.source.replace(WHERE, "")
    first, end = blocks
    until = "" if end is None else f" AND ctid < '({end},0)'"
    return rows.source.replace(WHERE, f" WHERE ctid >= '({first},0)'{until}")


def _hash(text: str, seed: int) -> str:
    return f'hashtextextended({text} COLLATE "C", {seed})'


def _plain(column: Column) -> str:
    name = quote(column.name)
    # From 16 on, a "char" above 127 is written in octal; its number is the same everywhere.
    return f"{name}::int4" if column.type == '"char"' else name


def _text(column: Column, length: str) -> str:
    text = f"{quote(column.name)}::text"
    long = f"md5({text})" if length == "octet_length" else f"md5(convert_to({text}, 'UTF8'))"
    return f"CASE WHEN {length}({text}) > {LONG_CHARACTERS} THEN {long} ELSE {text} END"


def _bytes(column: Column) -> str:
    name = quote(column.name)
    return f"CASE WHEN octet_length({name}) > {SHORT_BYTES} THEN md5({name}) ELSE encode({name}, 'hex') END"


def _in_utf8(text: str) -> str:
    return f"encode(convert_to({text}, 'UTF8'), 'hex')"
