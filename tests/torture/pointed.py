"""A step that kills itself: `pointed.py STATE STRUCK STEP …`, both servers on stdin.

It dies at the first named point at which no run before it died: STRUCK holds those, a line each, and gets this one
more. So a step that is started again and again dies once at each of its points, and then ends.
"""

import ast
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from homeport.errors import HomeportError
from homeport.postgres.server import Server
from tests.torture.steps import run_step


def point_kind(point: str) -> str:
    """The point, whichever table it is about: `captured public.cart` and `captured public.item` are one kind."""
    return re.sub(r'("[^"]*"|\S+)\.("[^"]*"|\S+)|\d+', "…", point)


def dying(struck: Path, kill: Callable[[], None]) -> Callable[[str], None]:
    """What is called at every point."""

    def at(point: str) -> None:
        kind = point_kind(point)
        known = struck.read_text().splitlines() if struck.exists() else []
        if kind not in known:
            with struck.open("a") as file:
                file.write(f"{kind}\n")
            kill()

    return at


def main(state: str, struck: str, step: str, *arguments: str) -> None:
    source, target = (Server(**values) for values in ast.literal_eval(sys.stdin.read()))
    at = dying(Path(struck), lambda: os.kill(os.getpid(), signal.SIGKILL))
    try:
        run_step(step, source, target, Path(state), at, arguments)
    except HomeportError as error:
        sys.exit(f"error: {error.message}")


if __name__ == "__main__":
    main(*sys.argv[1:])
