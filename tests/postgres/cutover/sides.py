"""Two sides of a move that is followed, writers that remember what they committed, and ways to cut over."""

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from homeport.postgres.copy.programs import choose_programs, find_programs
from homeport.postgres.copy.run import reach
from homeport.postgres.cutover.back import rollback
from homeport.postgres.cutover.run import CutoverOptions, CutoverReport, cutover
from homeport.postgres.server import Server, connect
from tests.postgres.clusters import run_sql
from tests.postgres.copy.both import read_rows, read_schema
from tests.postgres.follow.both import fill, run_follow

MORE = """
CREATE FUNCTION always() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN INSERT INTO public.audit VALUES (''always''); RETURN NULL; END';
CREATE TRIGGER always AFTER INSERT ON entry FOR EACH ROW EXECUTE FUNCTION always();
ALTER TABLE entry ENABLE ALWAYS TRIGGER always;
CREATE TRIGGER off AFTER INSERT ON pair FOR EACH ROW EXECUTE FUNCTION always();
ALTER TABLE pair DISABLE TRIGGER off;
CREATE RULE quiet AS ON DELETE TO keyless WHERE OLD.v = 'never' DO INSTEAD NOTHING;
ALTER TABLE entry ADD COLUMN twin int;
ALTER TABLE entry ADD CONSTRAINT twins FOREIGN KEY (twin) REFERENCES entry NOT VALID;
COMMENT ON CONSTRAINT entry_account_fkey ON entry IS E'whose it is: \\\\ ''quoted''';
CREATE MATERIALIZED VIEW sums AS SELECT owner, sum(amount) AS amount FROM public.account GROUP BY 1;
CREATE SEQUENCE falling INCREMENT -1;
SELECT lo_from_bytea(4711, decode(repeat('00ff', 1500000), 'hex')), lo_from_bytea(4712, 'small')
"""
PACE_SECONDS = 0.005
AGREE: Callable[[str], bool] = lambda question: True  # noqa: E731


def make(source: Server) -> None:
    """A database with a table, a trigger, a rule, a view of each kind."""
    fill(source)
    run_sql(source, *(part for part in MORE.split(";\n") if part.strip()))


def run_cutover(
    source: Server,
    target: Server,
    state: Path,
    said: list[str] | None = None,
    at: Callable[[str], None] = lambda point: None,
    **options: object,
) -> CutoverReport:
    values = {"switch": "true", "jobs": 2} | options
    tell = (said if said is not None else []).append
    return cutover(source, target, state, CutoverOptions(**values), tell, AGREE, at=at)  # type: ignore[arg-type]


def run_rollback(
    source: Server,
    target: Server,
    state: Path,
    said: list[str] | None = None,
    at: Callable[[str], None] = lambda point: None,
    **options: object,
) -> CutoverReport:
    values = {"switch": "true", "jobs": 2} | options
    tell = (said if said is not None else []).append
    return rollback(source, target, state, CutoverOptions(**values), tell, AGREE, at=at)  # type: ignore[arg-type]


class Writers:
    """Sessions that move amounts between accounts and journal it, on the source, until they are refused.

    As fast as they can, they would take the processors from what is tested.
    """

    def __init__(self, server: Server, count: int = 3) -> None:
        self.server, self.committed, self.refused = server, [], []  # type: ignore[var-annotated]
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=[number]) for number in range(count)]

    def __enter__(self) -> "Writers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _write(self, number: int) -> None:
        chance = random.Random(number)
        with connect(self.server, application="writer", autocommit=True) as connection:
            for turn in range(1_000_000):
                if self._stop.is_set():
                    return
                note = f"w{number} {turn}"
                try:
                    with connection.transaction():
                        one, other = chance.sample(range(5, 45), 2)
                        for account, sign in sorted([(one, -1), (other, 1)]):
                            change = "UPDATE public.account SET amount = amount + %s WHERE id = %s"
                            connection.execute(change, [sign, account])
                        connection.execute("INSERT INTO public.entry (account, note) VALUES (%s, %s)", [one, note])
                        connection.execute("INSERT INTO public.keyless VALUES (%s, %s)", [note, turn])
                    self.committed.append(note)
                    self._stop.wait(PACE_SECONDS)
                except psycopg.Error as error:
                    self.refused.append(str(error))
                    time.sleep(0.05)


def notes(server: Server) -> set[str]:
    """What writers wrote."""
    return {str(row[0]) for row in run_sql(server, "SELECT note FROM entry WHERE note LIKE 'w%'")}


def is_fenced(server: Server) -> bool:
    try:
        run_sql(server, "UPDATE account SET amount = amount WHERE id = 1")
        return False
    except psycopg.errors.ReadOnlySqlTransaction:
        return True


def dump(server: Server, major: int) -> str:
    """pg_dump's words for everything but rows, ours included."""
    import subprocess

    from homeport.postgres.server import program_environment

    programs = choose_programs(find_programs(), major, major)
    with reach(server, programs) as near:
        command = [programs.path("pg_dump"), "-s"]
        environment = program_environment(near, application="test")
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    kept = [line for line in done.stdout.splitlines() if not line.startswith(("-- Dumped", "\\"))]
    return "\n".join(kept)


__all__ = [
    "AGREE",
    "Writers",
    "dump",
    "is_fenced",
    "make",
    "notes",
    "read_rows",
    "read_schema",
    "run_cutover",
    "run_follow",
    "run_rollback",
]
