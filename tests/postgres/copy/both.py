"""What both sides of a copy hold, in a form that can be compared; and ways to run a copy."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from homeport.postgres.copy.programs import choose_programs, find_programs
from homeport.postgres.copy.run import Options, Report, copy, reach
from homeport.postgres.server import Server, connect, program_environment

EVERYTHING = Path(__file__).with_name("everything.sql")
OBJECTS = "SELECT count(*), md5(string_agg(oid || md5(lo_get(oid)), '' ORDER BY oid)) FROM pg_largeobject_metadata"
USERS = "n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'homeport')"


def load_sql(server: Server, text: str) -> None:
    """Run a script, statement by statement, as a client program would."""
    with connect(server, application="test", autocommit=True) as connection:
        connection.execute("SET search_path = public")
        for statement in split(text):
            connection.execute(statement.encode())


def split(text: str) -> list[str]:
    """Statements of a script whose lines end with `;` where a statement ends."""
    return [part for part in text.split(";\n") if part.strip()]


def read_schema(server: Server, major: int) -> str:
    """pg_dump's words for everything but rows."""
    programs = choose_programs(find_programs(), major, major)
    with reach(server, programs) as near:
        command = [programs.path("pg_dump"), "-s", "-O", "--exclude-schema=homeport"]
        environment = program_environment(near, application="test")
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    kept = [line for line in done.stdout.splitlines() if not line.startswith(("-- Dumped", "\\"))]
    return "\n".join(kept).replace(server.user, "owner")


def read_rows(server: Server) -> dict[str, object]:
    """Count and checksum of every table and materialized view, values of sequences, contents of large objects."""
    with connect(server, application="test", autocommit=True) as connection:
        query = f"""SELECT format('%I.%I', n.nspname, c.relname), c.relkind FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm', 'S') AND {USERS}
        AND (c.relkind <> 'm' OR c.relispopulated)"""
        found: dict[str, object] = {}
        for name, kind in connection.execute(query.encode()).fetchall():
            sums = f"SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM ONLY {name} t"
            values = f"SELECT last_value, is_called FROM {name}"
            found[str(name)] = connection.execute((values if kind == "S" else sums).encode()).fetchall()
        return found | {"large objects": connection.execute(OBJECTS).fetchall()}


def run_copy(
    source: Server, target: Server, state: Path, at: Callable[[str], None] = lambda point: None, **options: object
) -> Report:
    return copy(source, target, state, Options(**options), lambda progress: None, at)  # type: ignore[arg-type]
