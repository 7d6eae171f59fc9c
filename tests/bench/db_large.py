"""The memory that a copy takes, whatever the size of a row: many small ones, and one value of nearly 1 GB.

Each copy is the command itself, in a process whose peak is read when it has ended (programs that it starts
included). PostgreSQL takes a few times the value on either side; only the client is looked at.
HOMEPORT_BENCH_VALUE_MB (1000) is the size of the value.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from homeport.postgres.cutover.switch import render_url
from homeport.postgres.server import Server
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql

VALUE_MB = int(os.environ.get("HOMEPORT_BENCH_VALUE_MB", "1000"))
ROWS = 2_000_000
BAR_MB = 200
CONTENTS = {
    f"{ROWS:,d} small rows": f"INSERT INTO t SELECT i, 'x' FROM generate_series(1, {ROWS}) i",
    f"one value of {VALUE_MB} MB": (
        f"INSERT INTO t SELECT 1, convert_to(repeat('0123456789', {VALUE_MB * 100_000}), 'UTF8')"
    ),
}


def measure(source: Server, target: Server) -> tuple[float, float]:
    """Seconds, and the peak in MB."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "homeport", "db", "copy", "-", "-", "--state", str(Path(folder) / "state")]
        began = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        assert process.stdin
        process.stdin.write(f"{render_url(source)}\n{render_url(target)}\n")
        process.stdin.close()
        _, status, used = os.wait4(process.pid, 0)
    assert status == 0, f"the copy ended with {os.waitstatus_to_exitcode(status)}"
    return time.perf_counter() - began, used.ru_maxrss / 1024


def main() -> None:
    """Print the peak of each copy beside the bar."""
    one, other = Cluster("15", {"fsync": "on"}), Cluster("15", {"fsync": "on"})
    try:
        for name, rows in CONTENTS.items():
            source, target = heroku_like(one), rds_like(other)
            run_sql(source, "CREATE TABLE t (id bigint PRIMARY KEY, value bytea)", rows)
            seconds, peak = measure(source, target)
            assert run_sql(source, "SELECT count(*), sum(length(value)) FROM t") == run_sql(
                target, "SELECT count(*), sum(length(value)) FROM t"
            )
            print(f"{name:28} {peak:6.0f} MB at most (bar: {BAR_MB} MB), {seconds:.1f} s", flush=True)
    finally:
        one.close()
        other.close()


if __name__ == "__main__":
    main()
