"""The steps of a move as a library calls them, with a word at every named point."""

from collections.abc import Callable, Sequence
from pathlib import Path

from homeport.postgres.cutover.abandon import AbandonOptions, abandon
from homeport.postgres.cutover.back import rollback
from homeport.postgres.cutover.clean import clean
from homeport.postgres.cutover.follow_back import follow_back
from homeport.postgres.cutover.run import CutoverOptions, cutover
from homeport.postgres.follow.run import FollowOptions, Lag, Listener, follow
from homeport.postgres.server import Server

At = Callable[[str], None]
CAUGHT_UP_SECONDS = 1.0
HAVE_POINTS = ("follow", "cutover", "rollback", "clean")


def run_step(step: str, source: Server, target: Server, state: Path, at: At, arguments: Sequence[str] = ()) -> None:
    """One step, with the arguments of its command line, to its end. `follow` ends when it has caught up."""
    if step == "follow" and "--back" in arguments:
        follow_back(source, target, state, Listener(), stop=_has_caught_up, at=at)
        return
    if step == "follow":
        follow(source, target, state, FollowOptions(), Listener(), stop=_has_caught_up, at=at)
        return
    if step == "clean" and "--abandon" in arguments:
        abandon(source, target, state, AbandonOptions(True, target.database), lambda words: None, at=at)
        return
    if step == "clean":
        clean(source, target, state, lambda words: None, of_target="--target" in arguments)
        return
    command = {"cutover": cutover, "rollback": rollback}[step]
    switch = arguments[arguments.index("--switch") + 1]
    options = CutoverOptions(switch, terminate="--terminate" in arguments)
    command(source, target, state, options, lambda words: None, lambda question: True, at=at)


def _has_caught_up(lag: Lag) -> bool:
    return lag.seconds < CAUGHT_UP_SECONDS
