"""`homeport db copy` against its floors and against pg_dump | pg_restore: wall, CPU of everything, memory.

Interleaved medians between two servers on this machine. HOMEPORT_BENCH_ROWS names a script that makes the source;
HOMEPORT_BENCH_ROUNDS (5) and HOMEPORT_BENCH_SCALE (0.1 of about 2 GB) say how much, _JOBS (4) and
_MAJOR (15) how; with _STEPS each copy prints when its tasks ended. fsync is on, on both sides.
"""

import json
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from homeport.postgres.copy.contents import Contents
from homeport.postgres.copy.keeper import keep_snapshot
from homeport.postgres.copy.plan import plan_tasks
from homeport.postgres.copy.pump import forward
from homeport.postgres.copy.run import Options, copy
from homeport.postgres.copy.wire import Wire
from homeport.postgres.copy.worker import ON_TARGET, plan_rows
from homeport.postgres.server import Server, program_environment
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql

SCALE = float(os.environ.get("HOMEPORT_BENCH_SCALE", "0.1"))
ROUNDS = int(os.environ.get("HOMEPORT_BENCH_ROUNDS", "5"))
MAJOR = os.environ.get("HOMEPORT_BENCH_MAJOR", "15")
JOBS = int(os.environ.get("HOMEPORT_BENCH_JOBS", "4"))
CORES = os.cpu_count() or 1
BAR = 1.10
SETTINGS = {"fsync": "on", "shared_buffers": "512MB", "max_wal_size": "4GB", "maintenance_work_mem": "256MB"}
# Wide rows, JSON, numbers, text with a GIN index, keys and foreign keys, as an application of Django has them.
TABLES = {
    "customer": (150_000, "id bigint, name text, address jsonb, tags text[], created timestamptz"),
    "orders": (900_000, "id bigint, customer_id bigint, total numeric(12,2), ref text, meta jsonb, placed timestamptz"),
    "item": (
        2_700_000,
        "id bigint, order_id bigint, product_id bigint, qty int, price numeric(10,2), made timestamptz",
    ),
    "event": (1_700_000, "id bigint, uid uuid, customer_id bigint, kind text, payload jsonb, ip inet, at timestamptz"),
    "document": (25_000, "id bigint, customer_id bigint, title text, body text, made timestamptz"),
}
CUSTOMERS = max(int(150_000 * SCALE), 1)
ROWS = {
    "customer": "i, 'Customer ' || i, jsonb_build_object('street', 'Calle ' || i % 900), ARRAY['t' || i % 7], now()",
    "orders": f"i, 1 + i % {CUSTOMERS}, i % 500, md5(i::text), "
    "jsonb_build_object('utm', i % 90, 'ua', repeat('Mozilla ', 8)), now()",
    "item": "i, 1 + (i - 1) / 3, i % 30000, i % 5, i % 300, now()",
    "event": f"i, md5('e' || i)::uuid, 1 + i % {CUSTOMERS}, 'k' || i % 5, "
    "jsonb_build_object('path', '/item/' || i % 30000, 'ref', md5(i::text), 'ms', i % 3000), "
    "('10.0.' || i % 250 || '.1')::inet, now() + i * interval '1 s'",
    "document": f"i, 1 + i % {CUSTOMERS}, 'Title ' || i, "
    "(SELECT string_agg(md5((i * k)::text), ' ') FROM generate_series(1, 100) k), now()",
}
AFTER = """
ALTER TABLE customer ADD PRIMARY KEY (id); CREATE INDEX ON customer USING gin (tags); CREATE INDEX ON customer (name);
ALTER TABLE orders ADD PRIMARY KEY (id), ADD UNIQUE (ref), ADD FOREIGN KEY (customer_id) REFERENCES customer;
CREATE INDEX ON orders (customer_id); CREATE INDEX ON orders (placed);
ALTER TABLE item ADD PRIMARY KEY (id), ADD FOREIGN KEY (order_id) REFERENCES orders;
CREATE INDEX ON item (order_id); CREATE INDEX ON item (product_id);
ALTER TABLE event ADD PRIMARY KEY (id), ADD UNIQUE (uid), ADD FOREIGN KEY (customer_id) REFERENCES customer;
CREATE INDEX ON event (customer_id); CREATE INDEX ON event (kind, at);
ALTER TABLE document ADD PRIMARY KEY (id), ADD FOREIGN KEY (customer_id) REFERENCES customer;
CREATE MATERIALIZED VIEW daily AS SELECT customer_id % 100 AS d, count(*) AS n FROM public.orders GROUP BY 1;
VACUUM ANALYZE"""


@dataclass(frozen=True)
class Cost:
    """Seconds."""

    wall: float
    cpu: float  # both servers and the client
    client: float


class Bench:
    def __init__(self, source: Cluster, target: Cluster, database: Server) -> None:
        self.source, self.target, self.database = source, target, database

    def measure(self, work: Callable[[Server], object], prepare: Callable[[Server], object] | None = None) -> Cost:
        """What `work` costs into a fresh target."""
        target = rds_like(self.target)
        if prepare:
            prepare(target)
        for cluster in (self.source, self.target):
            cluster.execute("CHECKPOINT")
        servers, client, began = self._servers(), _client(), time.perf_counter()
        work(target)
        wall = time.perf_counter() - began
        own = _client() - client
        cost = Cost(wall, self._servers() - servers + own, own)
        self.target.execute(f"DROP DATABASE {target.database} WITH (FORCE)")
        return cost

    def copy(self, target: Server) -> None:
        with tempfile.TemporaryDirectory() as folder:
            copy(self.database, target, Path(folder) / "state", Options(jobs=JOBS), lambda progress: None)
            if os.environ.get("HOMEPORT_BENCH_STEPS"):
                print_steps(Path(folder) / "state")

    def dump(self, target: Server) -> None:
        """pg_dump -Fc | pg_restore, uncompressed: its best without files."""
        one = subprocess.Popen(
            ["pg_dump", "-Fc", "-Z0", "-O", "-x"],
            stdout=subprocess.PIPE,
            env=program_environment(self.database, application="bench"),
        )
        restore = ["pg_restore", "-O", "-x", "-d", target.database]
        subprocess.run(restore, stdin=one.stdout, env=program_environment(target, application="bench"), check=True)
        one.wait()

    def pgcopydb(self, target: Server) -> None:
        with tempfile.TemporaryDirectory() as folder:
            urls = {"PGCOPYDB_SOURCE_PGURI": _url(self.database), "PGCOPYDB_TARGET_PGURI": _url(target)}
            command = ["pgcopydb", "clone", "--no-owner", "--no-acl", "--dir", folder]
            subprocess.run(command, env=os.environ | urls, check=True, capture_output=True, start_new_session=True)

    def floors(self, contents: Contents) -> dict[str, tuple[Callable[[Server], object], Callable[[Server], object]]]:
        """Each part of the work alone, and what must be there before: rows, indexes and keys, ANALYZE."""
        tasks = plan_tasks(contents)
        rows = plan_rows(contents, tasks, lambda table: [(0, None)])
        names = [table.name for table in contents.tables if table.pages]
        later = [task for task in tasks if task.statements and not task.name.startswith("analyze ")]
        builds = [task.statements for task in later if task.name.startswith("index ")]
        keys = [task.statements for task in later if not task.name.startswith(("index ", "refresh "))]
        views = [task.statements for task in later if task.name.startswith("refresh ")]

        def load(target: Server) -> None:
            self._each(
                target, [(f"rows {name}", rows[f"rows {name}"].read, rows[f"rows {name}"].write) for name in names]
            )

        def build(target: Server) -> None:
            _all(target, builds, 2)
            _all(target, keys, 1)
            _all(target, views, 1)

        def loaded(target: Server) -> None:
            self._schema(target)
            load(target)

        def analyze(target: Server) -> None:
            _all(target, [(f"ANALYZE {name}",) for name in names], 2)

        return {"rows": (load, self._schema), "indexes and keys": (build, loaded), "analyze": (analyze, loaded)}

    def _each(self, target: Server, work: list[tuple[str, str, str]]) -> None:
        def one(item: tuple[str, str, str]) -> None:
            with Wire(self.database, application="bench") as source, Wire(target, application="bench") as sink:
                source.execute("BEGIN")
                forward(source, sink, item[1], f"BEGIN; {item[2]}; COMMIT", lambda size: None)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(one, work))

    def _schema(self, target: Server) -> None:
        command = ["pg_dump", "-s", "-O", "-x", "--section=pre-data"]
        environment = program_environment(self.database, application="bench")
        script = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        lines = "\n".join(line for line in script.splitlines() if not line.startswith("\\"))
        run_sql(target, lines)

    def _servers(self) -> float:
        """CPU seconds of both servers since they started, ended sessions included."""
        clusters = {id(cluster): cluster for cluster in (self.source, self.target)}
        return sum(_tree_seconds(cluster._process.pid) for cluster in clusters.values() if cluster._process)


def main() -> None:
    """Print medians, and how far the copy is from the bar: floors' CPU seconds by the cores, times 1.10."""
    source, target = Cluster(MAJOR, SETTINGS), Cluster(MAJOR, SETTINGS)
    try:
        database = heroku_like(source)
        if script := os.environ.get("HOMEPORT_BENCH_ROWS"):
            environment = program_environment(database, application="bench")
            subprocess.run(["psql", "-q", "-f", script], env=environment, check=True, stderr=subprocess.DEVNULL)
        else:
            make_source(database)
        bench = Bench(source, target, database)
        with keep_snapshot(database, "bench") as keeper:
            contents = keeper.contents
        print(f"source: {contents.bytes / 1e6:.0f} MB of tables, {len(contents.tables)} tables, {CORES} cores")
        works: dict[str, tuple[Callable[[Server], object], Callable[[Server], object] | None]] = {
            "homeport db copy": (bench.copy, None),
            "pg_dump -Fc -Z0 | pg_restore": (bench.dump, None),
            **{f"floor: {name}": work for name, work in bench.floors(contents).items()},
        }
        if shutil.which("pgcopydb"):
            works["pgcopydb clone"] = (bench.pgcopydb, None)
        found: dict[str, list[Cost]] = {name: [] for name in works}
        for _ in range(ROUNDS):
            for name, (work, prepare) in works.items():
                found[name].append(bench.measure(work, prepare))
        report(found)
    finally:
        source.close()
        target.close()


def make_source(database: Server) -> None:
    for name, (count, columns) in TABLES.items():
        rows = f"INSERT INTO {name} SELECT {ROWS[name]} FROM generate_series(1, {max(int(count * SCALE), 1)}) i"
        run_sql(database, f"CREATE TABLE {name} ({columns})", rows)
    run_sql(database, *AFTER.split(";"))


def print_steps(state: Path) -> None:
    """When each task of a copy ended, in seconds."""
    with closing(sqlite3.connect(state)) as file:
        began, *_ = file.execute("SELECT min(at) FROM event").fetchone()
        for at, step, detail in file.execute("SELECT at, step, detail FROM event ORDER BY rowid"):
            print(f"  {at - began:7.2f} {step} {json.loads(detail).get('task', '')}")


def report(found: dict[str, list[Cost]]) -> None:
    for name, costs in found.items():
        walls = [cost.wall for cost in costs]
        cpu, client = (statistics.median(getattr(cost, part) for cost in costs) for part in ("cpu", "client"))
        middle = statistics.median(walls)
        print(
            f"{name:32} {middle:7.2f} s ({min(walls):.2f}–{max(walls):.2f}), CPU {cpu:6.2f} s, client {client:5.2f} s"
        )
    floors = [costs for name, costs in found.items() if name.startswith("floor: ")]
    limit = sum(statistics.median(cost.cpu for cost in costs) for costs in floors) / CORES
    ours = found["homeport db copy"]
    wall = statistics.median(cost.wall for cost in ours)
    share = statistics.median(cost.client / cost.cpu for cost in ours)
    print(f"limit (floors' CPU seconds / {CORES} cores): {limit:.2f} s; the copy: {wall / limit:.2f} x (bar: {BAR} x)")
    print(f"client: {share:.1%} of all CPU (bar: 5 %), {_peak_mb():.0f} MB at most (bar: 200 MB)")


def _all(target: Server, work: list[tuple[str, ...]], jobs: int) -> None:
    def one(statements: tuple[str, ...]) -> None:
        with Wire(target, application="bench", settings=ON_TARGET) as wire:
            for statement in statements:
                wire.execute(statement)

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, work))


def _client() -> float:
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def _tree_seconds(pid: int) -> float:
    """User and system time of a process, its ended children and its living ones (proc(5), stat)."""
    ticks = 0
    for one in [pid, *_children(pid)]:
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        ticks += sum(int(field) for field in fields[11 : 15 if one == pid else 13])
    return ticks / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _url(server: Server) -> str:
    return f"postgres://{server.user}:{server.password}@{server.host}:{server.port}/{server.database}"


if __name__ == "__main__":
    main()
    sys.exit(0)
