"""The built wheel holds all that Homeport needs where no checkout is: the HCL modules above all."""

import subprocess
import zipfile
from pathlib import Path

import pytest
from uv import find_uv_bin

ROOT = Path(__file__).parent.parent
DATA = {".tf", ".hcl", ".zip", ".sql"}


@pytest.mark.integration
def test_the_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    subprocess.run([find_uv_bin(), "build", "--wheel", "--quiet", "--out-dir", tmp_path, ROOT], check=True)
    wheel = next(tmp_path.glob("*.whl"))
    held = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "homeport", "packages"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    wanted = {file for file in tracked if Path(file).suffix in DATA | {".py"} and file.startswith("homeport/")}
    assert any(file.endswith(".tf") for file in wanted)
    assert wanted <= held
    django = {file for file in held if file.startswith("homeport/packages/homeport-django/")}
    assert {file.removeprefix("homeport/") for file in django} == {
        file for file in tracked if file.startswith("packages/") and "/tests/" not in file
    }


def test_every_dependency_states_its_reason() -> None:
    lines = (ROOT / "pyproject.toml").read_text().split("dependencies = [")[1].split("]\n\n")[0].splitlines()
    silent = [line for line in lines if line.strip().startswith('"') and "#" not in line]
    assert silent == []


def test_the_lock_has_hashes_and_names_no_registry() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert "--hash=sha256:" in lock
    assert "://" not in lock
