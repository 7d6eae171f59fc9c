"""The example's own tests, run with its own requirements: in SQLite, in PostgreSQL, and against a control plane."""

import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "magicbook"
PACKAGE = ROOT / "packages" / "homeport-django"
SERVICES = sorted(path.name for path in (EXAMPLE / "services").iterdir())
FUNCTIONS = sorted(path.name for path in (EXAMPLE / "functions").iterdir())
TEST_SECONDS = 120
DJANGO = ["-m", "django", "test", "--settings=tests.settings"]


def run_tests(python: Path, folder: Path, *arguments: str, env: dict[str, str]) -> None:
    """Each test passes, none is skipped, no warning is given."""
    command = [str(python), "-W", "error", *arguments]
    options: dict[str, Any] = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
        "start_new_session": True,
    }
    with subprocess.Popen(command, cwd=folder, env=env, **options) as process:
        try:
            output, report = process.communicate(timeout=TEST_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # with the workers that the tests started
            output, report = process.communicate()
    assert process.returncode == 0, output + report
    assert int(re.search(r"Ran (\d+) tests?", report)[1]) > 0  # type: ignore[index]
    assert "skipped" not in report and "Traceback" not in report, report


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_passes_its_tests_on_a_laptop_without_anything(
    python: Path, laptop: dict[str, str], name: str
) -> None:
    run_tests(python, EXAMPLE / "services" / name, "manage.py", "test", env=laptop)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_passes_its_tests_with_postgresql(
    python: Path, laptop: dict[str, str], postgres_url: str, name: str
) -> None:
    run_tests(python, EXAMPLE / "services" / name, "manage.py", "test", env={**laptop, "DATABASE_URL": postgres_url})


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_passes_its_tests(python: Path, laptop: dict[str, str], aws: dict[str, str], name: str) -> None:
    run_tests(python, EXAMPLE / "functions" / name, "-m", "unittest", env={**laptop, **aws})


def test_homeport_django_passes_its_tests(python: Path, laptop: dict[str, str], aws: dict[str, str]) -> None:
    run_tests(python, PACKAGE, *DJANGO, env={**laptop, **aws})


def test_the_outbox_works_with_postgresql(
    python: Path, laptop: dict[str, str], aws: dict[str, str], postgres_url: str
) -> None:
    run_tests(python, PACKAGE, *DJANGO, "tests.test_messages", env={**laptop, **aws, "DATABASE_URL": postgres_url})


@pytest.mark.parametrize("name", SERVICES)
def test_no_migration_is_missing(python: Path, laptop: dict[str, str], name: str) -> None:
    check = [str(python), "manage.py", "makemigrations", "--check", "--dry-run"]
    done = subprocess.run(
        check, cwd=EXAMPLE / "services" / name, env=laptop, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
