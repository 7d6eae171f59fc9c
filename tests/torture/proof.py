"""Whether anything was lost: journals, source and target to the row; both sides' checksums; the source's schema."""

import dataclasses
import subprocess
import time
from collections.abc import Collection, Sequence
from pathlib import Path

import psycopg

from homeport.postgres.compare import Comparison, compare
from homeport.postgres.copy.programs import choose_programs, find_programs
from homeport.postgres.copy.run import reach
from homeport.postgres.server import Server, conninfo, program_environment
from tests.torture.journal import Entry, Tables, find_differences, read_journal, replay
from tests.torture.ledger import ACCOUNTS, BALANCE, read_tables
from tests.torture.writers import SESSION

GONE_SECONDS = 30.0
# Writers' sessions that do something yet, or hold what is not committed.
WRITERS = """
SELECT application_name, state, query FROM pg_stat_activity
WHERE application_name LIKE 'ledger %' AND datname = current_database() AND state <> 'idle'"""


def read_database(server: Server) -> Tables:
    """Every table of the ledger, after the last of its transactions has ended."""
    with psycopg.connect(**conninfo(server), options=SESSION, application_name="proof") as connection:
        until = time.monotonic() + GONE_SECONDS
        while rows := connection.execute(WRITERS).fetchall():
            connection.rollback()
            assert time.monotonic() < until, f"writers still write: {rows}"
            time.sleep(0.05)
        return read_tables(connection)


def decide(journals: Sequence[Sequence[Entry]], deeds: Collection[str]) -> list[list[Entry]]:
    """Journals in which nothing is unknown: a transaction has happened if its row in `deed` is where it must be."""
    return [
        [
            dataclasses.replace(entry, outcome="committed" if str(entry.id) in deeds else "undone")
            if entry.outcome == "unknown"
            else entry
            for entry in journal
        ]
        for journal in journals
    ]


def check_journal(files: Sequence[Path], initial: Tables, found: Tables, sides: Collection[str], where: str) -> int:
    """Whether a database holds what these writers wrote to `sides`, to the row; how many transactions that is."""
    journals = decide([read_journal(file) for file in files], found["deed"].keys())
    kept = [[entry for entry in journal if entry.side in sides] for journal in journals]
    differences = find_differences(replay(initial, kept), found, ("journal", where))
    assert not differences, "\n".join([f"the {where} does not hold what was committed:", *differences])
    total = sum(int(balance) for balance in found["account"].values())
    assert total == ACCOUNTS * BALANCE, f"the {where}: balances sum to {total}, not {ACCOUNTS * BALANCE}"
    return sum(entry.outcome == "committed" for journal in kept for entry in journal)


def check_equal(source: Server, target: Server) -> Comparison:
    """Whether `homeport db compare` finds both sides equal."""
    found = compare(source, target, jobs=2)
    words = [
        *map(str, found.differences),
        *found.uncompared,
        *(str(each) for each in found.objects if not each.is_note),
    ]
    assert found.is_equal, "\n".join(["the sides differ:", *words])
    return found


def check_sequences(server: Server) -> None:
    """Whether the next numbers are free."""
    pairs = (("transfer", "id"), ("thing", "number"), ("event", "id"), ("attachment", "id"))
    with psycopg.connect(**conninfo(server), application_name="proof") as connection:
        for table, column in pairs:
            name = connection.execute(f"SELECT pg_get_serial_sequence('{table}', '{column}')".encode()).fetchall()[0][0]
            query = f"SELECT (SELECT last_value FROM {name}), coalesce(max({column}), 0) FROM {table}"
            last, highest = connection.execute(query.encode()).fetchall()[0]
            assert last >= highest, f"{name} stands at {last}, {table} has {highest}"


def dump_schema(server: Server, major: int) -> str:
    """`pg_dump -s`, everything of the database in it; without what differs from run to run."""
    programs = choose_programs(find_programs(), major, major)
    with reach(server, programs) as near:
        command = [programs.path("pg_dump"), "-s", "--no-sync"]
        done = subprocess.run(
            command, env=program_environment(near, application="proof"), capture_output=True, text=True
        )
    assert done.returncode == 0, done.stderr
    return "\n".join(line for line in done.stdout.splitlines() if not line.startswith("\\"))
