"""What no trigger tells of: sequences, large objects and materialized views, brought from one side to the other."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg

from homeport.postgres.catalog import order_materialized, read_catalog
from homeport.postgres.checksum import quote
from homeport.postgres.copy.reading import SYSTEM, read_sequences
from homeport.postgres.objects import View
from homeport.postgres.server import Connection

PIECE_BYTES = 1 << 20
READ_WRITE = 0x60000  # INV_READ | INV_WRITE
AT_ONCE = 500
SEQUENCES = f"""
SELECT format('%I.%I', n.nspname, c.relname), s.seqincrement, s.seqcycle
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relpersistence <> 't' AND {SYSTEM}
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1"""
OBJECTS = "SELECT oid::bigint, md5(lo_get(oid)) FROM pg_largeobject_metadata"

Value = tuple[int, bool]  # last value, and whether it was given out


@dataclass(frozen=True)
class Counter:
    """A sequence."""

    name: str
    increment: int
    cycles: bool


def read_counters(connection: Connection) -> tuple[Counter, ...]:
    """All sequences of a side."""
    return tuple(Counter(*row) for row in connection.execute(SEQUENCES.encode()).fetchall())


def bring_sequences(giving: Connection, receiving: Connection, counters: Sequence[Counter]) -> list[str]:
    """Set those that are behind, only forward; their names. None is left when this returns an empty list."""
    names = tuple(counter.name for counter in counters)
    if not names:
        return []
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(read_sequences, side, names) for side in (giving, receiving)]
        given, received = ({name: (last, called) for name, last, called in one.result()} for one in both)
    behind = [counter for counter in counters if is_behind(counter, given[counter.name], received[counter.name])]
    for start in range(0, len(behind), AT_ONCE):
        calls = []
        for counter in behind[start : start + AT_ONCE]:
            last, called = given[counter.name]
            name = counter.name.replace("'", "''")
            calls.append(f"SELECT setval('{name}', {last}, {str(called).lower()})")
        receiving.execute("; ".join(calls).encode())
    return [counter.name for counter in behind]


def is_behind(counter: Counter, given: Value, received: Value) -> bool:
    """Whether the receiving side could give out a value again. Where values come round, only equal ones will do."""
    if counter.cycles:
        return given != received
    following = [last + counter.increment * called for last, called in (given, received)]
    return following[0] > following[1] if counter.increment > 0 else following[0] < following[1]


def bring_large_objects(giving: Connection, receiving: Connection, kept: Sequence[str] = ()) -> int:
    """Bring those that differ, and remove those that the giving side lacks, except the `kept` (`LARGE OBJECT 123`).

    How many were changed. Both sides compute checksums of all of them, at the same time. Needs autocommit.
    """
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(_checksums, side) for side in (giving, receiving)]
        given, received = (one.result() for one in both)
    gone = [oid for oid in received.keys() - given.keys() if f"LARGE OBJECT {oid}" not in kept]
    different = [oid for oid, checksum in given.items() if received.get(oid) != checksum]
    with receiving.transaction():
        for oid in gone:
            receiving.execute("SELECT lo_unlink(%s)", [oid])
    for oid in different:
        _bring_large_object(giving, receiving, oid, is_new=oid not in received)
    return len(gone) + len(different)


def differing_large_objects(giving: Connection, receiving: Connection, kept: Sequence[str] = ()) -> list[int]:
    """Oids of large objects that are not the same on both sides."""
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(_checksums, side) for side in (giving, receiving)]
        given, received = (one.result() for one in both)
    return sorted(
        oid
        for oid in given.keys() | received.keys()
        if given.get(oid) != received.get(oid) and f"LARGE OBJECT {oid}" not in kept
    )


def refresh(connection: Connection, tables: Sequence[str], search_path: str) -> list[str]:
    """Refresh materialized views and analyse tables; what the server refused, in words. Needs autocommit.

    Functions that views and indexes call find names in `search_path`.
    """
    ((before,),) = connection.execute("SELECT current_setting('search_path')").fetchall()
    views = order_materialized(read_catalog(connection))
    connection.execute(f"SET search_path = {search_path}".encode())
    refused = _refresh(connection, views)
    for name in tables:
        connection.execute(f"ANALYZE {name}".encode())
    connection.execute("SELECT set_config('search_path', %s, false)", [before])
    return refused


def _refresh(connection: Connection, views: Sequence[View]) -> list[str]:
    refused = []
    for view in views:
        name = f"{quote(view.schema)}.{quote(view.name)}"
        populated = "SELECT relispopulated FROM pg_class WHERE oid = %s::text::regclass"
        if connection.execute(populated, [name]).fetchall()[0][0]:
            try:
                connection.execute(f"REFRESH MATERIALIZED VIEW {name}".encode())
            except psycopg.Error as error:
                refused.append(f"materialized view {name} is not refreshed: {error.diag.message_primary}")
    return refused


def _bring_large_object(giving: Connection, receiving: Connection, oid: int, *, is_new: bool) -> None:
    """Piece by piece; one that is there keeps its owner and grants."""
    with receiving.transaction():
        if is_new:
            receiving.execute("SELECT lo_create(%s)", [oid])
        else:
            receiving.execute("SELECT lo_truncate64(lo_open(%s, %s), 0)", [oid, READ_WRITE])
        start = 0
        while True:
            piece = giving.execute("SELECT lo_get(%s, %s, %s)", [oid, start, PIECE_BYTES], binary=True).fetchall()[0][0]
            if piece:
                receiving.execute("SELECT lo_put(%s, %s, %b)", [oid, start, piece])
            start += len(piece)
            if len(piece) < PIECE_BYTES:
                return


def _checksums(connection: Connection) -> dict[int, str]:
    return {int(oid): str(checksum) for oid, checksum in connection.execute(OBJECTS).fetchall()}
