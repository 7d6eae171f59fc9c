"""Runtimes → interpreters, ours and others', and who may speak to the Runtime API."""

import json
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from homeport.errors import HomeportError
from homeport.local.data.functions.interpreter import OWN_VERSION, prepare
from homeport.local.data.functions.runtime_api import Invocation, RuntimeApi

SOURCE = """
import sys, runtime_client
def handler(event, context):
    if event.get("fail"):
        raise KeyError("as asked")
    return [sys.version_info[:2], runtime_client.__file__, event, context.get_remaining_time_in_millis() > 0]
"""


def other_version() -> str:
    """A version of Python on this machine that awslambdaric's C extension here is not made for."""
    found = [Path(p).name for p in (Path.home() / ".pyenv" / "versions").glob("3.1[2-9]*")]
    versions = [name.rpartition(".")[0] for name in found]
    versions += [f"3.{minor}" for minor in range(12, 20) if shutil.which(f"python3.{minor}")]
    versions = [version for version in versions if version != OWN_VERSION]
    if not versions:
        pytest.skip("this machine has one version of Python only")
    return versions[0]


async def test_another_version_of_python_speaks_through_our_pure_client(plane) -> None:
    version = other_version()
    arn = await plane.deploy(SOURCE, Runtime=f"python{version}")
    for number in range(2):
        payload = json.dumps({"n": number}).encode()
        result = await plane.functions.invoke(arn, None, payload)
        assert result.function_error is None, result.payload
        answer = json.loads(result.payload)
        assert ".".join(map(str, answer[0])) == version
        assert answer[1].endswith("/runtime_client.py")
        assert answer[2:] == [{"n": number}, True]
    failed = await plane.functions.invoke(arn, None, b'{"fail": 1}')
    assert failed.function_error == "Unhandled"
    assert json.loads(failed.payload)["errorType"] == "KeyError"
    assert plane.functions.live()[0].detail.count("not on this machine") == 0


def test_an_environment_is_made_anew_over_an_old_one(tmp_path: Path) -> None:
    runtime = f"python{OWN_VERSION}"
    first = prepare(runtime, tmp_path)
    (tmp_path / runtime / "lib" / "rubbish").touch()
    assert prepare(runtime, tmp_path) == first
    assert not (tmp_path / runtime / "lib" / "rubbish").exists()
    assert [path.name for path in tmp_path.iterdir()] == [runtime]
    assert os.access(first.python, os.X_OK)


@pytest.mark.parametrize("runtime", ["nodejs20.x", "provided.al2023", "python", "pythonx", "", "python3.11; rm"])
def test_what_is_not_python_is_refused(runtime: str, tmp_path: Path) -> None:
    with pytest.raises(HomeportError):
        prepare(runtime, tmp_path)


class Session:
    """A worker that hands out one invocation and remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    async def next(self) -> Invocation:
        return Invocation("id-1", "arn:f:live", b'{"a": 1}', "Root=1", 12345)

    def answered(self, request_id: str, payload: bytes, *, is_error: bool) -> bool:
        self.told.append((request_id, payload, is_error))
        return request_id == "id-1"

    def answered_too_much(self, request_id: str) -> None:
        self.told.append(request_id)

    def failed_to_start(self, payload: bytes) -> None:
        self.told.append(payload)


@pytest.fixture
async def api() -> AsyncIterator[tuple[Session, str, aiohttp.ClientSession]]:
    session = Session()
    api = RuntimeApi(session)
    await api.start()
    async with aiohttp.ClientSession() as http:
        yield session, f"http://{api.address}/2018-06-01/runtime", http
    await api.stop()


async def test_next_describes_the_invocation_in_headers(api) -> None:
    _, url, http = api
    async with http.get(f"{url}/invocation/next") as response:
        assert await response.json() == {"a": 1}
        assert response.headers["Lambda-Runtime-Aws-Request-Id"] == "id-1"
        assert response.headers["Lambda-Runtime-Invoked-Function-Arn"] == "arn:f:live"
        assert response.headers["Lambda-Runtime-Deadline-Ms"] == "12345"
        assert response.headers["Lambda-Runtime-Trace-Id"] == "Root=1"


async def test_answers_of_other_invocations_are_refused(api) -> None:
    session, url, http = api
    for request_id, status in (("id-1", 202), ("id-2", 400)):
        async with http.post(f"{url}/invocation/{request_id}/response", data=b"1") as response:
            assert response.status == status
    async with http.post(f"{url}/invocation/id-1/error", data=b"2") as response:
        assert response.status == 202
    assert session.told == [("id-1", b"1", False), ("id-2", b"1", False), ("id-1", b"2", True)]
    async with http.post(f"{url}/unheard/of") as response:
        assert response.status == 404


async def test_a_page_in_a_browser_of_this_machine_gets_nothing(api) -> None:
    session, url, http = api
    for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}):
        async with http.get(f"{url}/invocation/next", headers=headers) as response:
            assert response.status == 403
        async with http.post(f"{url}/invocation/id-1/response", headers=headers) as response:
            assert response.status == 403
    assert session.told == []
