"""An import that cannot write, in a process of its own: files are whole or as they were, and the error names one."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

IMPORT = """
import resource, sys
from pathlib import Path
from homeport.cli.failure import errors_in_words
from homeport.cli.import_plan import Wanted, plan_import
from homeport.cli.import_team import finish
from homeport.heroku.memory import Scope
from tests.heroku.convert.team import team

file, secrets, most = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
plan = plan_import(file, secrets, Wanted(team(), Scope(live=True)))
if most:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
with errors_in_words():
    finish(file, plan)
"""


def import_team(file: Path, secrets: Path, bytes_most: int = 0) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, "-c", IMPORT, str(file), str(secrets), str(bytes_most)]
    return subprocess.run(arguments, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)


@pytest.mark.parametrize("bytes_most", [2_000, 20_000])
def test_what_does_not_fit_is_named_and_the_old_files_stay(tmp_path: Path, bytes_most: int) -> None:
    file, secrets = tmp_path / "repository" / "homeport.yml", tmp_path / "config" / "config.json"
    file.parent.mkdir()
    file.write_text("name: ours\n")
    stopped = import_team(file, secrets, bytes_most)
    assert stopped.returncode == 1
    assert "cannot be written: File too large" in stopped.stderr and "Traceback" not in stopped.stderr
    assert file.read_text() == "name: ours\n"
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.name.startswith(".")]


def test_the_next_import_finishes_what_was_stopped(tmp_path: Path) -> None:
    file, secrets = tmp_path / "homeport.yml", tmp_path / "config" / "config.json"
    import_team(file, secrets, 2_000)
    assert import_team(file, secrets).returncode == 0
    assert "nothing changed since the last import" in import_team(file, secrets).stdout
