"""The application's database becomes the target, and no row is lost. The steps are told in `__init__`."""

import time
from pathlib import Path

from homeport.errors import HomeportError
from homeport.postgres.cutover import fence
from homeport.postgres.cutover.finish import bring_large_objects, bring_sequences, differing_large_objects
from homeport.postgres.cutover.session import OPENS, At, Confirm, CutoverOptions, CutoverReport, Run, Tell, open_place
from homeport.postgres.cutover.steps import (
    Ready,
    check_tables,
    come_near,
    open_again,
    prepare,
    prove,
    raise_source_fence,
    rehearse_freeze,
    switch,
)
from homeport.postgres.follow.definitions import keep_definitions
from homeport.postgres.server import Server
from homeport.postgres.silence import restore
from homeport.postgres.state import write_applied, write_phase

__all__ = ["CutoverOptions", "CutoverReport", "cutover"]

FROZEN = ("fencing", "fenced", "drained")
DECIDED = ("verified", "switching")
FROZEN_SECONDS = """
SELECT extract(epoch FROM clock_timestamp() - max(at))::float8 FROM homeport.phase WHERE name = 'fencing'"""


def cutover(  # noqa: PLR0913 both sides, and who is told and asked
    source: Server,
    target: Server,
    state_file: Path,
    options: CutoverOptions,
    tell: Tell,
    confirm: Confirm,
    *,
    dry_run: bool = False,
    at: At = lambda point: None,
) -> CutoverReport:
    """Move the application over, or go on with that. Killed at any instant, it is simply called again.

    `confirm` is asked before writers are kept out, and, without a switch command, when the switch has been made by
    hand. `at` is called between steps: `prepared`, `proven`, `fencing`, `fence up`, `fenced`, `drained`, `verified`,
    `switching`, `switch done`, `switched`; `before <phase>`; and at the deltas' own points. HomeportError:
    what is wrong, and what is true now. Until the switch begins a failure opens the source again.
    """
    with open_place(source, target, state_file) as place:
        run = Run(place, options, tell, at)
        phase = place.phase()
        if phase == "switched":
            run.note("the application was switched already")
            return run.report()
        fenced = _is_fenced(run)
        _check_phase(run, phase, fenced, dry_run)
        if not (fenced and phase in DECIDED):
            run.may_be_fenced = fenced and phase in FROZEN
            if not _bring(run, confirm, dry_run):
                return run.report()
        _switch(run, confirm)
        return run.report()


def _bring(run: Run, confirm: Confirm, dry_run: bool) -> bool:
    """Both sides equal, and neither takes writes; False if it was to end before. What fails opens the source again."""
    place = run.place
    try:
        with prepare(run, goes_on=run.may_be_fenced) as ready:
            if not run.may_be_fenced:
                prove(run, ready)
                if dry_run:
                    run.frozen_seconds = rehearse_freeze(run, ready)
                    return False
                if not confirm(f"refuse writes on {place.source} from now until the switch?"):
                    run.note("nothing was fenced; the target goes on being up to date with: homeport db follow")
                    return False
                come_near(run, ready.deltas, ready.proof)
                ready.deltas.check_definitions()
            run.may_be_fenced = True
            _freeze(run, ready)
    except BaseException:
        if run.may_be_fenced:
            open_again(run, place.source, "the source", place.target, lambda there: write_phase(there, "opened"))
        raise
    return True


def _check_phase(run: Run, phase: str, fenced: bool, dry_run: bool) -> None:
    place = run.place
    if dry_run and fenced:
        raise HomeportError(f"{place.source}: is fenced ({phase}): it is too late to rehearse", "homeport db status")
    if phase == "returning":
        raise HomeportError(f"{place.target}: is being left", "finish that first: homeport db rollback")
    if phase == "switching" and not fenced:
        raise HomeportError(
            f"{place.source}: is not fenced, though the switch has begun: rows may have been written there since",
            "decide which side is right; to go back to the source: homeport db rollback",
        )


def _is_fenced(run: Run) -> bool:
    connection = run.place.here
    known = [str(row[0]) for row in connection.execute(fence.TRIGGERS.encode()).fetchall()]
    return fence.is_up(connection, known)


def _freeze(run: Run, ready: Ready) -> None:
    """From the fence to the proof that both sides are equal."""
    with run.step("fence"):
        _fence(run, ready)
    with run.step("last changes"):
        ready.deltas.run()
        run.record("drained")
        run.at("drained")
    with run.step("sequences and large objects"):
        changed = _finish(run, ready)
    with run.step("last proof"):
        _verify(run, ready, changed)
    run.at("verified")


def _fence(run: Run, ready: Ready) -> None:
    if not fence.is_up(run.place.here, ready.fenced):
        run.record("fencing")
        run.at("fencing")
        run.began = raise_source_fence(run, ready)
    run.at("fence up")
    run.record("fenced")
    run.at("fenced")


def _finish(run: Run, ready: Ready) -> int:
    """Sequences and large objects of the source; how many large objects were changed."""
    place = run.place
    bring_sequences(place.here, place.there, ready.counters)
    return bring_large_objects(place.here, place.there, place.move.before)


def _verify(run: Run, ready: Ready, large_objects_changed: int) -> None:
    """Nothing differs: then the source is equal to the target as it is now, and that is recorded on both."""
    place = run.place
    ready.proof.since()
    check_tables(place.here, ready.capture)
    if large_objects_changed and (oids := differing_large_objects(place.here, place.there, place.move.before)):
        raise HomeportError(f"large objects differ: {oids[:10]}", "are they being written? start again")
    bring_sequences(place.here, place.there, ready.counters)
    snapshot = str(place.there.execute("SELECT pg_current_snapshot()::text").fetchall()[0][0])
    write_applied(place.here, snapshot)  # deltas back, if ever the application returns, count from here
    run.record("verified")


def _switch(run: Run, confirm: Confirm) -> None:
    """Open the target, then have the application use it. From the first of the two on, going back is a move."""
    place = run.place
    if place.phase() == "verified":
        run.tell(
            "the point of no return: from here on the target takes writes, and going back is: homeport db rollback"
        )
        place.state.record(OPENS)
        with place.there.transaction():
            fence.lower_fence(place.there)
            restore(place.there)
            keep_definitions(place.there)  # what the way back may not find changed
            run.record("switching")
        run.at("switching")
    with run.step("switch"):
        switch(run, place.target, confirm)
    run.record("switched")
    run.at("switched")
    if run.began is not None:
        run.frozen_seconds = time.monotonic() - run.began
    else:
        run.frozen_seconds = float(place.there.execute(FROZEN_SECONDS.encode()).fetchall()[0][0] or 0)
    run.note(f"{place.source} stays fenced; homeport db clean removes what is left there")
