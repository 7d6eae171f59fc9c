"""Ctrl-C at any moment, two `up`s at once, a busy port: nothing is left behind, and the next `up` goes on."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.integration.conftest import homeport, need

pytestmark = pytest.mark.integration

PLATFORM = """\
name: tiny
python: "3.11"
functions:
  hello:
    path: hello
    handler: hello.handler
    routes: [GET /hello]
environments:
  local: {}
"""
FUNCTION = "def handler(event, context):\n    return {'hello': event['requestContext']['http']['path']}\n"


@pytest.fixture(scope="module")
def tiny() -> Iterator[tuple[Path, Path]]:
    """A platform of one function, and a home for it."""
    need("terraform")
    root = Path(tempfile.mkdtemp(prefix="homeport-tiny-"))
    root.chmod(0o755)
    folder = root / "tiny"
    (folder / "hello").mkdir(parents=True)
    (folder / "homeport.yml").write_text(PLATFORM)
    (folder / "hello" / "hello.py").write_text(FUNCTION)
    yield folder / "homeport.yml", root / "home"
    homeport("down", home=root / "home", file=folder / "homeport.yml")
    shutil.rmtree(root, ignore_errors=True)


def start_up(tiny: tuple[Path, Path], *options: str) -> subprocess.Popen[str]:
    file, home = tiny
    return subprocess.Popen(
        [sys.executable, "-m", "homeport", "--file", str(file), "up", *options],
        env={**os.environ, "HOMEPORT_HOME": str(home), "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def processes_of(home: Path) -> list[str]:
    """Command lines of all processes that name this home, or run from it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            cwd = str((process / "cwd").readlink())
        except OSError:
            continue
        if int(process.name) != os.getpid() and (str(home) in line or cwd.startswith(str(home.parent))):
            found.append(line)
    return found


@pytest.mark.parametrize(
    ("moment", "options"),
    [
        ("starting the control plane", []),
        ("starting the control plane", ["--detach"]),
        ("starting the data plane", []),
        ("starting the data plane", ["--detach"]),
        ("foundation", []),
    ],
)
def test_ctrl_c_leaves_no_process_behind(tiny: tuple[Path, Path], moment: str, options: list[str]) -> None:
    up = start_up(tiny, *options)
    seen = ""
    assert up.stdout is not None
    for line in up.stdout:
        seen += line
        if moment in line:
            break
    os.kill(up.pid, signal.SIGINT)
    rest, _ = up.communicate(timeout=90)
    assert up.returncode == 130, seen + rest
    assert "Traceback" not in seen + rest
    assert processes_of(tiny[1]) == []


def test_after_interruptions_up_still_succeeds_and_a_second_up_changes_nothing(tiny: tuple[Path, Path]) -> None:
    file, home = tiny
    first = homeport("up", "--detach", home=home, file=file)
    assert first.returncode == 0, first.stderr
    start = time.monotonic()
    second = homeport("up", "--detach", home=home, file=file)
    assert second.returncode == 0, second.stderr
    assert "nothing changed" in second.stderr
    assert time.monotonic() - start < 15


def test_a_second_up_at_the_same_time_is_refused(tiny: tuple[Path, Path]) -> None:
    file, home = tiny
    homeport("down", home=home, file=file)
    up = start_up(tiny)
    assert up.stdout is not None
    next(line for line in up.stdout if "plane" in line)
    second = homeport("up", "--detach", home=home, file=file)
    assert second.returncode == 1
    assert f"process {up.pid}" in second.stderr
    os.kill(up.pid, signal.SIGTERM)
    up.communicate(timeout=90)


def test_down_stops_what_runs_in_the_foreground(tiny: tuple[Path, Path]) -> None:
    file, home = tiny
    up = start_up(tiny)
    assert up.stdout is not None
    next(line for line in up.stdout if "Ctrl-C" in line)
    assert homeport("down", home=home, file=file).returncode == 0
    up.communicate(timeout=60)
    assert processes_of(home) == []


def test_a_busy_port_is_named_and_the_rest_works(tiny: tuple[Path, Path]) -> None:
    import socket

    file, home = tiny
    folder = next(path for path in home.iterdir() if path.name.startswith("tiny-"))
    port = next(iter(json.loads((folder / "ports.json").read_text()).values()))
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        began = time.monotonic()
        up = homeport("up", "--detach", home=home, file=file)
        seconds = time.monotonic() - began
        status = homeport("status", home=home, file=file)
        homeport("down", home=home, file=file)
    last = up.stderr.strip().splitlines()[-1]
    assert f"port {port} cannot be used" in last and "free it" in last, up.stderr
    assert seconds < 40, "who has to act should not wait"
    assert f"port {port} cannot be used" in status.stdout
    assert "Traceback" not in up.stderr


def test_the_function_answers_after_all_of_this(tiny: tuple[Path, Path]) -> None:
    file, home = tiny
    assert homeport("up", "--detach", home=home, file=file).returncode == 0
    status = json.loads(homeport("status", "--json", home=home, file=file).stdout)
    assert httpx.get(f"{status['api']}/hello", trust_env=False).json() == {"hello": "/hello"}
    assert homeport("down", home=home, file=file).returncode == 0
