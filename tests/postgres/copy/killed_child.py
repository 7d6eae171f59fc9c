"""A copy that kills itself: `killed_child.py STATE POINT`, both servers and options on stdin. Run by test_killed."""

import ast
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from homeport.postgres.copy.run import Options, copy
from homeport.postgres.server import Server


def main(state: str, point: str) -> None:
    one, other, options = ast.literal_eval(sys.stdin.read())

    def at(name: str) -> None:
        if name == point:
            os.kill(os.getpid(), signal.SIGKILL)

    copy(Server(**one), Server(**other), Path(state), Options(jobs=3, **options), lambda progress: None, at)


main(*sys.argv[1:])
