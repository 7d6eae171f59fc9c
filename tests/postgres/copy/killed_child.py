"""A copy that kills itself: `killed_child.py STATE POINT`, both servers on stdin. Run by test_killed."""

import ast
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from homeport.postgres.copy.run import Options, copy
from homeport.postgres.server import Server


def main(state: str, point: str) -> None:
    source, target = (Server(**values) for values in ast.literal_eval(sys.stdin.read()))

    def at(name: str) -> None:
        if name == point:
            os.kill(os.getpid(), signal.SIGKILL)

    copy(source, target, Path(state), Options(jobs=3), lambda progress: None, at)


main(*sys.argv[1:])
