"""What the tests of the live tree share: a small platform, and one that uses everything."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from homeport.local import account, session
from homeport.local.home import Home
from homeport.model.platform import Platform
from homeport.terraform.mirror import prepare_providers
from homeport.terraform.tool import Tool, find_tool

ACCOUNT = "210000000001"


@pytest.fixture
def shop() -> Platform:
    """Everything that Homeport can emit, once."""
    return Platform.model_validate(
        {
            "name": "shop",
            "services": {
                "web": {
                    "path": "web",
                    "release": "python manage.py migrate",
                    "processes": {
                        "web": {"command": "gunicorn --bind ${HOST}:$PORT", "scale": {"min": 2, "max": 6}},
                        "worker": {"command": "python manage.py work"},
                    },
                    "schedules": {"tidy": {"schedule": "cron(0 3 * * ? *)", "command": "python manage.py tidy"}},
                    "routes": ["ANY /shop/{proxy+}", {"route": "GET /me", "auth": True, "scopes": ["read"]}],
                    "uses": ["main", "sessions", "sold", "pictures", "users", "mail"],
                    "on": ["paid"],
                    "environment": {"GREETING": 'say "${hello}"'},
                }
            },
            "functions": {
                "quote": {"path": "quote", "routes": ["POST /quotes"], "uses": ["main"], "schedule": "rate(5 minutes)"},
                "thumb": {"path": "thumb", "on": ["sold"], "uses": ["pictures"], "timeout_seconds": 60},
            },
            "databases": {"main": {"extensions": ["pg_trgm"]}},
            "caches": {"sessions": {}},
            "topics": {"sold": {}, "paid": {"retries": 3}},
            "buckets": {"pictures": {"public_read": True}, "papers": {"expire_days": 30}},
            "sites": {"www": {"path": "www"}},
            "users": {"clients": ["desktop"], "scopes": ["read"]},
            "mail": {"sender": "Orders@Shop.example"},
            "environments": {
                "stage": {"account": ACCOUNT, "protect": False},
                "prod": {"account": "210000000002", "availability": "high"},
            },
        }
    )


@pytest.fixture(scope="session")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Tool:
    """The real terraform or tofu, with a provider. A laptop without one skips; CI fails."""
    if not (shutil.which("terraform") or shutil.which("tofu")):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("terraform is not installed")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_"))}
    found = find_tool(environment | {"CHECKPOINT_DISABLE": "1"})
    return prepare_providers(found, tmp_path_factory.mktemp("cache"), inherited=os.environ, isolated=True)


@pytest.fixture(scope="session")
def control_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The real control plane, in a process and a home of its own."""
    home = Home(tmp_path_factory.mktemp("home"))
    session.create(home)
    with (home.path / "control.log").open("wb") as log:
        command = [sys.executable, "-m", "homeport.local.control", "--home", str(home.path)]
        child = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield wait_for_url(home, child)
    finally:
        child.terminate()
        child.wait(20)


def wait_for_url(home: Home, child: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and child.poll() is None:
        if url := account.find_url(home, "control"):
            return url
        time.sleep(0.05)
    raise AssertionError((home.path / "control.log").read_text())
