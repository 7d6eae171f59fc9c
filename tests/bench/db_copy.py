"""`homeport db copy` against its floors and against other tools: wall, CPU of everything, memory; and larger sources.

Interleaved medians between two servers on this machine. `django_like.sql` makes the source, 2 GB; for a quick look
HOMEPORT_BENCH_SCALE makes a smaller one (1 is 807 MB of tables). HOMEPORT_BENCH_ROUNDS (5) says how often, _JOBS (4)
and _MAJOR (15) how; with _STEPS each copy prints when its tasks ended. _MB (500,2000,8000) are the sizes at which it
is looked whether the cost grows on a line. fsync is on, on both sides, and so is TLS, for everybody.
"""

import json
import os
import resource
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
from functools import partial
from pathlib import Path
from typing import TypeVar

from homeport.postgres.copy.contents import Contents
from homeport.postgres.copy.keeper import keep_snapshot
from homeport.postgres.copy.plan import plan_tasks
from homeport.postgres.copy.pump import forward
from homeport.postgres.copy.run import Options, copy
from homeport.postgres.copy.wire import Wire
from homeport.postgres.copy.worker import ON_TARGET, Rows, plan_rows
from homeport.postgres.server import Server, program_environment
from tests.bench.bars import bar
from tests.bench.db_rivals import find_rivals, tool_of
from tests.bench.db_source import MB_PER_SCALE, make_source
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql

SCALE = float(os.environ.get("HOMEPORT_BENCH_SCALE", "0"))
ROWS = Path(__file__).with_name("django_like.sql")
ROUNDS = int(os.environ.get("HOMEPORT_BENCH_ROUNDS", "5"))
MAJOR = os.environ.get("HOMEPORT_BENCH_MAJOR", "15")
JOBS = int(os.environ.get("HOMEPORT_BENCH_JOBS", "4"))
CORES = os.cpu_count() or 1
LINE_MB = [int(size) for size in os.environ.get("HOMEPORT_BENCH_MB", "500,2000,8000").split(",") if size]
LINE_ROUNDS = min(ROUNDS, 3)
OURS = "homeport db copy"
FLOOR = "floor: "
TOO_SLOW = 2
ALONE = {"max_parallel_maintenance_workers": "0"}  # a floor is what costs the least
BAR = 1.10
PARTS = ("wall", "cpu", "client")
SETTINGS = {
    "fsync": "on",
    "shared_buffers": "512MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "min_wal_size": "4GB",  # files of WAL are kept: to make them takes a first copy 3 to 4 s
}


@dataclass(frozen=True)
class Cost:
    """Seconds."""

    wall: float
    cpu: float  # both servers and the client
    client: float
    analysed: bool  # whether at least half of the source's columns have statistics, when it has ended


Work = TypeVar("Work")
Works = dict[str, Callable[[Server], object]]


class Bench:
    def __init__(self, source: Cluster, target: Cluster, database: Server) -> None:
        self.source, self.target, self.database = source, target, database

    def measure(self, *works: Callable[[Server], object]) -> list[Cost]:
        """What each costs, one after another into the same target, which is fresh."""
        place = self.target.create_tablespace()
        target = rds_like(self.target, options=f"TABLESPACE {place}")
        try:
            return [self._measure(work, target) for work in works]
        finally:
            self.target.execute(f"DROP DATABASE {target.database} WITH (FORCE)")
            self.target.execute(f"DROP TABLESPACE {place}")

    def _measure(self, work: Callable[[Server], object], target: Server) -> Cost:
        for cluster in (self.source, self.target):
            cluster.execute("CHECKPOINT")
        servers, client, began = self._servers(), _client(), time.perf_counter()
        work(target)
        wall = time.perf_counter() - began
        own = _client() - client
        cpu = self._servers() - servers + own
        return Cost(wall, cpu, own, self._is_analysed(target))

    def _is_analysed(self, target: Server) -> bool:
        looked = "SELECT count(*) FROM pg_stats"
        ((wanted,),) = self.source.execute(looked, self.database.database)
        ((found,),) = self.target.execute(looked, target.database)
        return bool(found >= wanted / 2)

    def check_arrived(self, target: Server) -> None:
        """CalledProcessError if not even half is there: pgloader may end well without having loaded a row."""
        looked = "SELECT pg_database_size(current_database())"
        ((size,),) = self.source.execute(looked, self.database.database)
        ((arrived,),) = self.target.execute(looked, target.database)
        if arrived < size / 2:
            said = f"{arrived / 1e6:.0f} MB arrived of {size / 1e6:.0f}"
            raise subprocess.CalledProcessError(1, "", stderr=said.encode())

    def copy(self, target: Server) -> None:
        with tempfile.TemporaryDirectory() as folder:
            copy(self.database, target, Path(folder) / "state", Options(jobs=JOBS), lambda progress: None)
            if os.environ.get("HOMEPORT_BENCH_STEPS"):
                print_steps(Path(folder) / "state")

    def contents(self) -> Contents:
        with keep_snapshot(self.database, "bench") as keeper:
            return keeper.contents

    def floors(self, contents: Contents) -> Works:
        """Each part of the work alone; one after another, since none can do without what is before it."""
        tasks = plan_tasks(contents, small_bytes=0)
        rows = plan_rows(contents, tasks, lambda table: [(0, None)])
        names = [table.name for table in contents.tables if table.pages]
        later = [task for task in tasks if task.statements and not task.name.startswith("analyze ")]
        builds = [task.statements for task in later if task.name.startswith("index ")]
        keys = [task.statements for task in later if not task.name.startswith(("index ", "refresh "))]
        views = [task.statements for task in later if task.name.startswith("refresh ")]

        def load(target: Server) -> None:
            self._each(target, [rows[f"rows {name}"] for name in names])

        def build(target: Server) -> None:
            _all(target, builds, 2)
            _all(target, keys, 1)
            _all(target, views, 1)

        def analyze(target: Server) -> None:
            _all(target, [(f"ANALYZE {name}",) for name in names], 2)

        parts = {"rows": load, "indexes and keys": build, "analyze": analyze}
        return {"schema, by pg_dump": self._schema, **{f"{FLOOR}{name}": part for name, part in parts.items()}}

    def _each(self, target: Server, work: list[Rows]) -> None:
        def some(share: list[Rows]) -> None:
            with Wire(self.database, application="bench") as source, Wire(target, application="bench") as sink:
                for rows in share:
                    source.execute("BEGIN")
                    forward(source, sink, rows.read, f"BEGIN; {rows.write}; COMMIT", lambda size: None)
                    source.execute("COMMIT")

        _share(some, work, 2)

    def _schema(self, target: Server) -> None:
        command = ["pg_dump", "-s", "-O", "-x", "--section=pre-data"]
        environment = program_environment(self.database, application="bench")
        script = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        lines = "\n".join(line for line in script.splitlines() if not line.startswith("\\"))
        run_sql(target, lines)

    def _servers(self) -> float:
        """CPU seconds of both servers since they started, ended sessions included."""
        clusters = {id(cluster): cluster for cluster in (self.source, self.target)}
        return sum(tree_seconds(cluster._process.pid) for cluster in clusters.values() if cluster._process)


def main() -> None:
    """Print medians; how far the copy is from the bar (floors' CPU seconds by the cores, times 1.10); other sizes."""
    source, target = Cluster(MAJOR, SETTINGS), Cluster(MAJOR, SETTINGS)
    try:
        database = heroku_like(source)
        fill(database)
        bench = Bench(source, target, database)
        contents = bench.contents()
        print(f"source: {contents.bytes / 1e6:.0f} MB of tables, {len(contents.tables)} tables, {CORES} cores")
        (first,) = bench.measure(bench.copy)  # it makes the files of WAL, which all others use again
        print(f"  {'the first copy, not counted':45} {first.wall:7.2f} s", flush=True)
        works: Works = {OURS: bench.copy, **{name: partial(rival, database) for name, rival in find_rivals().items()}}
        report(compete(bench, works, bench.floors(contents)))
        print_line(source, target)
    finally:
        source.close()
        target.close()


def fill(database: Server) -> None:
    """The reference database, or one of SCALE."""
    if SCALE:
        make_source(database, SCALE)
        return
    environment = program_environment(database, application="bench")
    subprocess.run(["psql", "-q", "-o", os.devnull, "-f", ROWS], env=environment, check=True, stderr=subprocess.DEVNULL)


def compete(bench: Bench, works: Works, floors: Works) -> dict[str, list[Cost]]:
    """What each costs, in turn, in every round: the copy, at once after it its floors, then others. Who fails is told
    of and left out; of another tool's forms the fastest of the first round goes on, if it needed less than TOO_SLOW
    times as long as we did.
    """
    found: dict[str, list[Cost]] = {name: [] for name in [*works, *floors]}
    for number in range(ROUNDS):
        for name in _going_on(found) if number else list(works):
            try:
                found[name].append(bench.measure(works[name], bench.check_arrived)[0])
                print(f"  {name:45} {found[name][-1].wall:7.2f} s", flush=True)
            except subprocess.CalledProcessError as error:
                said = (error.stderr or error.stdout or b"").decode(errors="replace").split("\n")
                print(f"{name}: failed: {' '.join(said[-4:]).strip()[-300:]}")
                del found[name]
            if name == OURS:
                for floor, cost in zip(floors, bench.measure(*floors.values()), strict=True):
                    found[floor].append(cost)
                    print(f"  {floor:45} {cost.wall:7.2f} s", flush=True)
    return found


def _going_on(found: dict[str, list[Cost]]) -> list[str]:
    """The works of the next round, by what the first one has shown."""
    names = [OURS]
    for name, costs in found.items():
        if tool := tool_of(name):
            best = min(others[0].wall for other, others in found.items() if tool_of(other) == tool)
            if costs[0].wall == best <= TOO_SLOW * found[OURS][0].wall:
                names.append(name)
    return names


def print_line(source: Cluster, target: Cluster) -> None:
    """Whether the cost grows with the size: CPU seconds and milliseconds per MB of tables, at each of LINE_MB."""
    benches = []
    for size in LINE_MB:
        database = heroku_like(source)
        make_source(database, size / MB_PER_SCALE)
        benches.append(Bench(source, target, database))
    costs: list[list[Cost]] = [[] for _ in benches]
    for _ in range(LINE_ROUNDS):
        for bench, found in zip(benches, costs, strict=True):
            found += bench.measure(bench.copy)
    for bench, found in zip(benches, costs, strict=True):
        megabytes = bench.contents().bytes / 1e6
        wall, cpu, client = (statistics.median(getattr(cost, part) for cost in found) for part in PARTS)
        print(
            f"copy of {megabytes:5.0f} MB: {wall:6.2f} s, CPU {cpu:6.2f} s ({1000 * cpu / megabytes:.1f} ms per MB), "
            f"client {client / cpu:.1%}"
        )


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
            f"{name:45} {middle:7.2f} s ({min(walls):.2f}–{max(walls):.2f} in {len(walls)}), "
            f"CPU {cpu:6.2f} s, client {client:5.2f} s{'' if costs[-1].analysed else ', not analysed'}"
        )
    floors = [costs for name, costs in found.items() if name.startswith(FLOOR)]
    limit = sum(statistics.median(cost.cpu for cost in costs) for costs in floors) / CORES
    ours = found[OURS]
    wall = statistics.median(cost.wall for cost in ours)
    share = statistics.median(cost.client / cost.cpu for cost in ours)
    print(f"limit (floors' CPU seconds / {CORES} cores): {limit:.2f} s")
    bar("copy, against that limit", wall / limit, "×", at_most=BAR)
    for name, costs in found.items():
        if tool_of(name) and len(costs) == len(ours):
            rival = statistics.median(cost.wall for cost in costs)
            bar(f"copy, against {name}", wall / rival, "×", at_most=1)
    bar("copy, the client's share of all CPU", share * 100, "%", at_most=5)
    bar("copy, the client's memory", _peak_mb(), "MB", at_most=200)


def _all(target: Server, work: list[tuple[str, ...]], jobs: int) -> None:
    def some(share: list[tuple[str, ...]]) -> None:
        with Wire(target, application="bench", settings=ON_TARGET | ALONE) as wire:
            for statements in share:
                for statement in statements:
                    wire.execute(statement)

    _share(some, work, jobs)


def _share(some: Callable[[list[Work]], None], work: list[Work], jobs: int) -> None:
    """Do `some` of the work in each of so many threads, all of them with one connection: opening them is no floor."""
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(some, [work[number::jobs] for number in range(jobs)]))


def _client() -> float:
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def tree_seconds(pid: int) -> float:
    """User and system time of a process, its ended children and its living ones (proc(5), stat).

    A child that ends while we look is in neither sum, so we look again.
    """
    while True:
        own = _ticks(pid, 4)
        ticks = own + sum(_ticks(child, 2) for child in _children(pid))
        if _ticks(pid, 4) == own:
            return ticks / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int, fields: int) -> int:
    """utime and stime; with 4 fields those of ended children too. 0 for a process that is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(field) for field in stat[11 : 11 + fields])


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
    sys.exit(0)
