"""Bad days of a deploy: it fails with clear words, the old release goes on answering, and the mended code comes up.

The platform is brought up once, at first with a service that cannot start; then its code is changed and deployed again.
"""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.integration.conftest import homeport, need, read_running
from tests.integration.test_interrupted import processes_of

pytestmark = pytest.mark.integration

PLATFORM = """\
name: shop
python: "3.11"

services:
  shop:
    path: code
    health: {path: /healthz, interval_seconds: 5, timeout_seconds: 2, grace_seconds: 2}
    processes:
      web: {stop_timeout_seconds: 3}
    routes: [GET /]

environments:
  local: {}
"""
PROCFILE = "release: python release.py\nweb: python server.py\n"
SERVER = """\
import os, signal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/" else HEALTH)
        self.end_headers()
        self.wfile.write(TEXT)

if DEAF:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Shop).serve_forever()
"""
CANNOT_START = 'raise SystemExit("the shop has no settings")\n'
FAILING_MIGRATION = """\
def migrate():
    raise ValueError("column price is of type text")

print("migrating prices")
migrate()
"""
VERDICT_SECONDS = 30  # a crash loop must not take longer to be told


def server(text: str, *, health: int = 200, deaf: bool = False) -> str:
    return f"TEXT, HEALTH, DEAF = {text.encode()!r}, {health}, {deaf}\n{SERVER}"


@dataclass
class Shop:
    """A platform of one service, and what came of `up` so far."""

    file: Path
    home: Path
    first: subprocess.CompletedProcess[str] | None = field(default=None)
    runs: str = ""  # what it answers

    @property
    def code(self) -> Path:
        return self.file.parent / "code"

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.code / f"{name}.py").write_text(text)

    def homeport(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return homeport(*arguments, home=self.home, file=self.file, timeout=240)

    def up(self) -> subprocess.CompletedProcess[str]:
        return self.homeport("up", "--detach")

    def fails(self) -> str:
        """What stderr says of an `up` that could not."""
        return said_by_failure(self.up())

    def comes_up(self, text: str) -> None:
        """The mended code is deployed and answers."""
        done = self.up()
        assert done.returncode == 0, done.stderr
        assert self.answer() == text
        self.runs = text

    def answer(self) -> str:
        return httpx.get(read_running(self.file, self.home).api_url, trust_env=False, timeout=35).text

    def current(self) -> tuple[str, int]:
        """Task definition of the service, and how many tasks of it run."""
        ecs = read_running(self.file, self.home).aws("ecs")
        cluster = ecs.list_clusters()["clusterArns"][0]
        names = ecs.list_services(cluster=cluster)["serviceArns"]
        service = ecs.describe_services(cluster=cluster, services=names)["services"][0]
        return str(service["taskDefinition"]), int(service["runningCount"])


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    need("terraform")
    root = Path(tempfile.mkdtemp(prefix="homeport-failing-"))
    root.chmod(0o755)
    shop = Shop(root / "shop" / "homeport.yml", root / "home")
    shop.code.mkdir(parents=True)
    shop.file.write_text(PLATFORM)
    (shop.code / "Procfile").write_text(PROCFILE)
    try:
        shop.write(release="", server=CANNOT_START)
        shop.first = shop.up()
        shop.write(server=server("as it was"))
        shop.comes_up("as it was")
        yield shop
    finally:
        shop.homeport("down")
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(autouse=True)
def mended(shop: Shop) -> Iterator[None]:
    """Whatever a test breaks, the next one begins with the code that runs."""
    yield
    (shop.code / "requirements.txt").unlink(missing_ok=True)
    shop.file.write_text(PLATFORM)
    shop.write(release="", server=server(shop.runs))


def said_by_failure(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1, f"{done.stdout}\n{done.stderr}"
    assert "homeport/cli/" not in done.stderr, "a traceback of ours"
    return done.stderr


def took(work: Callable[[], object]) -> float:
    start = time.monotonic()
    work()
    return time.monotonic() - start


def test_a_first_release_that_exits_at_start_is_told_with_its_exit_code(shop: Shop) -> None:
    assert shop.first is not None
    said = said_by_failure(shop.first)
    assert "shop: web does not run" in said
    assert "Essential container in task exited (web exited with code 1)" in said
    assert "homeport logs shop" in said
    assert "unreleased" not in said.partition("error:")[2], "what ECS went back to is not the cause"


def test_logs_say_why_it_exited(shop: Shop) -> None:
    assert "the shop has no settings" in shop.homeport("logs", "shop").stdout


def test_a_release_that_exits_at_start_leaves_the_old_one_running(shop: Shop) -> None:
    before, _ = shop.current()
    shop.write(server=CANNOT_START)
    said: list[str] = []
    assert took(lambda: said.append(shop.fails())) < VERDICT_SECONDS
    assert "web exited with code 1" in said[0]
    assert "ECS went back to" in said[0]
    assert shop.answer() == shop.runs
    assert shop.current() == (before, 1)
    shop.write(server=server("mended after it exited"))
    shop.comes_up("mended after it exited")


def test_a_release_that_never_becomes_healthy_leaves_the_old_one_running(shop: Shop) -> None:
    shop.write(server=server("sick", health=500))
    said = shop.fails()
    assert "Task failed ELB health checks" in said
    assert "[500]" in said
    assert shop.answer() == shop.runs
    shop.write(server=server("mended after it was sick"))
    shop.comes_up("mended after it was sick")


def test_a_release_whose_migration_fails_is_not_made_current(shop: Shop) -> None:
    before = shop.current()
    shop.write(server=server("with new prices"), release=FAILING_MIGRATION)
    said = shop.fails()
    assert "the release phase ended with exit code 1; the old release stays current" in said
    assert "ValueError: column price is of type text" in said and "migrating prices" in said
    assert shop.answer() == shop.runs
    assert shop.current() == before
    shop.write(release="print('migrated')")
    shop.comes_up("with new prices")


def test_requirements_that_do_not_resolve_are_told_in_uv_s_words(shop: Shop) -> None:
    (shop.code / "requirements.txt").write_text("anyio>=4\nanyio<4\n")
    said = shop.fails()
    assert str(shop.code) in said
    assert "anyio" in said and "unsatisfiable" in said
    assert shop.answer() == shop.runs
    (shop.code / "requirements.txt").write_text("")
    shop.comes_up(shop.runs)


def test_a_missing_folder_is_found_with_its_line_before_anything_is_done(shop: Shop) -> None:
    shop.file.write_text(PLATFORM.replace("path: code", "path: kode"))
    line = PLATFORM[: PLATFORM.index("path: code")].count("\n") + 1
    for command in (["check"], ["up", "--detach"]):
        said = said_by_failure(shop.homeport(*command))
        assert f"homeport.yml:{line}: services.shop.path:" in said and "kode" in said
        assert "starting" not in said
    shop.file.write_text(PLATFORM)
    assert shop.homeport("check").returncode == 0


def test_a_service_that_ignores_sigterm_is_replaced_and_stopped_all_the_same(shop: Shop) -> None:
    shop.write(server=server("deaf", deaf=True))
    shop.comes_up("deaf")
    shop.write(server=server("deaf too", deaf=True))
    shop.comes_up("deaf too")
    assert took(lambda: shop.homeport("down")) < 20
    assert processes_of(shop.home) == []
    shop.write(server=server("as it was"))
    shop.comes_up("as it was")
