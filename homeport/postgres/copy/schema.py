"""The source's schema, dumped in the copy's snapshot → what stands on the target before the rows, and what comes last.

Between the two come indexes, keys and foreign keys, which `plan` builds itself, in parallel.
"""

import re
import subprocess
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from homeport.errors import HomeportError
from homeport.postgres.copy.programs import Programs
from homeport.postgres.copy.reading import OURS
from homeport.postgres.server import Server, connect, program_environment, redact
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
HEADER = "\n--\n-- Name: "  # begins each entry in a script of pg_restore
AT_ONCE = 100  # entries in a transaction: each takes some five locks, of which a server has 6,400 by default
HIDDEN = re.compile(r"^(ALTER (?:FOREIGN )?TABLE .+ ALTER COLUMN .+ SET )\((.*\bpg_attver=\d+.*)\);$", re.MULTILINE)
LOCK_TIMEOUT_MS = 60_000  # who waits for a lock that the copy holds (TRUNCATE) keeps pg_dump waiting too, for ever
LOOK_SECONDS = 0.02  # how often it is looked whether pg_dump has ended


@dataclass(frozen=True)
class Schema:
    """Scripts of what comes before the rows, and of what comes last; each a transaction."""

    first: tuple[str, ...]
    rest: tuple[str, ...]


class Dump:
    """pg_dump of one snapshot, at work beside us. What it writes is in `folder`."""

    def __init__(self, programs: Programs, source: Server, application: str, folder: Path) -> None:
        self._programs, self._source, self._application, self._folder = programs, source, application, folder
        self._archive = folder / "schema.dump"
        self._log = folder / "said"
        self._pid: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def begin(self, snapshot: str) -> None:
        """Begin; or begin anew, if that of an earlier snapshot is of no use any more."""
        self._stop()
        self._log.unlink(missing_ok=True)
        command = [self._programs.path("pg_dump"), *DUMP, *DUMP_MORE, f"--lock-wait-timeout={LOCK_TIMEOUT_MS}"]
        command += [f"--snapshot={snapshot}", f"--file={self._archive}"]
        environment = program_environment(self._source, application=self._application)
        environment["PGOPTIONS"] = "-c search_path="
        self._pid = process.start(command, log=self._log, environment=environment, dies_with_us=True)

    def end(self, present: frozenset[str], waiting: Callable[[], None]) -> Schema:
        """Wait for its end, and divide. `present` are schemas that the target has; `waiting` may raise to give up."""
        assert self._pid is not None
        while (code := process.exit_code(self._pid)) is None:
            waiting()
            time.sleep(LOOK_SECONDS)
        if code:
            words = " ".join(redact(self._source, self._log.read_text(errors="replace")).split())[-1500:]
            raise HomeportError(f"{self._source}: pg_dump: {words}", "mend this, then start again")
        with ThreadPoolExecutor(2) as both:
            before, after = both.map(self._list, ("pre-data", "post-data"))
            first, last = choose_first(before, present), choose_rest(after)
            first += [entry for entry in after if _words(entry).startswith("STATISTICS ")]
            return Schema(*both.map(self._scripts, (first, last), ("first", "rest")))

    def _stop(self) -> None:
        if self._pid is not None and process.exit_code(self._pid) is None:
            process.stop(self._pid, timeout_seconds=0)

    def _list(self, section: str) -> list[str]:
        """Entries of this section of the archive's table of contents."""
        listed = self._restore("--list", f"--section={section}")
        return [line for line in listed.splitlines() if line and not line.startswith(";")]

    def _scripts(self, entries: list[str], name: str) -> tuple[str, ...]:
        """What pg_restore would run for these entries."""
        chosen = self._folder / f"{name}.list"
        chosen.write_text("".join(f"{entry}\n" for entry in entries))
        script = self._restore("--file=-", "--no-owner", "--no-acl", "--no-tablespaces", f"--use-list={chosen}")
        return divide_script(clean_script(script), len(entries))

    def _restore(self, *options: str) -> str:
        command = [self._programs.path("pg_restore"), *options, str(self._archive)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def restore_first(schema: Schema, target: Server, application: str, waiting: Callable[[], None]) -> None:
    """Types, functions, tables without keys, views: onto the target, stopping at the first that fails.

    We send what pg_restore writes, because what it would send cannot be cleaned; many entries with one round trip.
    """
    with connect(target, application=application, autocommit=True, what="the target") as connection:
        connection.execute("SET synchronous_commit = off")
        for script in schema.first:
            waiting()
            connection.execute(script.encode())


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
    head, found, body = script.partition(HEADER)
    body = HIDDEN.sub(_without_hidden, body)
    return unknown.sub("", head) + found + re.sub(r"\n\\unrestrict \w+\s*\Z", "\n", body)


def divide_script(script: str, entries: int) -> tuple[str, ...]:
    """A script of so many entries → AT_ONCE entries at a time, each after the settings at its head.

    If a function's body holds what looks like an entry, which their number shows, no place between two is sure, and
    they stay together.
    """
    head, *parts = script.split(HEADER)
    size = AT_ONCE if len(parts) == entries else max(len(parts), 1)
    batches = [parts[start : start + size] for start in range(0, len(parts), size)]
    return tuple("".join([head, *(f"{HEADER}{part}" for part in batch)]) for batch in batches)


def _without_hidden(statement: re.Match[str]) -> str:
    kept = [option for option in statement[2].split(", ") if not option.startswith("pg_attver=")]
    return f"{statement[1]}({', '.join(kept)});" if kept else ""


def _words(entry: str) -> str:
    found = ENTRY.match(entry)
    return f"{found[1]} " if found else ""
