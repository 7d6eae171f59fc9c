"""A whole move as it is typed, while an application writes: the timeline that the how-to shows.

`django_like.sql` makes the source, HOMEPORT_BENCH_SCALE (0.1) of its 2 GB, on a server like Heroku's. Eight connections
commit 500 transactions a second, from before the first command until after the last, and connect anew to where
DATABASE_URL points whenever they are refused. Each command is a process of its own. `longest wait` is the longest time
that any writer was without a commit while the command ran. Everything is on one machine; fsync is on.
"""

import multiprocessing
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from homeport.postgres.server import Server, program_environment
from tests.bench.bars import bar
from tests.bench.db_copy import ROWS, SETTINGS
from tests.bench.db_cutover import BAR_SECONDS, CONNECTIONS, PER_SECOND, longest_gap, write
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql
from tests.torture.tool import Ended, Tool, last_json, render_url

SCALE = float(os.environ.get("HOMEPORT_BENCH_SCALE", "0.1"))
SCALED = re.compile(r"\b(20000|25000|30000|60000|100000|150000|200000|400000|900000|1700000|2700000)\b")
ORDERS = 900_000
FOLLOWED_SECONDS = 20
STILL = ("public.shop_orderitem", "public.docs_document", "public.auth_user")  # tables that nobody writes
ONE = """BEGIN; UPDATE shop_order SET total = total + 1 WHERE id = {0};
UPDATE shop_order SET total = total - 1 WHERE id = {1};
INSERT INTO audit_log (at, what) VALUES (now(), 'writer {2} turn {3}'); COMMIT"""


@dataclass(frozen=True)
class Step:
    """One command: when it was typed (time.monotonic), and how many seconds it took."""

    typed: str
    began: float
    seconds: float


class Evening:
    """Somebody who types one command after the other."""

    def __init__(self, source: Server, target: Server, folder: Path) -> None:
        self.tool = Tool(source, target, folder)
        self.began = time.monotonic()
        self.steps: list[Step] = []

    def types(self, *arguments: str, shown: str = "", for_seconds: float | None = None) -> Ended:
        """One command to its end, or for so long and then Ctrl-C."""
        began = time.monotonic()
        running = self.tool.start(*arguments)
        ended = running.wait(for_seconds or 3600) or running.interrupt()
        wanted = 130 if for_seconds else 0
        assert ended.code == wanted, f"{arguments}: {ended.code}\n{ended.said[-3000:]}"
        typed = shown or " ".join(arguments)
        self.steps.append(Step(f"homeport db {typed}", began, time.monotonic() - began))
        return ended


def main() -> None:
    """Print the timeline, and the freeze beside its bar."""
    with ExitStack() as stack:
        clusters = [Cluster("15", SETTINGS) for _ in range(2)]
        for cluster in clusters:
            stack.callback(cluster.close)
        source, target = heroku_like(clusters[0]), rds_like(clusters[1])
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        fill(source, folder)
        size = run_sql(source, "SELECT pg_size_pretty(pg_database_size(current_database())), count(*) FROM pg_tables")
        print(f"PostgreSQL 15, {size[0][0]}, {size[0][1]} tables, {PER_SECOND} transactions a second wanted")
        report(*move(source, target, folder))


def fill(server: Server, folder: Path) -> None:
    """The database of the reference, with a share of its rows."""
    script = folder / "source.sql"
    script.write_text(SCALED.sub(lambda number: str(max(1, int(int(number[0]) * SCALE))), ROWS.read_text()))
    environment = program_environment(server, application="bench")
    subprocess.run(["psql", "-q", "-f", script], env=environment, check=True, capture_output=True)


def move(source: Server, target: Server, folder: Path) -> tuple[Evening, list[list[float]], float]:
    """All commands, under writers: what was typed, each writer's commits, seconds of freeze as the tool tells them."""
    url = folder / "url"
    url.write_text(render_url(source))
    here, there = multiprocessing.Pipe()
    arguments = (str(url), ONE, int(ORDERS * SCALE), there)
    writers = multiprocessing.get_context("spawn").Process(target=write, args=arguments, daemon=True)
    writers.start()
    here.recv()
    evening = Evening(source, target, folder)
    switch = f'echo "$DATABASE_URL" > {url}.new && mv {url}.new {url}'
    evening.types("check")
    evening.types("rehearse")
    evening.types("follow", "--until-caught-up")
    evening.types("follow", for_seconds=FOLLOWED_SECONDS, shown=f"follow, for {FOLLOWED_SECONDS} s, Ctrl-C")
    evening.types("status")
    evening.types("compare", *(f"--table={name}" for name in STILL), shown="compare, of tables nobody writes")
    evening.types("cutover", "--dry-run")
    cut = evening.types("cutover", "--switch", switch, "--yes", "--json", shown="cutover --switch …")
    evening.types("follow", "--back", "--until-caught-up")
    evening.types("clean", "--target", "--yes", shown="clean --target")
    here.send("stop")
    commits, _ = here.recv()
    writers.join()
    written = run_sql(target, "SELECT count(*) FROM audit_log WHERE what LIKE 'writer %'")[0][0]
    bar("transactions lost", sum(map(len, commits)) - int(str(written)), at_most=0)
    return evening, commits, float(str(last_json(cut.said)["freeze_seconds"]))


def report(evening: Evening, commits: Sequence[Sequence[float]], frozen: float) -> None:
    """A row for each command, as Markdown; then the freeze."""
    rate = sum(map(len, commits)) / (max(map(max, commits)) - min(map(min, commits)))
    print(f"{rate:.0f} transactions a second from {CONNECTIONS} connections over the whole time\n")
    print("| at | typed | took | longest wait of a writer |\n|---|---|---|---|")
    for step in evening.steps:
        minutes, seconds = divmod(int(step.began - evening.began), 60)
        wait = waited(commits, step)
        print(f"| {minutes}:{seconds:02} | `{step.typed}` | {step.seconds:.1f} s | {wait:.2f} s |", flush=True)
    cut = next(step for step in evening.steps if step.typed.startswith("homeport db cutover --switch"))
    print(f"\nfrom fence to switched: {frozen:.2f} s")
    bar("longest wait of a writer during the cutover", waited(commits, cut), "s", at_most=BAR_SECONDS)


def waited(commits: Sequence[Sequence[float]], step: Step) -> float:
    """The longest time between two commits of one writer that was not over when the step began."""
    ended = step.began + step.seconds
    near = ([at for at in each if step.began - 1 < at < ended + 1] for each in commits)
    return max(longest_gap(list(times)) for times in near)


if __name__ == "__main__":
    main()
