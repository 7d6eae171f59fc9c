"""The steps that a cutover and its rehearsals share: everything that happens while the source still serves."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from homeport.errors import HomeportError
from homeport.postgres.catalog import Catalog, read_catalog
from homeport.postgres.check import check_refusals
from homeport.postgres.copy.reading import read_search_path
from homeport.postgres.copy.target import end_leftovers
from homeport.postgres.cutover import fence
from homeport.postgres.cutover.finish import Counter, bring_large_objects, bring_sequences, read_counters, refresh
from homeport.postgres.cutover.proof import Proof, serious
from homeport.postgres.cutover.session import Confirm, Run, check_followed
from homeport.postgres.cutover.switch import render_instructions, run_switch
from homeport.postgres.follow.capture import install
from homeport.postgres.follow.captured import Capture, find_changes, read_capture
from homeport.postgres.follow.definitions import ACCEPT, HINT, accept_changed, find_changed
from homeport.postgres.follow.delta import Deltas, Interrupted
from homeport.postgres.locks import retry
from homeport.postgres.server import Connection, Server, connect, redact
from homeport.postgres.silence import read_silenced, silence
from homeport.postgres.state import describe

CLOSE_SECONDS, FAR_SECONDS = 1.0, 30.0  # that a delta takes, whose changes the next one would bring
SHRINKS = 0.8  # each delta is shorter than the one before, until there is a balance
INTERRUPTED_MAX, PAUSE_SECONDS = 10, 0.2


@dataclass(frozen=True)
class Ready:
    """What the freeze needs at hand: sessions that are open, and what would take time to find out."""

    deltas: Deltas
    proof: Proof
    capture: Capture  # of the source
    fenced: tuple[str, ...]  # tables of the source that the fence covers
    guarded: tuple[str, ...]  # those of the target
    counters: tuple[Counter, ...]


@contextmanager
def prepare(run: Run, *, goes_on: bool = False) -> Iterator[Ready]:
    """Everything that can be done before. With `goes_on`, the source is fenced: only what the rest needs."""
    place = run.place
    capture = check_followed(place)
    if run.options.accept_differences:
        accept_changed(place.here, run.note)
    check_unchanged(place.here, capture)
    if not goes_on:
        with run.step("check"):
            check_refusals(_read_catalog(place.here), _read_catalog(place.there), place.target.database)
    with run.step("prepare"):
        for name in silence(place.there, as_replica=True):
            run.note(f"{name} is quiet on the target until the switch")
        other = describe(place.source)
        install(place.target, place.move.id, other, always=False, what="the target", say=run.tell)
        ready = _prepare_fences(run, capture)
    application = place.application
    with (
        Deltas(place.source, place.target, place.move.id, at=run.at) as deltas,
        Proof(place.source, place.target, deltas, jobs=run.options.jobs, application=application) as proof,
    ):
        if goes_on:
            proof.load()
        else:
            with run.step("catch up"):
                catch_up(run, deltas)
            with run.step("materialized views and statistics"):
                tables = [table.name for table in capture.tables]
                for line in refresh(place.there, tables, read_search_path(place.here)):
                    run.note(line)
            _note_limits(run, capture)
        run.at("prepared")
        yield Ready(deltas, proof, capture, *ready, read_counters(place.here))


def prove(run: Run, ready: Ready) -> None:
    """Both sides are equal, and few rows were touched since."""
    place = run.place
    run.record("proving")
    with run.step("prove everything"):
        different, known = serious(ready.proof.everything(), read_silenced(place.there))
        for line in [*known, *(different if run.options.accept_differences else [])]:
            run.note(line)
        if different and not run.options.accept_differences:
            raise HomeportError(
                "\n".join(different), f"make these on the target as they are on the source; or leave them: {ACCEPT}"
            )
    come_near(run, ready.deltas, ready.proof)
    run.record("proven")
    run.at("proven")


def come_near(run: Run, deltas: Deltas, proof: Proof) -> None:
    """Few rows are to be brought and proven: again just before a freeze, however long the user was asked."""
    with run.step("prove what was touched meanwhile"):
        catch_up(run, deltas)
        proof.until_little(lambda keys: run.tell(f"proven again: {keys:,} rows"))
        deltas.run()


def raise_source_fence(run: Run, ready: Ready, *, keep: bool = True) -> float:
    """Keep writers out of the source; when that began (time.monotonic)."""
    attempt = fence.Attempt(run.options.lock_seconds, run.options.terminate, run.note)
    here = run.place.here
    return fence.raise_fence(here, ready.fenced, attempt, lambda: check_tables(here, ready.capture), keep=keep)


def rehearse_freeze(run: Run, ready: Ready) -> float:
    """All that the freeze will do, without one: the locks are given back at once. How many seconds it takes.

    What it leaves on the target (sequences, large objects of this moment) the next delta would have brought.
    """
    place = run.place
    with run.step("rehearse the fence"):
        began = raise_source_fence(run, ready, keep=False)
        seconds = time.monotonic() - began
    began = time.monotonic()
    with run.step("rehearse the last changes"):
        ready.deltas.run()
        bring_sequences(place.here, place.there, ready.counters)
        bring_large_objects(place.here, place.there, place.move.before)
    with run.step("rehearse the last proof"):
        ready.proof.since()
    return seconds + time.monotonic() - began


def catch_up(run: Run, deltas: Deltas) -> None:
    """Bring the receiving side as near as it gets. HomeportError if that is not near enough to freeze."""
    before, interrupted = float("inf"), 0
    while True:
        try:
            seconds = deltas.run().seconds
        except Interrupted:
            interrupted += 1
            if interrupted == INTERRUPTED_MAX:
                raise
            time.sleep(PAUSE_SECONDS)
            continue
        if seconds <= CLOSE_SECONDS:
            return
        if seconds > before * SHRINKS:
            break
        before = seconds
    if seconds > FAR_SECONDS:
        raise HomeportError(
            f"{deltas.receiving}: does not catch up: the changes of a delta take {seconds:.0f} s to bring",
            "try when fewer rows are changed",
        )
    run.note(f"the changes that come meanwhile take {seconds:.1f} s to bring: the freeze will take longer than that")


def switch(run: Run, server: Server, confirm: Confirm) -> None:
    """Have the application use this server: by the user's command, or by hand."""
    if run.options.switch:
        run.tell(run_switch(run.options.switch, server) or "the switch command said nothing")
    else:
        for line in render_instructions(server):
            run.tell(line)
        if not confirm("is the application switched?"):
            raise HomeportError(
                f"{server}: the application is not switched to it; the other database stays fenced",
                "switch it, then start again; or decide otherwise: homeport db cutover, homeport db rollback",
            )
    run.at("switch done")


def open_again(run: Run, fenced: Server, what: str, recorder: Server, record: Callable[[Connection], None]) -> None:
    """A side takes writes again, and that is recorded; through sessions of its own.

    The run's, which may be what failed, are ended first, so that none of them raises the fence after all. What fails
    here is told: whoever starts next looks at the fence, not only at the record.
    """
    application = run.place.application
    try:
        with connect(fenced, application=application, autocommit=True, what=what) as connection:
            end_leftovers(connection, f"homeport {application}")
            retry(connection, lambda: fence.lower_fence(connection), str(fenced))
        run.note(f"{fenced} takes writes again")
    except (HomeportError, psycopg.Error) as error:
        run.note(f"{fenced}: may still refuse writes ({redact(fenced, str(error))})")
        return
    try:
        with connect(recorder, application=f"{application} record", autocommit=True, what="the target") as connection:
            record(connection)
    except (HomeportError, psycopg.Error) as error:
        run.note(f"{recorder}: could not record that ({redact(recorder, str(error))})")


def check_unchanged(connection: Connection, capture: Capture) -> None:
    """HomeportError with what was changed since the capture: tables, or any other object."""
    check_tables(connection, capture)
    if changed := find_changed(connection):
        raise HomeportError("\n".join(changed), HINT)


def check_tables(connection: Connection, capture: Capture) -> None:
    """The same, for what rows depend on. Reads in the caller's transaction."""
    if changes := find_changes(connection, capture):
        raise HomeportError(
            "\n".join(changes),
            "the schema was changed during the move; bring it along with: homeport db follow --again",
        )


def _read_catalog(connection: Connection) -> Catalog:
    """With every name qualified."""
    with connection.transaction():
        connection.execute("SET LOCAL search_path = ''")
        return read_catalog(connection)


def _note_limits(run: Run, capture: Capture) -> None:
    """What makes a freeze longer than it need be, or the fence less than a proof."""
    for table in capture.tables:
        if not table.key:
            run.note(f"{table.name} has no key: it is compared whole if it was written, in the freeze too")
    (count,) = run.place.here.execute("SELECT count(*) FROM pg_largeobject_metadata").fetchall()[0]
    if count:
        run.note(
            f"{count} large objects: they are read whole in the freeze, and no fence keeps a session from writing"
            " one without a row that refers to it"
        )


def _prepare_fences(run: Run, capture: Capture) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Triggers on both sides; the target's are up at once, so that nobody writes there before the switch."""
    place = run.place
    fenced = fence.find_tables(place.here, capture)
    back = read_capture(place.there)
    guarded = fence.find_tables(place.there, back) if back else ()
    for connection, tables in ((place.here, fenced), (place.there, guarded)):
        fence.prepare_fence(connection, place.move.id, tables)
    if not fence.is_up(place.there, guarded):
        guard(run, guarded)
    return fenced, guarded


def guard(run: Run, tables: tuple[str, ...], last: Callable[[], None] = lambda: None) -> float:
    """Keep writers out of the target; when that began (time.monotonic)."""
    attempt = fence.Attempt(run.options.lock_seconds, run.options.terminate, run.note)
    return fence.raise_fence(run.place.there, tables, attempt, last)
