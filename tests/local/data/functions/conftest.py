"""A data plane's surroundings for functions: a home, a log that remembers, zips and the feed's words for functions."""

import asyncio
import base64
import hashlib
import io
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from homeport.local.data.context import Context, Observation, Resource, World
from homeport.local.data.functions.functions import Functions, Limits
from homeport.local.home import Home

ACCOUNT, REGION = "100000000001", "eu-west-1"


@dataclass
class Logged:
    """What was logged, by group."""

    groups: list[str] = field(default_factory=list)
    lines: dict[str, list[str]] = field(default_factory=dict)
    streams: list[str] = field(default_factory=list)

    def log(self, account: str, region: str, group: str, stream: str, message: str) -> None:
        assert (account, region) == (ACCOUNT, REGION)
        self.lines.setdefault(group, []).append(message)
        self.streams.append(stream)

    def create_log_group(self, logGroupName: str) -> None:
        self.groups.append(logGroupName)

    def of(self, function: str) -> list[str]:
        return self.lines.get(f"/aws/lambda/{function}", [])


async def unobserved(_: list[Observation]) -> None:
    raise AssertionError("functions observe nothing")


def task_environment(account: str, region: str) -> dict[str, str]:
    return {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": f"HOMEPORT{account}"}


def make_context(
    home: Path, logged: Logged | None = None, aws: Callable[[str, str, str], Any] | None = None
) -> Context:
    memory = logged or Logged()

    def logs_only(service: str, *_: str) -> Any:
        assert service == "logs", "no other AWS call is expected"
        return memory

    return Context(
        Home(home), "http://127.0.0.1:1", "token", unobserved, aws or logs_only, memory.log, task_environment
    )


def arn_of(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def zipped(files: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), text)
    return stream.getvalue()


def version(folder: Path, source: str | bytes, **configuration: Any) -> dict[str, Any]:
    """A FunctionConfiguration with its CodePath, as the feed has it; `source` is the text of `app.py`, or a zip."""
    content = source if isinstance(source, bytes) else zipped({"app.py": source})
    digest = hashlib.sha256(content)
    folder.mkdir(exist_ok=True)
    archive = folder / f"{digest.hexdigest()}.zip"
    archive.write_bytes(content)
    return {
        "Runtime": "python3.11",
        "Handler": "app.handler",
        "MemorySize": 128,
        "Timeout": 3,
        "CodeSha256": base64.b64encode(digest.digest()).decode(),
        "CodePath": str(archive),
        **configuration,
    }


def function(name: str, versions: dict[str, Any], **state: Any) -> Resource:
    for number, item in versions.items():
        item.update(FunctionName=name, Version=number)
    return Resource(arn_of(name), "lambda:function", ACCOUNT, REGION, {"Versions": versions, "Aliases": {}, **state})


def world_of(*resources: Resource, revision: int = 1) -> World:
    of: dict[str, dict[str, Resource]] = {}
    for resource in resources:
        of.setdefault(resource.type, {})[resource.arn] = resource
    return World(revision, of)


class Clock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Plane:
    """Functions that run `app.py` sources, and everything a test asks of them."""

    folder: Path
    logged: Logged
    clock: Clock
    functions: Functions

    async def deploy(self, source: str | bytes, name: str = "greet", **configuration: Any) -> str:
        resource = function(name, {"$LATEST": version(self.folder / "code", source, **configuration)})
        await self.functions.reconcile(world_of(resource))
        return resource.arn


MakePlane = Callable[..., Plane]


@pytest.fixture
async def make_plane(tmp_path: Path) -> AsyncIterator[MakePlane]:
    planes: list[Plane] = []

    def make(chance: Callable[[], float] | None = None, **limits: Any) -> Plane:
        logged, clock = Logged(), Clock()
        options: dict[str, Any] = {"chance": chance} if chance else {}
        limits = {"appear_seconds": 0.05, **limits}
        functions = Functions(make_context(tmp_path, logged), limits=Limits(**limits), clock=clock, **options)
        planes.append(Plane(tmp_path, logged, clock, functions))
        return planes[-1]

    yield make
    for plane in planes:
        await plane.functions.stop()


@pytest.fixture
def plane(make_plane: MakePlane) -> Plane:
    return make_plane()


@pytest.fixture(scope="session")
def kit() -> SimpleNamespace:
    """The functions of this file, for tests that make their own parts."""
    return SimpleNamespace(
        ACCOUNT=ACCOUNT,
        REGION=REGION,
        Clock=Clock,
        Logged=Logged,
        arn_of=arn_of,
        function=function,
        make_context=make_context,
        until=until,
        version=version,
        world_of=world_of,
        zipped=zipped,
    )


@pytest.fixture(scope="session")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a real control plane with the token `token`."""
    home = tmp_path_factory.mktemp("control")
    (home / "token").write_text("token")
    command = [sys.executable, "-m", "homeport.local.control", "--home", str(home)]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while not (home / "control.json").exists():
            assert process.poll() is None and time.monotonic() < deadline, (home / "log").read_text()
            time.sleep(0.05)
        yield json.loads((home / "control.json").read_text())["url"]
    finally:
        process.terminate()
        process.wait(30)


async def until(condition: Callable[[], Any], seconds: float = 20) -> None:
    """Waits for what other processes bring about."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)
