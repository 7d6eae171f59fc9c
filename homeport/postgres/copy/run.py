"""A source and a target → the target holds the source as it was at one instant. The steps are told in `__init__`."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg

from homeport.errors import HomeportError
from homeport.postgres.copy import target as receiving
from homeport.postgres.copy.contents import Contents, load_contents, render_contents
from homeport.postgres.copy.crew import CAUSES, Crew
from homeport.postgres.copy.finish import render_rest, sequence_statements
from homeport.postgres.copy.graph import Graph, Task
from homeport.postgres.copy.keeper import Keeper, keep_snapshot
from homeport.postgres.copy.plan import (
    CHUNK_BYTES,
    LOADED,
    REST,
    ROWS,
    SEQUENCES,
    SMALL_BYTES,
    chunk_ranges,
    plan_tasks,
)
from homeport.postgres.copy.programs import Programs, choose_programs, find_programs
from homeport.postgres.copy.progress import Meter, Progress
from homeport.postgres.copy.schema import Dump, restore_first
from homeport.postgres.copy.throttle import Throttle, pause_reason
from homeport.postgres.copy.tunnel import tunnel
from homeport.postgres.copy.worker import Place, Worker, plan_rows
from homeport.postgres.locks import retry
from homeport.postgres.server import Connection, Lost, Server, connect, redact
from homeport.postgres.silence import holds_any, restore
from homeport.postgres.state import (
    BEGAN,
    RECORD,
    Move,
    State,
    adopt_move,
    describe,
    open_state,
    read_done,
    write_applied,
    write_move,
)
from homeport.postgres.traces import remove

Tell = Callable[[Progress], None]
At = Callable[[str], None]
JOBS = 4
COPYING = ("rows ", "large objects ")
LOOK_SECONDS = 5.0  # how often the source is asked how it fares


@dataclass(frozen=True)
class Options:
    jobs: int = JOBS
    bytes_per_second: int | None = None
    into_nonempty: str | None = None  # the target's database, named by the user
    chunk_bytes: int = CHUNK_BYTES
    small_bytes: int = SMALL_BYTES
    roles: dict[str, str] = field(default_factory=dict)  # role on the source → role on the target
    # Whether TRUNCATE has to wait until all rows are copied: a table rewritten after the snapshot looks empty in it.
    # Who captures changes need not have that: the capture has such a table loaded again.
    held: bool = True


@dataclass(frozen=True)
class Report:
    move: str
    seconds: float
    bytes: int  # of rows that passed
    tables: int
    resumed: bool  # whether rows and part of the rest were there already
    told: tuple[str, ...]  # what was not copied, and why


def copy(
    source: Server, target: Server, state_file: Path, options: Options, tell: Tell, at: At = lambda point: None
) -> Report:
    """Copy, or go on with the copy that was begun. Killed at any instant, it is simply called again.

    `tell` is called a few times a second; `at` at every point between two steps, named as `locked`, `cleaned`,
    `restored`, `before <task>` and `after <task>` (of several threads): what a test wants to interrupt, it does there.
    HomeportError names what is wrong; before anything is changed where that can be known before.
    """
    with open_state(state_file, source, target) as state:
        try:
            return _copy(source, target, state, options, tell, at)
        except psycopg.Error as error:
            said = " ".join(redact(source, redact(target, str(error))).split())
            cause = CAUSES.get(error.sqlstate or "")
            kind = Lost if isinstance(error, psycopg.OperationalError) and not cause else HomeportError
            raise kind(f"{source} to {target}: {said}", cause or "mend this, then start again") from None


def _copy(source: Server, target: Server, state: State, options: Options, tell: Tell, at: At) -> Report:
    with connect(target, application="copy lock", autocommit=True, what="the target") as held:
        receiving.lock(held, target)
        at("locked")
        run = _Run(source, target, state, held, options, tell)
        run.at = at
        move = adopt_move(state, held, source, target)
        receiving.end_leftovers(held, f"homeport {run.application}")
        done = read_done(held) if move else frozenset()
        if move and REST in done:
            return Report(state.id, 0.0, 0, len(load_contents(move.contents or "").tables), True, ())
        if move and move.contents and LOADED in done and _survives(load_contents(move.contents)):
            return run.go_on(move, done)
        with connect(source, application="copy look", autocommit=True, what="the source") as looking:
            receiving.end_leftovers(looking, f"homeport {run.application}")
            versions = looking.info.server_version // 10000, held.info.server_version // 10000
        if versions[1] < versions[0]:
            raise HomeportError(f"{target}: is PostgreSQL {versions[1]}, older than the source's {versions[0]}",
                                f"make the target PostgreSQL {versions[0]} or newer")  # fmt: skip
        with (
            run.dump(choose_programs(find_programs(), *versions)) as dump,
            keep_snapshot(source, run.application, held=options.held, exported=dump.begin) as keeper,
        ):
            return run.begin(keeper, move, dump)


class _Run:
    """What the steps of one run share."""

    def __init__(
        self, source: Server, target: Server, state: State, held: Connection, options: Options, tell: Tell
    ) -> None:
        self.source, self.target, self.state, self.options = source, target, state, options
        self._tell, self._held = tell, held
        self._began = time.monotonic()
        self._throttle = Throttle(options.bytes_per_second)
        self._told: list[str] = []
        self.at: At = lambda point: None

    @property
    def application(self) -> str:
        return f"copy {self.state.id}"

    @contextmanager
    def dump(self, programs: Programs) -> Iterator[Dump]:
        """What dumps the source's schema, and a folder for it while it does."""
        folder = self.state.file.with_name(f"{self.state.file.name}.schema")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        try:
            with reach(self.source, programs) as near, Dump(programs, near, self.application, folder) as dump:
                yield dump
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def begin(self, keeper: Keeper, move: Move | None, dump: Dump) -> Report:
        """From a clean target: schema, then everything else."""
        contents = keeper.contents
        with connect(self.source, application="copy look", autocommit=True, what="the source") as looking:
            receiving.check_different(looking, self._held, self.target)
            present = tuple(receiving.read_objects(looking))
        if move is None:
            before = receiving.read_objects(self._held)
            receiving.check_empty(self.target, before, frozenset(present), self.options.into_nonempty)
            settings = receiving.read_settings(self._held)
            move = Move(self.state.id, describe(self.source), tuple(before), present, settings)
        known = tuple(sorted({*move.brought, *present}))  # until what an earlier copy brought is gone
        ours = receiving.read_ours(self._held, self.target, move.before, known)
        self.state.record(BEGAN, snapshot=keeper.snapshot, bytes=contents.bytes, tables=len(contents.tables))
        write_move(self._held, replace(move, brought=known, snapshot=None, contents=None, rest=()))
        if ours:
            self._forget(ours)
            self.state.record("target cleaned", objects=len(ours))
        self.at("cleaned")
        move = replace(move, brought=present, snapshot=keeper.snapshot, contents=render_contents(contents))
        move = replace(move, rest=self._restore_schema(keeper, dump))
        write_move(self._held, move)
        write_applied(self._held, keeper.visible)
        self.state.record("schema restored")
        return self._work(contents, move, frozenset(), keeper)

    def go_on(self, move: Move, done: frozenset[str]) -> Report:
        """All rows are there, of one instant: build the rest."""
        self.state.record("copy continued", done=len(done))
        return self._work(load_contents(move.contents or ""), move, done, None)

    def _forget(self, ours: list[str]) -> None:
        """Drop what was copied, and what a cutover has prepared there since: it is of tables that are gone."""
        if holds_any(self._held):
            retry(self._held, lambda: restore(self._held), str(self.target))
        receiving.drop(self._held, ours)
        remove(self.target, what="the target", kept=RECORD)

    def _restore_schema(self, keeper: Keeper, dump: Dump) -> tuple[str, ...]:
        """What comes before the rows, onto the target; the scripts of what comes last."""

        def waiting() -> None:
            keeper.check()
            self._tell(Progress("schema", 0, keeper.contents.bytes, 0, 0, 0.0, None))

        rows = self._held.execute("SELECT nspname FROM pg_namespace").fetchall()
        schema = dump.end(frozenset(str(row[0]) for row in rows), waiting)
        restore_first(schema, self.target, self.application, waiting)
        self.at("restored")
        return schema.rest

    def _work(self, contents: Contents, move: Move, done: frozenset[str], keeper: Keeper | None) -> Report:
        tasks = plan_tasks(contents, self.options.chunk_bytes, self.options.small_bytes)
        tasks = [task for task in tasks if keeper or task.rank != ROWS]
        tasks = [task for task in tasks if task.name not in done]
        rest, skipped = render_rest(self._held, move.rest, contents, self.options.roles)
        self._told += [
            *skipped,
            *(f"{name}: rows of a foreign table stay where they are" for name in contents.foreign_tables),
        ]
        rows = plan_rows(contents, tasks, lambda table: chunk_ranges(table, self.options.chunk_bytes))
        meter = Meter({task.name: task.cost + 0.001 for task in tasks}, contents.bytes)
        snapshot = keeper.snapshot if keeper else None
        helpers = receiving.read_helpers(self._held, self.options.jobs)
        place = Place(self.source, self.target, snapshot, self.application, contents.search_path, helpers)
        alone = threading.Lock()

        def spend(size: int) -> None:
            meter.passed(size)
            self._throttle.spend(size)

        def finished(task: Task, size: int) -> None:
            meter.finished(task.name, size)
            if task.rank != ROWS or task.name == LOADED:
                self.state.note("done", task=task.name)
            self.at(f"after {task.name}")

        def prepare(task: Task) -> Task:
            self.at(f"before {task.name}")
            if task.name == LOADED:
                return replace(task, statements=("SELECT 1",))
            if task.name == SEQUENCES:
                return replace(task, statements=sequence_statements(self.source, contents.sequences))
            return replace(task, statements=rest) if task.name == REST else task

        crew = Crew(Graph(tasks), lambda: Worker(place, rows, spend, alone), finished)
        crew.prepare = prepare
        crew.run(self.options.jobs, self._ticker(crew, meter, keeper))
        self._told += receiving.apply_settings(self._held, contents.settings)
        self.state.record("copy finished", bytes=meter.bytes)
        seconds = time.monotonic() - self._began
        return Report(move.id, seconds, meter.bytes, len(contents.tables), keeper is None, tuple(self._told))

    def _ticker(self, crew: Crew, meter: Meter, keeper: Keeper | None) -> Callable[[], None]:
        """Looks after the snapshot and the source's load while rows are copied, and tells how far it is."""
        before = keeper.read_load() if keeper else None
        looked = time.monotonic()
        paused: str | None = None

        def tick() -> None:
            nonlocal looked, paused
            now = time.monotonic()
            due = now - looked > LOOK_SECONDS or crew.failed
            if due and keeper and before and any(name.startswith(COPYING) for name in crew.running):
                keeper.check()
                reason = pause_reason(keeper.read_load(), before)
                if paused:
                    meter.waited(now - looked)
                if bool(reason) != bool(paused):
                    self.state.record("paused" if reason else "resumed", reason=reason)
                    (self._throttle.pause if reason else self._throttle.resume)()
                paused, looked = reason, now
            self.state.write_notes()
            step = min(crew.running, default="") if crew.running else ""
            self._tell(meter.read(step, paused))

        return tick


def reach(server: Server, programs: Programs) -> AbstractContextManager[Server]:
    """The server as these programs can reach it."""
    return nullcontext(server) if programs.tls or server.ssl_mode == "disable" else tunnel(server)


def _survives(contents: Contents) -> bool:
    """Whether rows that were loaded are sure to be there still: unlogged tables are emptied by a crash."""
    return all(table.logged or not table.pages for table in contents.tables)
