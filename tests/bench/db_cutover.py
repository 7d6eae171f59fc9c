"""How long writers are kept out by a cutover, in databases of two sizes, under a steady load.

Eight connections commit 500 transactions a second (two updates and an insert each), and connect anew to where
DATABASE_URL points whenever they are refused. What counts is what they saw: the longest time that any of them was
without a commit, from its last on the source to its first on the target. Rounds are interleaved; fsync is on.
HOMEPORT_BENCH_ROUNDS (5) says how many.
"""

import multiprocessing
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

import psycopg

from homeport.postgres.cutover.clean import clean
from homeport.postgres.cutover.run import CutoverOptions, CutoverReport, cutover
from homeport.postgres.cutover.switch import render_url
from homeport.postgres.follow.run import FollowOptions, Listener, follow
from homeport.postgres.server import Server
from tests.bench.bars import bar
from tests.bench.db_copy import SETTINGS
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql

ROUNDS = int(os.environ.get("HOMEPORT_BENCH_ROUNDS", "5"))
SIZES = {"small": 20_000, "large": 1_000_000}  # accounts, about 300 bytes each
CONNECTIONS, PER_SECOND = 8, 500
BAR_SECONDS = 2.0
ONE = """BEGIN; UPDATE account SET amount = amount - 1 WHERE id = {0};
UPDATE account SET amount = amount + 1 WHERE id = {1};
INSERT INTO entry (writer, turn) VALUES ({2}, {3}); COMMIT"""


@dataclass(frozen=True)
class Round:
    report: CutoverReport
    gap: float  # the longest of any writer without a commit
    usual: float  # the same, before the cutover began
    rate: float  # transactions per second, before it began
    refused: int
    lost: int


def fill(server: Server, accounts: int) -> None:
    run_sql(
        server,
        "CREATE TABLE account (id int PRIMARY KEY, amount bigint NOT NULL, filler text NOT NULL)",
        "CREATE TABLE entry (id bigserial PRIMARY KEY, writer int, turn int, at timestamptz DEFAULT now())",
        f"INSERT INTO account SELECT i, 1000, repeat(md5(i::text), 8) FROM generate_series(1, {accounts}) i",
        "VACUUM ANALYZE",
    )


def write(url: str, one: str, rows: int, pipe: Pipe) -> None:
    """A process of writers of transactions like `one`, on so many rows: it tells when all of them write, stops when it
    is told to, and then tells each one's commits and refusals.
    """
    stop = threading.Event()
    commits: list[list[float]] = [[] for _ in range(CONNECTIONS)]
    refused = [0] * CONNECTIONS

    def work(number: int) -> None:
        turn, due = 0, time.monotonic()
        connection: psycopg.Connection[tuple[object, ...]] | None = None
        while not stop.is_set():
            try:
                connection = connection or psycopg.connect(Path(url).read_text().strip(), autocommit=True)
                first, second = sorted(((turn * 7919 + number) % rows + 1, (turn * 104729 + number) % rows + 1))
                connection.execute(one.format(first, second, number, turn).encode())
                commits[number].append(time.monotonic())
                turn += 1
                due = max(due + CONNECTIONS / PER_SECOND, time.monotonic() - 0.1)
                time.sleep(max(0.0, due - time.monotonic()))
            except psycopg.Error:
                refused[number] += 1
                if connection:
                    connection.close()
                connection = None
                time.sleep(0.01)

    threads = [threading.Thread(target=work, args=[number]) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    while not all(commits):
        time.sleep(0.05)
    pipe.send("all of them write")
    pipe.recv()
    stop.set()
    for thread in threads:
        thread.join()
    pipe.send((commits, refused))


def measure(source: Server, target: Server, accounts: int, folder: Path) -> Round:
    """Follow, write, cut over; what the writers saw."""
    state, url = folder / "state", folder / "url"
    quiet: Callable[[str], None] = lambda text: None  # noqa: E731
    follow(source, target, state, FollowOptions(), Listener(), stop=lambda lag: lag.rows == 0)
    url.write_text(render_url(source))
    run_sql(source, "TRUNCATE entry")
    here, there = multiprocessing.Pipe()
    writers = multiprocessing.get_context("spawn").Process(target=write, args=(str(url), ONE, accounts, there))
    writers.start()
    here.recv()
    time.sleep(3)
    began = time.monotonic()
    options = CutoverOptions(f'echo "$DATABASE_URL" > {url}.new && mv {url}.new {url}', jobs=2)
    report = cutover(source, target, state, options, quiet, lambda question: True)
    time.sleep(1)
    here.send("stop")
    commits, refused = here.recv()
    writers.join()
    before = [[at for at in each if at < began] for each in commits]
    span = began - max(each[0] for each in before)
    lost = sum(map(len, commits)) - int(str(run_sql(target, "SELECT count(*) FROM entry")[0][0]))
    clean(source, target, state, quiet, of_target=True)
    return Round(
        report,
        gap=max(longest_gap([at for at in each if at > began - 0.5]) for each in commits),
        usual=max(map(longest_gap, before)),
        rate=sum(len([at for at in each if at > began - span]) for each in before) / span,
        refused=sum(refused),
        lost=lost,
    )


def longest_gap(times: list[float]) -> float:
    """The longest time between one and the next."""
    return max((later - earlier for earlier, later in zip(times, times[1:], strict=False)), default=0.0)


def main() -> None:
    """Print what writers saw, beside the bar."""
    one, other = Cluster("15", SETTINGS), Cluster("15", SETTINGS)
    try:
        sources = {name: heroku_like(one) for name in SIZES}
        for name, server in sources.items():
            fill(server, SIZES[name])
        rounds: dict[str, list[Round]] = {name: [] for name in SIZES}
        for _ in range(ROUNDS):
            for name, server in sources.items():
                target = rds_like(other)
                with tempfile.TemporaryDirectory() as folder:
                    rounds[name].append(measure(server, target, SIZES[name], Path(folder)))
                other.execute(f"DROP DATABASE {target.database} WITH (FORCE)")
        for name, server in sources.items():
            size = int(str(run_sql(server, "SELECT pg_database_size(current_database())")[0][0]))
            report(name, size, rounds[name])
    finally:
        one.close()
        other.close()


def report(name: str, size: int, rounds: list[Round]) -> None:
    def middle(values: list[float]) -> str:
        return f"{statistics.median(values):.2f} s (up to {max(values):.2f})"

    rate = statistics.median(each.rate for each in rounds)
    print(f"{name}: {size / 1e6:.0f} MB, {rate:.0f} transactions/s, {len(rounds)} rounds")
    print(f"  from fence to switched          {middle([r.report.freeze_seconds for r in rounds])}")
    print(f"  longest without a commit        {middle([r.gap for r in rounds])}")
    print(f"  the same before the cutover     {middle([r.usual for r in rounds])}")
    for step in ("fence", "last changes", "sequences and large objects", "last proof", "switch"):
        print(f"    {step:<30}{middle([dict(r.report.steps)[step] for r in rounds])}")
    print(f"  refused and tried again {sum(r.refused for r in rounds)}, lost {sum(r.lost for r in rounds)}")
    bar(f"{name}, longest without a commit, median", statistics.median(r.gap for r in rounds), "s", at_most=BAR_SECONDS)
    bar(f"{name}, transactions lost", sum(r.lost for r in rounds), at_most=0)


if __name__ == "__main__":
    main()
