"""The modules and what is rendered, as the real terraform and checkov see them."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from homeport.model.load import load_platform
from homeport.model.platform import Platform
from homeport.terraform.live import MODULES, render_live_tree, write_live_tree
from homeport.terraform.tool import Tool
from tests.provider import one_provider

pytestmark = pytest.mark.integration

EXAMPLE = Path(__file__).parents[2] / "examples" / "magicbook" / "homeport.yml"
NAMES = sorted(path.name for path in MODULES.iterdir() if path.is_dir())
NOWHERE = "http://127.0.0.1:1"
ASKS_FOR_A_PASSWORD = {"database", "service"}  # see the head of their tests
CHECKOV = "checkov==3.3.30"  # in an environment of its own: its dependencies are not ours


@pytest.fixture(scope="session")
def alone(tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    """Nobody answers its provider."""
    tool = replace(tool, environment={**tool.environment, "AWS_ENDPOINT_URL": NOWHERE})
    with one_provider(tool, tmp_path_factory.mktemp("provider")) as alone:
        yield alone


@pytest.fixture(scope="session")
def asking(tool: Tool, control_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    """The control plane answers its provider."""
    tool = replace(tool, environment={**tool.environment, "AWS_ENDPOINT_URL": control_url})
    with one_provider(tool, tmp_path_factory.mktemp("provider")) as asking:
        yield asking


def run(tool: Tool, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(tool.program), *arguments, "-no-color"],
        cwd=folder,
        env=dict(tool.environment),
        capture_output=True,
        text=True,
    )


def check(tool: Tool, folder: Path, *arguments: str) -> None:
    done = run(tool, folder, *arguments)
    assert done.returncode == 0, f"{' '.join(arguments)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"


def test_everything_is_formatted(tool: Tool, shop: Platform, tmp_path: Path) -> None:
    for environment in ("local", "stage", "prod"):
        write_live_tree(tmp_path, environment, render_live_tree(shop, environment))
    check(tool, MODULES, "fmt", "-check", "-recursive", "-diff")
    check(tool, tmp_path, "fmt", "-check", "-recursive", "-diff")


@pytest.mark.parametrize("name", NAMES)
def test_a_module_is_valid_and_does_what_its_tests_say(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder = tmp_path / name
    shutil.copytree(MODULES / name, folder)
    tool = request.getfixturevalue("asking" if name in ASKS_FOR_A_PASSWORD else "alone")
    check(tool, folder, "init", "-backend=false")
    check(tool, folder, "test")


@pytest.mark.parametrize("name", NAMES)
def test_a_module_has_all_its_files_and_a_dozen_variables_at_most(name: str) -> None:
    folder = MODULES / name
    present = {path.name for path in folder.iterdir()}
    assert {"main.tf", "variables.tf", "outputs.tf", "versions.tf", "README.md", "tests"} <= present
    variables = (folder / "variables.tf").read_text()
    assert variables.count("\nvariable ") + variables.startswith("variable ") <= 12
    assert variables.count("  description = ") >= variables.count("\nvariable ")
    main = (folder / "main.tf").read_text()
    assert 'provider "' not in main and 'module "' not in main


@pytest.mark.parametrize("stack", ["foundation", "apps"])
@pytest.mark.parametrize("environment", ["local", "prod"])
def test_the_roots_are_valid(stack: str, environment: str, alone: Tool, shop: Platform, tmp_path: Path) -> None:
    for platform in (shop, load_platform(EXAMPLE)):
        live = tmp_path / platform.name
        write_live_tree(live, environment, render_live_tree(platform, environment, cognito_endpoint=NOWHERE))
        folder = live / environment / stack
        check(alone, folder, "init", "-backend=false")
        check(alone, folder, "validate")


@pytest.fixture
def checked(shop: Platform, tmp_path: Path) -> Iterator[Path]:
    for platform in (shop, load_platform(EXAMPLE)):
        for environment in ("local", "stage", "prod"):
            write_live_tree(tmp_path / platform.name, environment, render_live_tree(platform, environment))
    yield tmp_path


def test_checkov_finds_nothing_without_a_written_reason(checked: Path) -> None:
    uv = shutil.which("uv") or str(Path(sys.executable).parent / "uv")
    done = subprocess.run(
        [uv, "tool", "run", "--python", "3.11", CHECKOV, "--directory", str(checked), "--framework", "terraform"]
        + ["--compact", "--quiet", "--skip-download", "--output", "json"],
        capture_output=True,
        text=True,
    )
    assert done.stdout, done.stderr[-2000:]
    report = json.loads(done.stdout)
    failed = report["results"]["failed_checks"]
    assert [f"{f['check_id']} {f['file_path']} {f['resource']}" for f in failed] == []
    assert report["summary"]["passed"] > 500
    written = "".join(path.read_text() for path in checked.rglob("*.tf"))
    exceptions = re.findall(r"checkov:skip=\w+(.*)", written)
    assert exceptions and all(len(reason) > 10 for reason in exceptions)
