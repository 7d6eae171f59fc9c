"""Two connections → how fast these servers and the way to them are, measured for about two seconds; nothing is written.

Rows can only be read from the source and texts only be sent to the target without changing anything, so what the
target takes to store rows is not measured: only a rehearsal shows that.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import psycopg

from homeport.postgres.catalog import Catalog
from homeport.postgres.checksum import quote
from homeport.postgres.objects import Table
from homeport.postgres.server import Connection

PROBE_SECONDS, PROBE_BYTES = 1.0, 32 * 1024 * 1024
SENT_BYTES = 4 * 1024 * 1024
SORTED_ROWS = 50_000
ROUND_TRIPS, SENDS = 5, 3

SORT = f"""
SELECT sum(octet_length(m)), count(DISTINCT m)
  FROM (SELECT md5(i::text) AS m FROM generate_series(1, {SORTED_ROWS}) AS i ORDER BY 1 OFFSET 0) AS s
"""
SORTED_BYTES = SORTED_ROWS * 40  # an md5 and an index entry's header
WRITES = """
SELECT coalesce(tup_inserted + tup_updated + tup_deleted, 0), extract(epoch FROM clock_timestamp())::float8
  FROM pg_stat_database WHERE datname = current_database()
"""


@dataclass(frozen=True)
class Measured:
    """Bytes per second of one stream, seconds, rows per second; none where there was nothing to measure with."""

    read_rate: float | None  # COPY of the largest table, from the source to here
    send_rate: float  # from here to the target
    sort_rate: float  # sorting texts in the target, as an index build does
    source_round_trip: float
    target_round_trip: float
    clock_skew: float  # the target's clock minus the source's
    writes_per_second: float  # rows that the application changes in the source

    @property
    def rate(self) -> float:
        """What limits one stream from end to end."""
        return min(self.send_rate, self.read_rate or self.send_rate)


def measure(source: Connection, target: Connection, catalog: Catalog) -> Measured:
    """Measure, in read-only transactions, with a bound on time and bytes for each part."""
    with _reading(source), _reading(target):
        written, then = _row(source, WRITES)
        read_rate = _read_rate(source, catalog)
        sort_seconds = _seconds(lambda: target.execute(SORT).fetchall())
        payload = b"\x00" * SENT_BYTES
        send_seconds = min(_seconds(lambda: _send(target, payload)) for _ in range(SENDS))
        trips = [_round_trip(connection) for connection in (source, target)]
        skew = _clock(target) - _clock(source)
    with _reading(source):
        after, now = _row(source, WRITES)
    return Measured(
        read_rate=read_rate,
        send_rate=SENT_BYTES / send_seconds,
        sort_rate=SORTED_BYTES / sort_seconds,
        source_round_trip=trips[0],
        target_round_trip=trips[1],
        clock_skew=skew,
        writes_per_second=max(0.0, float(after - written)) / max(now - then, 0.001),
    )


def _read_rate(source: Connection, catalog: Catalog) -> float | None:
    """Bytes per second of COPY of the largest tables, until the time or the bytes are used up."""
    received, began = 0, time.perf_counter()
    tables = sorted((t for t in catalog.data_tables if t.is_ours), key=lambda t: -t.size_bytes)
    for table in tables[:3]:
        received += _sample(source, table, began, PROBE_BYTES - received)
        if received >= PROBE_BYTES or time.perf_counter() - began > PROBE_SECONDS:
            break
    return received / (time.perf_counter() - began) if received else None


def _sample(source: Connection, table: Table, began: float, bytes_max: int) -> int:
    """Receive the beginning of a table; how much."""
    received = 0
    blocks = max(1, bytes_max // 8192)
    names = ", ".join(quote(column.name) for column in table.columns if not column.generated)
    where = f" WHERE ctid < '({blocks},0)'" if _reads_ranges(source) else ""
    statement = f"COPY (SELECT {names} FROM {quote(table.schema)}.{quote(table.name)}{where}) TO STDOUT"
    with source.transaction(), source.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for data in copy:
            received += len(data)
            if received >= bytes_max or time.perf_counter() - began > PROBE_SECONDS:
                raise psycopg.Rollback  # ends the COPY, with the rest of the table unread
    return received


def _reads_ranges(connection: Connection) -> bool:
    """Whether a range of ctid reads only these blocks."""
    return connection.info.server_version >= 140000


def _reading(connection: Connection) -> AbstractContextManager[object]:
    """A read-only transaction."""
    connection.read_only = True
    return connection.transaction()


def _send(target: Connection, payload: bytes) -> None:
    target.execute("SELECT octet_length(%b::bytea)", [payload]).fetchall()


def _round_trip(connection: Connection) -> float:
    return min(_seconds(lambda: _row(connection, "SELECT 1")) for _ in range(ROUND_TRIPS))


def _clock(connection: Connection) -> float:
    """The server's clock minus ours, in seconds, as of the middle of the question's way there and back."""
    began = time.time()
    (there,) = _row(connection, "SELECT extract(epoch FROM clock_timestamp())::float8")
    return float(there) - (began + time.time()) / 2


def _row(connection: Connection, statement: str) -> tuple[float, ...]:
    return connection.execute(statement.encode()).fetchone() or ()


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return max(time.perf_counter() - began, 1e-6)
