"""The modules and what is rendered, as the real terraform and checkov see them."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.model.load import load_platform
from homeport.model.platform import Platform
from homeport.terraform.live import MODULES, render_live_tree, write_live_tree
from homeport.terraform.tool import Tool

pytestmark = pytest.mark.integration

EXAMPLE = Path(__file__).parents[2] / "examples" / "magicbook" / "homeport.yml"
NAMES = sorted(path.name for path in MODULES.iterdir() if path.is_dir())
NOWHERE = "http://127.0.0.1:1"
ASKS_FOR_A_PASSWORD = {"database", "service"}  # see the head of their tests
CHECKOV = "checkov==3.3.30"  # in an environment of its own: its dependencies are not ours


@pytest.fixture(scope="session")
def provider(tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """One provider for many runs of terraform, which else start it several times each, four seconds of processor time
    a time: its environment. https://developer.hashicorp.com/terraform/plugin/debugging
    """
    folder = tmp_path_factory.mktemp("provider")
    shutil.copy(MODULES / "bucket" / "versions.tf", folder)
    check(tool, folder, "init")
    (program,) = (folder / ".terraform/providers").glob("*/hashicorp/aws/*/*/terraform-provider-aws*")
    environment = {**tool.environment, "AWS_ENDPOINT_URL": NOWHERE}
    command = [program, "-debug"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as started:
        assert started.stdout
        said = next(line for line in started.stdout if "TF_REATTACH_PROVIDERS=" in line)
        yield {"TF_REATTACH_PROVIDERS": said.partition("=")[2].strip().strip("'")}
        started.terminate()


def run(tool: Tool, folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(tool.program), *arguments, "-no-color"],
        cwd=folder,
        env={**tool.environment, **environment},
        capture_output=True,
        text=True,
    )


def check(tool: Tool, folder: Path, *arguments: str, **environment: str) -> None:
    done = run(tool, folder, *arguments, **environment)
    assert done.returncode == 0, f"{' '.join(arguments)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"


def test_everything_is_formatted(tool: Tool, shop: Platform, tmp_path: Path) -> None:
    for environment in ("local", "stage", "prod"):
        write_live_tree(tmp_path, environment, render_live_tree(shop, environment))
    check(tool, MODULES, "fmt", "-check", "-recursive", "-diff")
    check(tool, tmp_path, "fmt", "-check", "-recursive", "-diff")


@pytest.mark.parametrize("name", NAMES)
def test_a_module_is_valid_and_does_what_its_tests_say(
    name: str, tool: Tool, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder = tmp_path / name
    shutil.copytree(MODULES / name, folder)
    check(tool, folder, "init", "-backend=false")
    if name in ASKS_FOR_A_PASSWORD:
        check(tool, folder, "test", AWS_ENDPOINT_URL=request.getfixturevalue("control_url"))
    else:
        check(tool, folder, "test", **request.getfixturevalue("provider"))


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
def test_the_roots_are_valid(
    stack: str, environment: str, tool: Tool, provider: dict[str, str], shop: Platform, tmp_path: Path
) -> None:
    for platform in (shop, load_platform(EXAMPLE)):
        live = tmp_path / platform.name
        write_live_tree(live, environment, render_live_tree(platform, environment, cognito_endpoint=NOWHERE))
        folder = live / environment / stack
        check(tool, folder, "init", "-backend=false")
        check(tool, folder, "validate", **provider)


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
