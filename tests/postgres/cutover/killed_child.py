"""A step of a move that kills itself: `killed_child.py WHAT STATE POINT`, both servers on stdin."""

import ast
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from homeport.postgres.cutover.abandon import AbandonOptions, abandon
from homeport.postgres.cutover.back import rollback
from homeport.postgres.cutover.run import CutoverOptions, cutover
from homeport.postgres.follow.run import FollowOptions, Listener, follow
from homeport.postgres.server import Server


def main(what: str, state: str, point: str) -> None:
    source, target = (Server(**values) for values in ast.literal_eval(sys.stdin.read()))

    def at(name: str) -> None:
        if name == point:
            os.kill(os.getpid(), signal.SIGKILL)

    if what == "abandon":
        abandon(source, target, Path(state), AbandonOptions(True, target.database), lambda text: None, at=at)
        return
    if what == "follow":
        follow(source, target, Path(state), FollowOptions(), Listener(), stop=lambda lag: lag.rows == 0, at=at)
        return
    options = CutoverOptions("true", jobs=2)
    way = {"cutover": cutover, "rollback": rollback}[what]
    way(source, target, Path(state), options, lambda text: None, lambda question: True, at=at)


main(*sys.argv[1:])
