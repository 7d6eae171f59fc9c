"""The source's schema, dumped in the copy's snapshot → what stands on the target before the rows, and what comes last.

Between the two come indexes, keys and foreign keys, which `plan` builds itself, in parallel.
"""

import re
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from homeport.errors import HomeportError
from homeport.postgres.copy.programs import Programs
from homeport.postgres.copy.reading import OURS
from homeport.postgres.server import Server, program_environment, redact
from homeport.system import process

DUMP = ("--schema-only", "--format=custom", "--no-owner", "--no-acl", "--no-tablespaces", "--no-sync")
DUMP_MORE = ("--no-publications", "--no-subscriptions", "--no-security-labels", f"--exclude-schema={OURS}")
ENTRY = re.compile(r"\d+; \d+ \d+ (.*)")
# What is never restored: made by the server or another one's business (passwords of foreign servers among it).
NEVER = (
    "COMMENT - EXTENSION ",
    "SCHEMA - public ",
    "USER MAPPING ",
    "EVENT TRIGGER ",
    "PROCEDURAL LANGUAGE - plpgsql ",
)
BUILT = ("INDEX ", "CONSTRAINT ", "FK CONSTRAINT ", "MATERIALIZED VIEW DATA ", "STATISTICS ")
HIDDEN = re.compile(r"^(ALTER (?:FOREIGN )?TABLE .+ ALTER COLUMN .+ SET )\((.*\bpg_attver=\d+.*)\);$", re.MULTILINE)
LOCK_TIMEOUT_MS = 60_000  # who waits for a lock that the copy holds (TRUNCATE) keeps pg_dump waiting too, for ever
QUIET_OPTIONS = "-c synchronous_commit=off -c client_min_messages=warning -c lock_timeout=0 -c statement_timeout=0"


@dataclass(frozen=True)
class Schema:
    """`archive` is pg_dump's; `first` the list of what comes before the rows; `rest` a script of what comes last."""

    archive: Path
    first: Path
    rest: str


@dataclass(frozen=True)
class Shop:
    """Where and with what the schema is worked on. `running` is called while a program runs: it waits, or raises."""

    programs: Programs
    folder: Path
    application: str
    running: Callable[[], None]


def dump_schema(shop: Shop, source: Server, snapshot: str, present: frozenset[str]) -> Schema:
    """Dump, and divide. `present` are schemas that the target has."""
    programs, folder = shop.programs, shop.folder
    archive, first, last = folder / "schema.dump", folder / "first.list", folder / "rest.list"
    command = [programs.path("pg_dump"), *DUMP, *DUMP_MORE, f"--snapshot={snapshot}", "--file", str(archive)]
    command.insert(-2, f"--lock-wait-timeout={LOCK_TIMEOUT_MS}")
    _run(command, source, shop.application, "-c search_path=", shop.running)
    before = _list(programs, archive, "pre-data")
    after = _list(programs, archive, "post-data")
    _write_list(first, [*choose_first(before, present), *(e for e in after if _words(e).startswith("STATISTICS "))])
    _write_list(last, choose_rest(after))
    return Schema(archive, first, clean_script(_script(programs, archive, last)))


def restore_first(shop: Shop, schema: Schema, target: Server) -> None:
    """Types, functions, tables without keys, views: onto the target, one by one, stopping at the first that fails.

    pg_restore writes and psql runs, because what pg_restore would send cannot be cleaned.
    """
    script = schema.archive.with_name("first.sql")
    script.write_text(clean_script(_script(shop.programs, schema.archive, schema.first)))
    command = [shop.programs.path("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file", str(script)]
    _run(command, target, shop.application, QUIET_OPTIONS, shop.running)


def choose_first(entries: Iterable[str], present: frozenset[str]) -> list[str]:
    """Entries of a table of contents that come before the rows."""
    skipped = (*NEVER, *(f"SCHEMA - {name} " for name in present), "COMMENT - SCHEMA public ")
    return [entry for entry in entries if not _words(entry).startswith(skipped)]


def choose_rest(entries: Iterable[str]) -> list[str]:
    """Entries of a table of contents that come last. Our own triggers stay where they are."""
    return [
        entry
        for entry in entries
        if not _words(entry).startswith((*NEVER, *BUILT)) and not re.match(rf"TRIGGER .* {OURS}_\w+ ", _words(entry))
    ]


def clean_script(script: str) -> str:
    """A script of pg_restore as a server understands it: without psql's commands, without settings of newer majors, and
    without what the source's server keeps with a column for itself (HIDDEN), which only its own pg_dump leaves out.
    """
    unknown = re.compile(r"^(\\(un)?restrict .*|SET transaction_timeout = 0;)$", re.MULTILINE)
    head, found, body = script.partition("\n--\n-- Name: ")
    body = HIDDEN.sub(_without_hidden, body)
    return unknown.sub("", head) + found + re.sub(r"\n\\unrestrict \w+\s*\Z", "\n", body)


def _without_hidden(statement: re.Match[str]) -> str:
    kept = [option for option in statement[2].split(", ") if not option.startswith("pg_attver=")]
    return f"{statement[1]}({', '.join(kept)});" if kept else ""


def _script(programs: Programs, archive: Path, chosen: Path) -> str:
    command = [programs.path("pg_restore"), "--file=-", "--no-owner", "--no-acl", "--no-tablespaces"]
    command += [f"--use-list={chosen}", str(archive)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _words(entry: str) -> str:
    found = ENTRY.match(entry)
    return f"{found[1]} " if found else ""


def _list(programs: Programs, archive: Path, section: str) -> list[str]:
    command = [programs.path("pg_restore"), "--list", f"--section={section}", str(archive)]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if line and not line.startswith(";")]


def _write_list(file: Path, entries: Iterable[str]) -> None:
    file.write_text("".join(f"{entry}\n" for entry in entries))


def _run(command: list[str], server: Server, application: str, options: str, running: Callable[[], None]) -> None:
    environment = program_environment(server, application=application) | {"PGOPTIONS": options}
    log = Path(command[-1]).with_name("said")
    log.unlink(missing_ok=True)
    pid = process.start(command, log=log, environment=environment, dies_with_us=True)
    try:
        while (code := process.exit_code(pid)) is None:
            running()
    except BaseException:
        process.stop(pid, timeout_seconds=0)
        raise
    if code:
        words = " ".join(redact(server, log.read_text(errors="replace")).split())[-1500:]
        raise HomeportError(f"{server}: {Path(command[0]).name}: {words}", "mend this, then start again")
