"""The doctor over many files, and Django's checks as real processes."""

import sys
import time
from pathlib import Path

import pytest

from homeport.doctor import checks
from homeport.doctor.examine import examine
from homeport.doctor.finding import Finding
from tests.doctor.cases import MANAGE

pytestmark = pytest.mark.integration


def test_ten_thousand_files_take_seconds(tmp_path: Path) -> None:
    (tmp_path / "manage.py").write_text(MANAGE)
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "settings.py").write_text("ALLOWED_HOSTS = ['x.herokuapp.com']\n")
    for number in range(10_000):
        folder = tmp_path / f"app{number // 100}"
        folder.mkdir(exist_ok=True)
        (folder / f"views{number}.py").write_text("from django.http import HttpResponse\n" * 20)
    start = time.perf_counter()
    found = examine(tmp_path)
    assert time.perf_counter() - start < 10  # 2 s on a busy machine with 2 cores
    assert [finding.rule for finding in found] == ["allowed-hosts"]


def run_manage(folder: Path, code: str, seconds: float = 60) -> tuple[Finding, ...]:
    (folder / "manage.py").write_text(code)
    return checks.run_checks(folder, Path(sys.executable), seconds=seconds)


def test_the_projects_checks_are_run_and_understood(tmp_path: Path) -> None:
    code = (
        "import sys\nprint(sys.argv[1:], file=sys.stderr)\nprint('WARNINGS:\\n?: (security.W004) HSTS')\nsys.exit(1)\n"
    )
    (found,) = run_manage(tmp_path, code)
    assert (found.severity, found.title) == ("warning", "security.W004: HSTS")


def test_a_check_sees_no_credentials_and_an_empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("HEROKU_API_KEY", "x")
    code = (
        "import os\nfrom pathlib import Path\n"
        "seen = [n for n in os.environ if n.startswith(('AWS_S', 'HEROKU'))] + list(Path.home().iterdir())\n"
        "print(f'?: (seen.E1) {seen}')\n"
    )
    (found,) = run_manage(tmp_path, code)
    assert found.title == "seen.E1: []"


def test_output_without_end_is_cut_off(tmp_path: Path) -> None:
    (found,) = run_manage(tmp_path, "while True:\n    print('x' * 1000)\n")
    assert "did not come to an end" in found.title


def test_a_check_that_hangs_is_stopped_with_its_children(tmp_path: Path) -> None:
    start = time.perf_counter()
    (found,) = run_manage(tmp_path, "import subprocess\nsubprocess.run(['sleep', '60'])\n", seconds=0.5)
    assert "did not come to an end" in found.title and time.perf_counter() - start < 10
