"""`homeport db compare` against the scans that it cannot do without, on two real databases of one server.

Two scans stand beside it: `count(*)`, which looks at no value, and a binary COPY to nowhere of every table, which
reads every value as anybody must who compares them. Rounds are interleaved; medians.
"""

import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from homeport.postgres.compare import compare
from homeport.postgres.server import Server, connect
from tests.postgres.clusters import Cluster, heroku_like, run_sql

ROUNDS = 5
SCALE = int(os.environ.get("DB_COMPARE_SCALE", "1"))  # 1 is about 70 MB on each side
SCHEMA = (
    "CREATE TABLE item (id bigint PRIMARY KEY, order_id bigint NOT NULL, product_id bigint NOT NULL, qty int NOT NULL,"
    " unit_price numeric(10,2) NOT NULL, created_at timestamptz NOT NULL)",
    "CREATE TABLE purchase (id bigint PRIMARY KEY, customer_id bigint NOT NULL, total numeric(12,2) NOT NULL,"
    " currency char(3) NOT NULL, ref varchar(40) NOT NULL, meta jsonb NOT NULL, note text, placed_at timestamptz)",
    "CREATE TABLE document (id bigint PRIMARY KEY, title varchar(200) NOT NULL, body text NOT NULL)",
    f"INSERT INTO item SELECT i, i / 3, i % 30000, i % 5, (i % 30000) / 100.0, timestamptz '2023-01-01' + i * "
    f"interval '30 seconds' FROM generate_series(1, {300_000 * SCALE}) i",
    "INSERT INTO purchase SELECT i, i % 150000, (i % 50000) / 100.0, 'EUR', 'R' || md5(i::text), jsonb_build_object("
    "'utm', jsonb_build_object('source', 'mail', 'campaign', 'c' || i % 90), 'ua', 'Mozilla/5.0 (X11; Linux x86_64)'),"
    " CASE WHEN i % 5 = 0 THEN repeat('lorem ipsum ', 12) END, timestamptz '2023-01-01' + i * interval '90 seconds'"
    f" FROM generate_series(1, {100_000 * SCALE}) i",
    "INSERT INTO document SELECT i, 'title ' || i, (SELECT string_agg(md5((i * 1000 + k)::text), ' ') FROM"
    f" generate_series(1, 60 + i % 60) k) FROM generate_series(1, {3_000 * SCALE}) i",
    "VACUUM ANALYZE",
)
TABLES = ("item", "purchase", "document")


def scan(server: Server, statement: str) -> None:
    """Run a statement on every table, one after another; `{}` is its name."""
    with connect(server, application="bench", autocommit=True) as connection:
        connection.execute("SET max_parallel_workers_per_gather = 0")
        for table in TABLES:
            text = statement.format(f"public.{table}").encode()
            if text.startswith(b"COPY"):
                with connection.cursor() as cursor, cursor.copy(text) as copy:
                    for _ in copy:
                        pass
            else:
                connection.execute(text).fetchall()


def both(source: Server, target: Server, statement: str) -> None:
    """The scan of both sides at once."""
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(scan, server, statement) for server in (source, target)]:
            done.result()


def main() -> None:
    """Print seconds, bytes per second of both sides together, and the ratios."""
    cluster = Cluster("15", {"fsync": "on", "shared_buffers": "512MB"})
    try:
        source, target = heroku_like(cluster), heroku_like(cluster)
        for server in (source, target):
            run_sql(server, *SCHEMA)
        ways: dict[str, Callable[[], object]] = {
            "compare, 1 job each": lambda: compare(source, target, jobs=1),
            "compare, 2 jobs each": lambda: compare(source, target, jobs=2),
            "scan: COPY binary": lambda: both(source, target, "COPY {} TO STDOUT (FORMAT binary)"),
            "scan: count(*)": lambda: both(source, target, "SELECT count(*) FROM {}"),
        }
        found = compare(source, target)
        assert found.is_equal
        seconds = {name: [] for name in ways}  # type: dict[str, list[float]]
        for _ in range(ROUNDS):
            for name, way in ways.items():
                began = time.perf_counter()
                way()
                seconds[name].append(time.perf_counter() - began)
        report(found.size_bytes, found.rows, {name: statistics.median(taken) for name, taken in seconds.items()})
    finally:
        cluster.close()


def report(size_bytes: int, rows: int, medians: dict[str, float]) -> None:
    print(f"compare: {size_bytes / 1e6:.0f} MB on both sides, {rows:,} rows on each; medians of {ROUNDS}")
    for name, taken in medians.items():
        print(f"{name:<22}{taken:7.2f} s  {size_bytes / taken / 1e6:8.0f} MB/s")
    best = min(taken for name, taken in medians.items() if name.startswith("compare"))
    for name in ("scan: COPY binary", "scan: count(*)"):
        print(f"compare's speed against {name}: {medians[name] / best:.2f} x")


if __name__ == "__main__":
    main()
