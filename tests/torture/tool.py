"""The tool as a user starts it: `python -m homeport db …`, a process that can be killed and started again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from homeport.postgres.server import Server

ROOT = Path(__file__).parents[2]
POINTED = Path(__file__).with_name("pointed.py")
OUR_BUG = 3
STATELESS = ("check", "compare")


@dataclass(frozen=True)
class Ended:
    """How a run ended. `code` is negative for a signal."""

    code: int
    said: str
    seconds: float

    @property
    def was_killed(self) -> bool:
        return self.code == -signal.SIGKILL


class Tool:
    """The command line of one move. Everything it says is kept in `log`."""

    def __init__(self, source: Server, target: Server, folder: Path) -> None:
        self.source, self.target = source, target
        self.state, self.log = folder / "state.sqlite", folder / "tool.log"
        self.struck = folder / "struck"  # points at which it has been killed already
        self._passwords = [server.password for server in (source, target) if server.password]

    def start(self, *arguments: str) -> "Running":
        """`homeport db <arguments>`, both servers in its environment."""
        own = {"HOMEPORT_SOURCE": render_url(self.source), "HOMEPORT_TARGET": render_url(self.target)}
        command = [sys.executable, "-W", "ignore", "-m", "homeport", "db", *arguments]
        state = [] if arguments[0] in STATELESS else ["--state", str(self.state)]
        return self._start([*command, *state], {**os.environ, **own}, b"")

    def start_pointed(self, *arguments: str, only: str = "") -> "Running":
        """The same step, called as a library: it kills itself at the first named point that is not in `struck`."""
        servers = repr((self.source.__dict__, self.target.__dict__)).encode()
        command = [sys.executable, "-W", "ignore", str(POINTED), str(self.state), str(self.struck), only, *arguments]
        return self._start(command, dict(os.environ), servers)

    def points(self) -> list[str]:
        return self.struck.read_text().splitlines() if self.struck.exists() else []

    def _start(self, command: Sequence[str], environment: dict[str, str], text: bytes) -> "Running":
        with self.log.open("ab") as log:
            log.write(f"\n$ {' '.join(command[3:])}\n".encode())
            log.flush()
            began = log.tell()
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=ROOT, env=environment
            )
        assert process.stdin
        try:
            process.stdin.write(text)
            process.stdin.close()
        except BrokenPipeError:
            pass  # it ended before it read
        return Running(process, self.log, began, self._passwords)


class Running:
    """One run of it."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, log_began: int, passwords: list[str]) -> None:
        self._process, self._log, self._log_began, self._passwords = process, log, log_began, passwords
        self._began = time.monotonic()

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait(self, seconds: float) -> Ended | None:
        """How it ended; None if it has not within this time."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        said = self._said()
        assert not any(password in said for password in self._passwords), "a password was printed"
        assert "Traceback (most" not in said and "SyntaxError" not in said, said
        assert code != OUR_BUG, said
        return Ended(code, said, time.monotonic() - self._began)

    def kill(self) -> Ended:
        """SIGKILL, unless it has ended by itself just now."""
        self._process.kill()
        return self._ended()

    def interrupt(self) -> Ended:
        """Ctrl-C."""
        self._process.send_signal(signal.SIGINT)
        return self._ended()

    def _ended(self) -> Ended:
        ended = self.wait(30)
        assert ended is not None, f"it does not end:\n{self._said()[-2000:]}"
        return ended

    def _said(self) -> str:
        with self._log.open("rb") as log:
            log.seek(self._log_began)
            return log.read().decode(errors="replace")


def render_url(server: Server) -> str:
    """The server's URL, its certificate's authority included."""
    files = "".join(f"&{name}={path}" for name, path in server.ssl_files)
    where = f"{server.host}:{server.port}/{server.database}?sslmode={server.ssl_mode}{files}"
    return f"postgres://{server.user}:{server.password}@{where}"


def last_json(said: str) -> dict[str, object]:
    """The report that a run with --json printed."""
    lines = [line for line in said.splitlines() if line.startswith("{")]
    found: dict[str, object] = json.loads(lines[-1])
    return found
