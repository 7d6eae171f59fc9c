"""Ways of dying in the middle of a cutover."""

import signal
import subprocess
import sys
from pathlib import Path

from homeport.postgres.server import Server

CHILD = Path(__file__).with_name("killed_child.py")


def kill(what: str, source: Server, target: Server, state: Path, point: str) -> None:
    """Run it in a process that kills itself at the point."""
    command = [sys.executable, "-W", "ignore", str(CHILD), what, str(state), point]
    servers = repr((source.__dict__, target.__dict__)).encode()
    done = subprocess.run(command, input=servers, capture_output=True, cwd=CHILD.parents[3], timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
