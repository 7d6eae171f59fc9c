"""What capturing changes costs the source: pgbench's transactions with and without it, in turn on one server.

Beside our row triggers and our replication slot stand the other known designs of capture by triggers: statement
triggers with transition tables, and a log of whole rows as JSON, as auditing triggers write. `pgbench` is TPC-B: three
updates and an insert into a table without a key, each transaction waiting for the disk (fsync and synchronous_commit
are on).
"""

import re
import statistics
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg

from homeport.postgres.follow.capture import install
from homeport.postgres.follow.captured import Capture
from homeport.postgres.follow.sessions import OIDS, PLACE
from homeport.postgres.follow.stream import Stream, parse_lsn
from homeport.postgres.server import Server, connect, program_environment
from homeport.postgres.traces import remove
from tests.bench.db_copy import tree_seconds
from tests.postgres.clusters import Cluster, heroku_like, run_sql

ROUNDS, SECONDS, CLIENTS, SCALE = 5, 6, 8, 20
KEYS = {"pgbench_accounts": "aid", "pgbench_branches": "bid", "pgbench_tellers": "tid"}
IMAGE = "tid, bid, aid, delta, mtime, filler"


def row_triggers(source: Server) -> None:
    """Ours."""
    install(source, "bench", "nowhere", always=True)


def replication_slot(source: Server) -> None:
    """Ours, where the source allows it: read all the while, as `follow` does. A table without a key has triggers."""
    capture = install(source, "bench", "nowhere", always=True, method="slot")
    threading.Thread(target=read_slot, args=[source, capture], daemon=True).start()


def read_slot(source: Server, capture: Capture) -> None:
    """Until the slot is removed, and its reader ended."""
    with connect(source, application="bench", autocommit=True) as connection:
        tables = {table.number: table for table in capture.tables}
        oids = {oid: tables[number] for number, oid in connection.execute(OIDS).fetchall()}
        ((mark,),) = connection.execute("SELECT 'homeport.mark'::regclass::oid::int").fetchall()
        stream = Stream(source, application="bench", slot=str(capture.slot), tables=oids, mark=mark)
        while True:
            time.sleep(0.2)
            try:
                ((number,),) = connection.execute(
                    "UPDATE homeport.mark SET number = number + 1 RETURNING number"
                ).fetchall()
                stream.read(number, parse_lsn(connection.execute(PLACE).fetchall()[0][0]))
                stream.forget(connection.execute("SELECT pg_current_snapshot()::text").fetchall()[0][0])
            except psycopg.Error:
                return


def statement_triggers(source: Server) -> None:
    """One INSERT … SELECT a statement, from transition tables."""
    run_sql(source, "CREATE SCHEMA homeport")
    for table, key in KEYS.items():
        run_sql(
            source,
            f"CREATE TABLE homeport.log_{table} AS SELECT {key} FROM {table} WITH NO DATA",
            f"CREATE FUNCTION homeport.{table}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN"
            f" INSERT INTO homeport.log_{table} SELECT {key} FROM n; RETURN NULL; END'",
            f"CREATE TRIGGER homeport_u AFTER UPDATE ON {table} REFERENCING NEW TABLE AS n EXECUTE FUNCTION"
            f" homeport.{table}()",
        )
    run_sql(
        source,
        f"CREATE TABLE homeport.log_history AS SELECT pg_current_xact_id() AS x, 1 AS sign, {IMAGE}"
        " FROM pgbench_history WITH NO DATA",
        "CREATE FUNCTION homeport.history() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN INSERT INTO"
        f" homeport.log_history SELECT pg_catalog.pg_current_xact_id(), 1, {IMAGE} FROM n; RETURN NULL; END'",
        "CREATE TRIGGER homeport_i AFTER INSERT ON pgbench_history REFERENCING NEW TABLE AS n EXECUTE FUNCTION"
        " homeport.history()",
    )


def json_rows(source: Server) -> None:
    """One log of all tables, with an index by time, and the whole row in each entry."""
    run_sql(
        source,
        "CREATE SCHEMA homeport",
        "CREATE TABLE homeport.log (id bigserial PRIMARY KEY, at timestamptz DEFAULT now(), n text, op text, r jsonb)",
        "CREATE INDEX ON homeport.log (at)",
        "CREATE FUNCTION homeport.logged() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN INSERT INTO"
        " homeport.log (n, op, r) VALUES (TG_RELID::regclass::text, TG_OP, to_jsonb(NEW)); RETURN NULL; END'",
        *(
            f"CREATE TRIGGER homeport_l AFTER INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION"
            " homeport.logged()"
            for table in (*KEYS, "pgbench_history")
        ),
    )


@dataclass(frozen=True)
class Load:
    """Transactions per second, and microseconds of the server's processors for each."""

    rate: float
    cpu: float


def transactions(program: Path, cluster: Cluster, source: Server) -> Load:
    assert cluster._process
    before = tree_seconds(cluster._process.pid)
    command = [str(program), "-n", "-c", str(CLIENTS), "-j", "2", "-T", str(SECONDS), "-M", "prepared"]
    environment = program_environment(source, application="bench")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    spent = tree_seconds(cluster._process.pid) - before
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    count = re.search(r"actually processed: (\d+)", done.stdout)
    assert rate and count, done.stdout
    return Load(float(rate[1]), 1e6 * spent / int(count[1]))


def main() -> None:
    """Print transactions per second, and what each way of capture costs of them, and of the server's processors.

    Whoever reads a slot is another machine's work, and here takes from the same processors: the second figure has none
    of it.
    """
    cluster = Cluster(
        "15",
        {"fsync": "on", "shared_buffers": "512MB", "max_wal_size": "8GB", "wal_level": "logical", "autovacuum": "on"},
    )
    ways: dict[str, Callable[[Server], None]] = {
        "row triggers (ours)": row_triggers,
        "replication slot (ours)": replication_slot,
        "statement triggers": statement_triggers,
        "rows as JSON, indexed": json_rows,
    }
    try:
        program = Path(cluster.binaries.program("pgbench"))
        if not program.exists():
            print("pgbench is not installed beside the server")
            return
        source = heroku_like(cluster)
        cluster.execute(f"ALTER ROLE {source.user} REPLICATION")
        command = [str(program), "-i", "-q", "-s", str(SCALE)]
        environment = program_environment(source, application="bench")
        subprocess.run(command, env=environment, capture_output=True, check=True)
        seen: dict[str, list[tuple[Load, Load]]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                plain = transactions(program, cluster, source)
                way(source)
                seen[name].append((plain, transactions(program, cluster, source)))
                remove(source)
        bare = statistics.median(plain.rate for pairs in seen.values() for plain, _ in pairs)
        print(f"without capture: {bare:,.0f} transactions/s (scale {SCALE}, {CLIENTS} clients)")
        for name, pairs in seen.items():
            costs = sorted(100 - 100 * loaded.rate / plain.rate for plain, loaded in pairs)
            cpu = statistics.median(100 * loaded.cpu / plain.cpu - 100 for plain, loaded in pairs)
            print(
                f"{name:24} costs {statistics.median(costs):5.1f} % of the transactions"
                f" ({', '.join(f'{cost:.0f}' for cost in costs)}), the server's processors {cpu:+.0f} % for each"
            )
    finally:
        cluster.close()
