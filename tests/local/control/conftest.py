"""A control plane in a process of its own, spoken to by real boto3 over HTTP."""

import io
import json
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from homeport.local import aws
from homeport.local.account import NO_TLS
from homeport.local.home import Home

ACCOUNT, REGION = "100000000001", "eu-west-1"
TOKEN = "token-of-a-test"


class Account:
    """One home and the control plane that serves it; it may be killed and started again."""

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.home = Home(path)
        self.home.token.write_text(TOKEN)
        self.log = path / "control.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self) -> None:
        self.home.control.unlink(missing_ok=True)
        command = [sys.executable, "-m", "homeport.local.control", "--home", str(self.home.path)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(lambda: self.home.control.exists() or self._process.poll() is not None, 60)
        assert self.home.control.exists(), self.log.read_text()
        self.url = json.loads(self.home.control.read_text())["url"]

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def run(self) -> subprocess.CompletedProcess[str]:
        """Start expecting that it refuses to."""
        command = [sys.executable, "-m", "homeport.local.control", "--home", str(self.home.path)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def client(self, service: str, account: str = ACCOUNT, region: str = REGION) -> Any:
        return aws.client(service, self.url, account, region)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {TOKEN}"} | options.pop("headers", {})
        url = f"{self.url}/_homeport/{path}"
        return httpx.request(method, url, headers=headers, timeout=40, trust_env=False, verify=NO_TLS, **options)

    def feed(self, type_: str | None = None, after: int = 0) -> list[dict[str, Any]]:
        resources = self.request("GET", f"feed?after={after}").json()["resources"]
        return [resource for resource in resources if type_ in (None, resource["type"])]

    def feed_until(self, type_: str, is_there: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """Resources of a type once the feed shows what is waited for."""
        wait_until(lambda: is_there(self.feed(type_)), 10)
        return self.feed(type_)

    def observe(self, type_: str, arn: str, **state: Any) -> None:
        observation = {"arn": arn, "type": type_, "account": ACCOUNT, "region": REGION, "state": state}
        self.request("POST", "observed", json=[observation]).raise_for_status()

    def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(30)
        self._process = None
        return code

    def __enter__(self) -> "Account":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.kill()


def wait_until(is_true: Callable[[], bool], timeout_seconds: float) -> None:
    deadline = time.monotonic() + timeout_seconds
    while not is_true():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)


def make_function(account: Account, name: str, source: bytes = b"def handler(event, context): return event") -> str:
    """ARN of a new function."""
    iam = account.client("iam")
    if "runs" not in {role["RoleName"] for role in iam.list_roles()["Roles"]}:
        iam.create_role(RoleName="runs", AssumeRolePolicyDocument="{}")
    arn: str = account.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Handler="h.handler",
        Role=f"arn:aws:iam::{ACCOUNT}:role/runs",
        Code={"ZipFile": zip_of("h.py", source)},
    )["FunctionArn"]
    return arn


def zip_of(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """A running control plane that tests share; each makes things of its own names."""
    with Account(tmp_path_factory.mktemp("shared")) as running:
        yield running


@pytest.fixture
def own_account(tmp_path: Path) -> Iterator[Account]:
    """A running control plane for one test, which may kill it."""
    with Account(tmp_path / "home") as running:
        yield running


def find(account: Account, type_: str, arn: str) -> dict[str, Any]:
    """State of one resource in the feed, when it is there."""
    resources = account.feed_until(type_, lambda found: any(r["arn"] == arn for r in found))
    resource = next(r for r in resources if r["arn"] == arn)
    assert (resource["account"], resource["type"]) == (ACCOUNT, type_)
    state: dict[str, Any] = resource["state"]
    return state
