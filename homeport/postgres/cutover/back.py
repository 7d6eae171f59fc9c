"""The application goes back to the source. Until the switch has begun, the fence is lowered and nothing has happened.
After that it is a cutover in the other direction, which brings what was written to the target to the source.

| step recorded | what is true after it | what is left if it stops there |
|---|---|---|
| `following` | the source's triggers, rules and foreign keys are quiet, and changes come back | the target serves |
| `fencing` | the target's fence may be up | started again, it goes on |
| `fenced` | nobody writes either side | the same |
| `verified` | both sides are equal, and each knows it | the same |
| `opened` | the source is as it was, and takes writes; the target stays fenced | the switch is made again |
| `switched` | the application uses the source | foreign keys are still to be checked |
| phase `returned` | they are; following from the source may go on | nothing |
"""

import time
from pathlib import Path

from homeport.errors import HomeportError
from homeport.postgres.copy.reading import read_search_path
from homeport.postgres.copy.target import end_leftovers
from homeport.postgres.cutover import fence
from homeport.postgres.cutover.finish import (
    bring_large_objects,
    bring_sequences,
    differing_large_objects,
    read_counters,
    refresh,
)
from homeport.postgres.cutover.proof import Proof
from homeport.postgres.cutover.session import (
    OPENS,
    RETURNED,
    At,
    Confirm,
    CutoverOptions,
    CutoverReport,
    Place,
    Run,
    Tell,
    open_place,
)
from homeport.postgres.cutover.steps import (
    catch_up,
    check_tables,
    check_unchanged,
    come_near,
    guard,
    open_again,
    switch,
)
from homeport.postgres.follow.captured import Capture, read_capture
from homeport.postgres.follow.definitions import accept_changed
from homeport.postgres.follow.delta import Deltas
from homeport.postgres.locks import retry
from homeport.postgres.server import Server, Unreachable, connect
from homeport.postgres.silence import may_be_replica, restore, silence, validate
from homeport.postgres.state import open_state, read_phase, write_applied, write_phase
from homeport.postgres.traces import FENCE

STARTED = ("switching", "switched", "returning")
FROZEN = ("fencing", "fenced")
OPENED = ("opened", "switched")
FROZEN_SECONDS = """
SELECT extract(epoch FROM clock_timestamp() - max(at))::float8 FROM homeport.phase
WHERE name = 'returning' AND detail->>'step' = 'fencing'"""
LOGS = r"""
SELECT format('homeport.%I', c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'homeport' AND c.relkind = 'r' AND (c.relname ~ '^log_[0-9]+$' OR c.relname = 'reload') ORDER BY 1"""


def rollback(
    source: Server,
    target: Server,
    state_file: Path,
    options: CutoverOptions,
    tell: Tell,
    confirm: Confirm,
    *,
    at: At = lambda point: None,
) -> CutoverReport:
    """Go back to the source, or go on with that. Killed at any instant, it is simply called again.

    `confirm` is asked before the target's writers are kept out, and, without a switch command, when the switch back
    has been made by hand. `at` is called between steps: `returning`, `receiving`, `back proven`, `back fencing`,
    `back fenced`, `back drained`, `back verified`, `source open`, `switch done`, `back switched`, `returned`; and
    `before <phase>`, `before returning <step>`. The switch command finds the source in its environment. HomeportError:
    what is wrong, and what is true now.
    """
    try:
        with connect(target, application="cutover look", what="the target"):
            pass
    except Unreachable as error:
        return _undo_alone(source, target, state_file, confirm, error)
    with open_place(source, target, state_file) as place:
        run = Run(place, options, tell, at)
        if place.phase() not in STARTED:
            _undo(run)
            return run.report()
        step = _step(place)
        if step not in OPENED:
            if step != "verified" and not _bring_back(run, confirm, step):
                return run.report()
            _open_source(run)
        if _step(place) == "opened":
            with run.step("switch back"):
                switch(run, place.source, confirm)
            _write(run, "switched")
            run.at("back switched")
            _measure(run)
        with run.step("check foreign keys"):
            for name in validate(place.here):
                run.tell(f"checked foreign key {name}")
        run.record("returned")
        place.state.record(RETURNED)
        run.at("returned")
        run.note(f"{target} stays fenced; following from the source may go on: homeport db follow")
        return run.report()


def _undo(run: Run) -> None:
    """Nobody was switched, and the target took no writes."""
    place = run.place
    if not any(enabled != "D" for _, enabled in place.here.execute(fence.TRIGGERS.encode()).fetchall()):
        run.note(f"{place.source} is not fenced: there is nothing to undo")
        return
    with run.step("open the source"):
        retry(place.here, lambda: fence.lower_fence(place.here), str(place.source))
    run.record("opened")
    run.at("opened")
    run.note(f"{place.source} takes writes again; following may go on: homeport db follow")


def _undo_alone(
    source: Server, target: Server, state_file: Path, confirm: Confirm, unreachable: Unreachable
) -> CutoverReport:
    """The target is away, and has taken no writes as far as the state file knows: the source may take them again."""
    with open_state(state_file, source, target) as state:
        decided = [event.step for event in state.events() if event.step in (OPENS, RETURNED)]
        with connect(source, application=f"cutover {state.id}", autocommit=True, what="the source") as here:
            fenced = any(enabled != "D" for _, enabled in here.execute(fence.TRIGGERS.encode()).fetchall())
            question = f"{target} cannot be reached, so it cannot say that nobody uses it; open {source} all the same?"
            if decided[-1:] == [OPENS]:
                raise HomeportError(
                    f"{unreachable.message}; it may hold rows that the source lacks",
                    "start again when it is back; if it is lost for good, run on the source, for each table:"
                    f" ALTER TABLE … DISABLE TRIGGER {FENCE}",
                )
            if not fenced or not confirm(question):
                raise unreachable
            end_leftovers(here, f"homeport cutover {state.id}")
            retry(here, lambda: fence.lower_fence(here), str(source))
        state.record("the source opens")
        told = f"{source} takes writes again; the target does not know it yet, and is proven anew by the next cutover"
        return CutoverReport(state.id, "opened", 0.0, (), (told,))


def _bring_back(run: Run, confirm: Confirm, step: str) -> bool:
    """Both sides equal, and neither takes writes. False if the user would not have the target fenced."""
    place = run.place
    if run.options.accept_differences:
        accept_changed(place.there, run.note)
    capture = _captured(place)
    tables = fence.find_tables(place.there, capture)
    if not step:
        _write(run, "following")
        run.at("returning")
    with run.step("prepare the source"):
        as_replica = may_be_replica(place.here)
        for name in silence(place.here, as_replica=as_replica):
            run.tell(f"quiet on the source until the return: {name}")
        run.at("receiving")
    frozen = step in FROZEN and fence.is_up(place.there, tables)
    try:
        with (
            Deltas(place.target, place.source, place.move.id, prepared=not as_replica, at=run.at) as deltas,
            Proof(
                place.source, place.target, deltas, jobs=run.options.jobs, application=place.application, back=True
            ) as proof,
        ):
            if frozen:
                proof.load()
            else:
                _prove_back(run, deltas, proof, [table.name for table in capture.tables])
                if not confirm(f"refuse writes on {place.target} from now until the switch back?"):
                    run.note("nothing was fenced; run it again to go on")
                    return False
                come_near(run, deltas, proof)
                deltas.check_definitions()
                frozen = True
                _fence_target(run, tables, capture)
            _finish(run, deltas, proof, capture)
    except BaseException:
        if frozen:
            open_again(
                run, place.target, "the target", place.target,
                lambda there: write_phase(there, "returning", step="following"),
            )  # fmt: skip
        raise
    return True


def _prove_back(run: Run, deltas: Deltas, proof: Proof, tables: list[str]) -> None:
    with run.step("catch up"):
        catch_up(run, deltas)
    with run.step("materialized views and statistics"):
        for line in refresh(run.place.here, tables, read_search_path(run.place.here)):
            run.note(line)
    with run.step("prove everything"):
        proof.everything()
    come_near(run, deltas, proof)
    run.at("back proven")


def _fence_target(run: Run, tables: tuple[str, ...], capture: Capture) -> None:
    """In one transaction with its record. What fails leaves the target open."""
    there = run.place.there
    _write(run, "fencing")
    run.at("back fencing")

    def last() -> None:
        check_tables(there, capture)
        _write(run, "fenced")

    with run.step("fence the target"):
        run.began = guard(run, tables, last)
    run.at("back fenced")


def _finish(run: Run, deltas: Deltas, proof: Proof, capture: Capture) -> None:
    place = run.place
    with run.step("last changes"):
        deltas.run()
        counters = read_counters(place.there)
        bring_sequences(place.there, place.here, counters)
        changed = bring_large_objects(place.there, place.here)
        run.at("back drained")
    with run.step("last proof"):
        proof.since()
        check_tables(place.there, capture)
        if changed and (oids := differing_large_objects(place.there, place.here)):
            raise HomeportError(f"large objects differ: {oids[:10]}", "are they being written? start again")
        bring_sequences(place.there, place.here, counters)
    _write(run, "verified")
    run.at("back verified")


def _open_source(run: Run) -> None:
    """The source as it was, taking writes. Its changes are followed from the state that both sides are in now."""
    place = run.place
    here, there = place.here, place.there
    fenced = [name for name, enabled in here.execute(fence.TRIGGERS.encode()).fetchall() if enabled != "D"]
    if fenced:  # else this was done, and rows may have been written since
        write_applied(there, str(here.execute("SELECT pg_current_snapshot()::text").fetchall()[0][0]))

        def work() -> None:
            for (log,) in here.execute(LOGS.encode()).fetchall():
                here.execute(f"DELETE FROM {log}".encode())
            restore(here)
            fence.lower_fence(here)

        with run.step("open the source"):
            retry(here, work, str(place.source))
    run.at("source open")
    _write(run, "opened")


def _captured(place: Place) -> Capture:
    capture = read_capture(place.there)
    if capture is None or capture.ready is None:
        raise HomeportError(f"{place.target}: its changes were not captured: they cannot be brought back")
    check_unchanged(place.there, capture)
    return capture


def _write(run: Run, step: str) -> None:
    run.record("returning", step=step)


def _step(place: Place) -> str:
    """How far the way back is; empty if it has not begun."""
    phase = read_phase(place.there)
    return str(phase.detail.get("step", "")) if phase and phase.name == "returning" else ""


def _measure(run: Run) -> None:
    if run.began is not None:
        run.frozen_seconds = time.monotonic() - run.began
    else:
        run.frozen_seconds = float(run.place.there.execute(FROZEN_SECONDS.encode()).fetchall()[0][0] or 0)
