"""A source that serves and an empty target → how a move would go, step by step, and how long it would freeze.

Everything is done as in a move, into the target, up to the fence, whose locks are given back at once. Then every trace
is removed from the source, and from the target all that was copied. Killed, it is started again.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path

from homeport.errors import HomeportError
from homeport.postgres.copy.run import Options
from homeport.postgres.copy.target import occupants, read_objects
from homeport.postgres.cutover.clean import clean_side, drop_copied
from homeport.postgres.cutover.session import At, CutoverOptions, Run, Tell, open_place
from homeport.postgres.cutover.steps import prepare, prove, rehearse_freeze
from homeport.postgres.follow.capture import Method
from homeport.postgres.follow.run import FollowOptions, Lag, Listener, follow
from homeport.postgres.server import Server, connect
from homeport.postgres.state import open_state, read_move

BEGAN, ENDED = "rehearsal began", "rehearsal ended"
CLOSE_SECONDS = 2.0
NAMED_MAX = 5


@dataclass(frozen=True)
class RehearsalReport:
    """`steps`: name, seconds. `freeze_seconds_expected`: without the switch command. `told`: what is to be known."""

    steps: tuple[tuple[str, float], ...]
    freeze_seconds_expected: float
    told: tuple[str, ...]


def rehearse(
    source: Server,
    target: Server,
    state_file: Path,
    options: CutoverOptions,
    tell: Tell,
    *,
    capture: Method = "auto",
    at: At = lambda point: None,
) -> RehearsalReport:
    """Rehearse a move into a target that is not needed otherwise. HomeportError if the target belongs to a real one,
    or holds anything.
    """
    _begin(source, target, state_file)
    began = time.monotonic()
    copying = FollowOptions(copy=Options(jobs=options.jobs), capture=capture)
    follow(source, target, state_file, copying, Listener(say=tell), stop=_is_close, at=at)
    copied = time.monotonic() - began
    with open_place(source, target, state_file) as place:
        run = Run(place, replace(options, terminate=False), tell, at, steps=[("capture, copy, follow", copied)])
        try:
            with prepare(run) as ready:
                prove(run, ready)
                frozen = rehearse_freeze(run, ready)
        finally:
            with run.step("clean"):
                clean_side(source, place.here, "the source", tell)
                drop_copied(place, tell)  # the record of what the target held goes last
                clean_side(target, place.there, "the target", tell)
            place.state.record(ENDED)
    return RehearsalReport(tuple(run.steps), frozen, tuple(run.told))


def _begin(source: Server, target: Server, state_file: Path) -> None:
    """Refuse a target whose move is not a rehearsal of this state file."""
    with open_state(state_file, source, target) as state:
        events = [event.step for event in state.events() if event.step in (BEGAN, ENDED)]
        with (
            connect(source, application="rehearse", autocommit=True, what="the source"),
            connect(target, application="rehearse", autocommit=True, what="the target") as connection,
        ):
            move = read_move(connection)
            held = occupants(read_objects(connection)) if move is None else []
        if held:
            some = ", ".join(held[:NAMED_MAX]) + (" …" if len(held) > NAMED_MAX else "")
            raise HomeportError(
                f"{target}: is not empty: it holds {some}",
                "rehearse into an empty database of the size that you will use; it is emptied again",
            )
        if move is not None and events[-1:] != [BEGAN]:
            raise HomeportError(
                f"{target}: is the target of a move already, which a rehearsal would undo",
                "rehearse into another, empty database, with a --state of its own",
            )
        state.record(BEGAN)


def _is_close(lag: Lag) -> bool:
    return lag.seconds < CLOSE_SECONDS
