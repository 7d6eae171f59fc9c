"""What tests of the data plane share: a home, a real control plane, a context that remembers what parts observe."""

import asyncio
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from homeport.local import ledger
from homeport.local.data.clients import Clients
from homeport.local.data.context import Context, Observation, Resource, World
from homeport.local.data.environment import task_environment
from homeport.local.home import Home

ACCOUNT, REGION = "100000000001", "eu-west-1"


@pytest.fixture
def home() -> Iterator[Home]:
    """Every user may enter it, as PostgreSQL runs as another one when we are root. Nothing may be left running."""
    found = make_home()
    yield found
    assert ledger.sweep(found) == [], "a test left processes behind"
    shutil.rmtree(found.path)


def make_home() -> Home:
    path = Path(tempfile.mkdtemp(prefix="homeport-test-"))
    path.chmod(0o755)
    found = Home(path)
    found.token.write_text("token-of-the-test")
    return found


@pytest.fixture(scope="session")
def control_url() -> Iterator[str]:
    """A real control plane, for the AWS calls that parts make."""
    home = make_home()
    log = (home.path / "control.log").open("wb")
    command = [sys.executable, "-m", "homeport.local.control", "--home", str(home.path)]
    with log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        deadline = time.monotonic() + 30
        while not home.control.exists():
            assert process.poll() is None and time.monotonic() < deadline, (home.path / "control.log").read_text()
            time.sleep(0.02)
        yield str(json.loads(home.control.read_text())["url"])
        process.terminate()
    shutil.rmtree(home.path)


@dataclass
class Seen:
    """Collects what parts observe and log; `until` waits for it."""

    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    history: list[Observation] = field(default_factory=list)
    logged: list[tuple[str, str, str]] = field(default_factory=list)  # group, stream, message
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def observe(self, observations: list[Observation]) -> None:
        for one in observations:
            self.states.setdefault(one.arn, {}).update(one.state)
            self.history.append(one)
        self.news.set()

    def log(self, account: str, region: str, group: str, stream: str, message: str) -> None:
        self.logged.append((group, stream, message))
        self.news.set()

    async def until(self, condition: Callable[[], Any], seconds: float = 20) -> Any:
        try:
            async with asyncio.timeout(seconds):
                while not (found := condition()):
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            pytest.fail(f"not seen after {seconds} s; last seen: {self.states} {self.logged[-5:]}")
        return found


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def context(home: Home, seen: Seen) -> Context:
    """Without a control plane: AWS calls of parts fail as when it is away."""
    return make_context(home, seen, "http://127.0.0.1:9")


def make_context(home: Home, seen: Seen, url: str) -> Context:
    def environment(account: str, region: str) -> dict[str, str]:
        return task_environment(
            account, region, control_url=url, egress_url="http://127.0.0.1:9", trusted=home.keys / "trusted.pem"
        )

    return Context(
        home=home,
        control_url=url,
        token="token-of-the-test",
        observe=seen.observe,
        aws=Clients(url),
        log=seen.log,
        task_environment=environment,
    )


@pytest.fixture
def connected(home: Home, seen: Seen, control_url: str) -> Context:
    """With a real control plane."""
    return make_context(home, seen, control_url)


@pytest.fixture
def world() -> Callable[..., World]:
    """`world({type: {arn: state}})`."""

    def build(declared: dict[str, dict[str, dict[str, Any]]], revision: int = 1) -> World:
        return World(
            revision,
            {
                type_: {arn: Resource(arn, type_, ACCOUNT, REGION, state) for arn, state in resources.items()}
                for type_, resources in declared.items()
            },
        )

    return build


@pytest.fixture
def free_port() -> Callable[[], int]:
    def find() -> int:
        with socket.socket() as opened:
            opened.bind(("127.0.0.1", 0))
            return int(opened.getsockname()[1])

    return find
