"""A side of a move → the same without a trace of Homeport: triggers, functions, tables, its schema."""

from pathlib import Path

from homeport.errors import HomeportError
from homeport.postgres.cutover import fence
from homeport.postgres.cutover.session import CutoverOptions, Run, Tell, open_place
from homeport.postgres.cutover.silence import holds_any, restore, validate
from homeport.postgres.follow.capture import remove
from homeport.postgres.follow.captured import read_capture
from homeport.postgres.server import Connection, Server, Unreachable, connect
from homeport.postgres.state import describe, open_state, read_move

UNDER_WAY = ("fencing", "fenced", "drained", "verified", "switching", "returning")


def clean(source: Server, target: Server, state_file: Path, tell: Tell, *, of_target: bool = False) -> None:
    """Remove every trace from the source, and `of_target` from the target too; rows stay. May be run again.

    A fenced source takes writes again afterwards, which is told. HomeportError while a cutover or a rollback is under
    way: what it left is needed to finish it. A target that is away, or has become another database, is left alone.
    """
    if not _is_target(target, tell):
        _clean_alone(source, target, state_file, tell)
        return
    with open_place(source, target, state_file) as place:
        run = Run(place, CutoverOptions(None), tell, lambda point: None)
        phase = place.phase()
        if phase in UNDER_WAY:
            raise HomeportError(
                f"{source} to {target}: is in the middle of a cutover or of the way back ({phase})",
                "finish it first: homeport db cutover, or homeport db rollback",
            )
        with run.step("clean the source"):
            if phase == "switched":
                tell(f"{source} takes writes again: make sure that nothing writes there any more")
            clean_side(source, place.here, "the source", tell)
        if of_target:
            with run.step("clean the target"):
                clean_side(target, place.there, "the target", tell)
        else:
            tell(f"{target} keeps what Homeport needs to go on or to go back; to remove it too: --target")


def _is_target(target: Server, tell: Tell) -> bool:
    try:
        with connect(target, application="clean look", autocommit=True, what="the target") as connection:
            known = read_move(connection) is not None
    except Unreachable as error:
        tell(error.message)
        return False
    if not known:
        tell(f"{target}: is not the target of a move")
    return known


def _clean_alone(source: Server, target: Server, state_file: Path, tell: Tell) -> None:
    """The source of a move whose target is gone. HomeportError if it is fenced, or captured for another target."""
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
            clean_side(source, here, "the source", tell)


def clean_side(server: Server, connection: Connection, what: str, tell: Tell) -> None:
    """Triggers, rules and foreign keys as they were, the fence gone, then all that the capture made."""
    if holds_any(connection):
        fence.retry(connection, lambda: restore(connection), what)
        for name in validate(connection):
            tell(f"checked foreign key {name}")
    remove(server, what=what, say=tell)
