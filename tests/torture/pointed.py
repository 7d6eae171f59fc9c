"""A step that kills itself: `pointed.py STATE STRUCK ONLY STEP …`, both servers on stdin.

It dies at the first named point at which no run before it died: STRUCK holds those, a line each, and gets this one
more. So a step that is started again and again dies once at each of its points, and then ends. With ONLY it dies at no
other point than that.
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


def dying(step: str, struck: Path, only: str, kill: Callable[[], None]) -> Callable[[str], None]:
    """What is called at every point of a step."""

    def at(point: str) -> None:
        kind = f"{step}: {point_kind(point)}"
        known = struck.read_text().splitlines() if struck.exists() else []
        if kind not in known and (not only or only == point):
            with struck.open("a") as file:
                file.write(f"{kind}\n")
            kill()

    return at


def main(state: str, struck: str, only: str, step: str, *arguments: str) -> None:
    source, target = (Server(**values) for values in ast.literal_eval(sys.stdin.read()))
    name = " ".join([step, *(word for word in arguments if word == "--back")])
    at = dying(name, Path(struck), only, lambda: os.kill(os.getpid(), signal.SIGKILL))
    try:
        run_step(step, source, target, Path(state), at, arguments)
    except HomeportError as error:
        sys.exit(f"error: {error.message}")


if __name__ == "__main__":
    main(*sys.argv[1:])
