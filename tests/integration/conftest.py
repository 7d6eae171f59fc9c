"""What the stories share: the whole example, brought up once with the real tools, and taken down at the end."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from homeport.local import aws

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "magicbook"
UP_TIMEOUT_SECONDS = 420


def need(tool: str) -> None:
    """Skip on a laptop, fail in CI, if a tool is missing."""
    if shutil.which(tool) is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{tool} is not installed")


def homeport(
    *arguments: str, home: Path, file: Path, timeout: float = UP_TIMEOUT_SECONDS
) -> subprocess.CompletedProcess[str]:
    """Run the real command line, as a user would, with its home in a folder of the test's."""
    return subprocess.run(
        [sys.executable, "-m", "homeport", "--file", str(file), *arguments],
        env={**os.environ, "HOMEPORT_HOME": str(home), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=timeout,
    )


@dataclass(frozen=True)
class Running:
    """The example as it runs: addresses, the home on disk, the demo user."""

    file: Path
    root: Path
    status: dict[str, Any]

    @property
    def api_url(self) -> str:
        return str(self.status["api"])

    @property
    def site_url(self) -> str:
        return str(self.status["sites"]["www"])

    @property
    def home(self) -> Path:
        return Path(self.status["home"])

    @property
    def demo(self) -> tuple[str, str]:
        return str(self.status["demo"]["email"]), str(self.status["demo"]["password"])

    def homeport(self, *arguments: str, timeout: float = UP_TIMEOUT_SECONDS) -> subprocess.CompletedProcess[str]:
        return homeport(*arguments, home=self.root, file=self.file, timeout=timeout)

    def aws(self, service: str) -> Any:
        """boto3 client in the example's local account."""
        url = json.loads((self.home / "control.json").read_text())["url"]
        return aws.client(service, url, "100000000001", "eu-west-1")

    def token(self) -> str:
        done = self.homeport("token")
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def read_running(file: Path, root: Path) -> Running:
    done = homeport("status", "--json", home=root, file=file)
    assert done.returncode == 0, done.stderr
    return Running(file, root, json.loads(done.stdout))


@pytest.fixture(scope="session")
def home_root() -> Iterator[Path]:
    """A folder that PostgreSQL's unprivileged user can reach, unlike pytest's own."""
    root = Path(tempfile.mkdtemp(prefix="homeport-test-"))
    root.chmod(0o755)
    yield root
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def running(home_root: Path) -> Iterator[Running]:
    """`homeport up --detach` on the whole example, once for all stories of a run."""
    if not (shutil.which("terraform") or shutil.which("tofu")):
        need("terraform")
    file = EXAMPLE / "homeport.yml"
    done = homeport("up", "--detach", home=home_root, file=file)
    try:
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        yield read_running(file, home_root)
    finally:
        homeport("down", home=home_root, file=file)
