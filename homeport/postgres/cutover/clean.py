"""A side of a move → the same without a trace of Homeport: triggers, functions, tables, its schema."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from homeport.errors import HomeportError
from homeport.postgres.copy import target as receiving
from homeport.postgres.copy.contents import load_contents
from homeport.postgres.cutover import fence
from homeport.postgres.cutover.session import CutoverOptions, Place, Run, Tell, open_place
from homeport.postgres.follow.captured import read_capture
from homeport.postgres.locks import retry
from homeport.postgres.server import Connection, Server, Unreachable, connect
from homeport.postgres.silence import holds_any, restore, validate
from homeport.postgres.state import ENDED, describe, open_state, read_move, write_abandoned
from homeport.postgres.traces import remove

FROZEN = ("fencing", "fenced", "drained", "verified")  # before the point of no return
UNDER_WAY = (*FROZEN, "switching", "returning")


@dataclass(frozen=True)
class CleanReport:
    """`phase` is the one that was found, `dropped` what a copy had brought to the target."""

    move: str | None
    phase: str
    steps: tuple[tuple[str, float], ...] = ()
    dropped: tuple[str, ...] = ()


def clean(
    source: Server, target: Server, state_file: Path, tell: Tell, *, of_target: bool = False, dry_run: bool = False
) -> CleanReport:
    """Remove every trace from the source, and `of_target` from the target too; rows stay. May be run again.

    A fenced source takes writes again afterwards, which is told. HomeportError while a cutover or a rollback is under
    way: what it left is needed to finish it. A target that is away, or has become another database, is left alone.
    `dry_run`: only say whether something speaks against it.
    """
    if not is_target(target, tell):
        return clean_alone(source, target, state_file, tell, of_target=of_target, dry_run=dry_run)
    with open_place(source, target, state_file) as place:
        run = Run(place, CutoverOptions(None), tell, lambda point: None)
        phase = place.phase()
        check_decided(place, phase)
        if dry_run:
            return CleanReport(place.move.id, phase)
        take_locks(place)
        if phase not in ("", "switched"):
            write_abandoned(place.there)  # nothing tells of the source's changes any more: what was copied grows old
        with run.step("clean the source"):
            if phase == "switched":
                tell(f"{source} takes writes again: make sure that nothing writes there any more")
            clean_side(source, place.here, "the source", tell)
        if of_target:
            clean_target(run)
        else:
            tell(f"{target} keeps what Homeport needs to go on or to go back; to remove it too: --target")
        return CleanReport(place.move.id, phase, tuple(run.steps))


def check_decided(place: Place, phase: str) -> None:
    """HomeportError while a move is between two states that last."""
    if phase not in UNDER_WAY:
        return
    hint = "finish it first: homeport db cutover, or homeport db rollback"
    raise HomeportError(
        f"{place.source} to {place.target}: is in the middle of a cutover or of the way back ({phase})",
        f"{hint}; or give the move up: homeport db clean --abandon" if phase in FROZEN else hint,
    )


def take_locks(place: Place) -> None:
    """Keep copies and followers out, whichever machine they run on, and end what killed ones left running."""
    for work in ("copy", "follow"):
        receiving.lock(place.there, place.target, work)
    for side in (place.here, place.there):
        for work in ("copy", "follow", "capture"):
            receiving.end_leftovers(side, f"homeport {work} {place.move.id}")


def is_target(target: Server, tell: Tell) -> bool:
    """Whether it can be reached and knows of a move; if not, that is told."""
    try:
        with connect(target, application="clean look", autocommit=True, what="the target") as connection:
            known = read_move(connection) is not None
    except Unreachable as error:
        tell(error.message)
        return False
    if not known:
        tell(f"{target}: is not the target of a move")
    return known


def clean_alone(
    source: Server, target: Server, state_file: Path, tell: Tell, *, of_target: bool, dry_run: bool
) -> CleanReport:
    """The source of a move whose target is gone, or of one that was stopped before anything was copied.

    HomeportError if the source is fenced, or captured for another target.
    """
    with open_state(state_file, source, target):
        with connect(source, application="clean look", autocommit=True, what="the source") as here:
            capture = read_capture(here)
            if capture and capture.other != describe(target):
                raise HomeportError(
                    f"{source}: its changes are captured for {capture.other}, not for {describe(target)}",
                    "name that target",
                )
            if any(enabled != "D" for _, enabled in here.execute(fence.TRIGGERS.encode()).fetchall()):
                raise HomeportError(
                    f"{source}: is fenced, and its target is away: it cannot say whether it is in use",
                    "to have the source take writes again: homeport db rollback",
                )
            if not dry_run:
                clean_side(source, here, "the source", tell)
        if of_target and not dry_run:
            _clean_begun(target, tell)
        return CleanReport(capture.move if capture else None, "")


def _clean_begun(target: Server, tell: Tell) -> None:
    """The empty record of a move that had captured, and not yet begun to copy. A target that is away is left alone."""
    with suppress(Unreachable), connect(target, application="clean look", autocommit=True, what="the target") as there:
        if read_move(there) is None and read_capture(there) is None:
            receiving.lock(there, target, "follow")
            remove(target, what="the target", say=tell)


def clean_target(run: Run) -> None:
    """The record of the move goes with it, so this comes last."""
    place = run.place
    with run.step("clean the target"):
        clean_side(place.target, place.there, "the target", run.tell)
    place.state.record(ENDED)


def clean_side(server: Server, connection: Connection, what: str, tell: Tell) -> None:
    """Triggers, rules and foreign keys as they were, the fence gone, then all that the capture made."""
    wake(connection, what, tell)
    remove(server, what=what, say=tell)


def wake(connection: Connection, what: str, tell: Tell) -> None:
    """Triggers, rules and foreign keys that were kept quiet as they were."""
    if holds_any(connection):
        retry(connection, lambda: restore(connection), what)
        for name in validate(connection):
            tell(f"checked foreign key {name}")


def read_copied(place: Place) -> list[str]:
    """What the move has brought to the target, in the order in which it can be dropped. HomeportError if there is more:
    what the target did not hold before and the source never held is somebody else's."""
    known = {*place.move.brought, *receiving.read_objects(place.here)}
    return receiving.read_ours(place.there, place.target, place.move.before, known)


def drop_copied(place: Place, tell: Tell) -> list[str]:
    """The target as it was before the move, but for Homeport's own schema; what was dropped. May be run again."""
    ours = read_copied(place)
    wake(place.there, "the target", tell)
    receiving.drop(place.there, ours)
    names = [name for name, _ in load_contents(place.move.contents or "{}").settings]
    receiving.reset_settings(place.there, names, place.move.settings)
    return ours
