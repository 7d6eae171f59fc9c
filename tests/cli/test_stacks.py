"""`homeport plan`, `apply`, `destroy`: what is refused before anything is looked at or changed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from homeport.cli import cli
from homeport.cli.stacks import Shown, _answer, _show
from homeport.errors import HomeportError
from homeport.terraform.differences import read_differences

SHOP = """
name: shop
databases: {main: {}}
buckets: {papers: {}}
users: {}
environments:
  prod: {account: "210000000002"}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOMEPORT_HOME", str(tmp_path / "home"))
    (tmp_path / "homeport.yml").write_text(SHOP)
    return tmp_path / "homeport.yml"


def homeport(file: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--file", str(file), *arguments], standalone_mode=False)


def refusal(file: Path, *arguments: str) -> HomeportError:
    error = homeport(file, *arguments).exception
    assert isinstance(error, HomeportError), error
    return error


def test_everything_that_holds_data_has_to_be_named_before_it_is_destroyed(file: Path) -> None:
    error = refusal(file, "destroy", "prod", "--yes", "--confirm", "main")
    assert error.message == "prod: papers, users would be destroyed with all data in it"
    assert error.hint.endswith("--confirm papers --confirm users")
    assert not (file.parent / "live").exists()


def test_a_misspelt_confirmation_is_told(file: Path) -> None:
    assert refusal(file, "destroy", "prod", "--confirm", "mian").message.startswith("--confirm mian: holds no data")


@pytest.mark.parametrize("command", ["plan", "apply", "destroy"])
def test_local_has_to_run(file: Path, command: str) -> None:
    error = refusal(file, command, "local")
    assert (error.message, error.hint) == ("local: this machine's account is not running", "start it: homeport up")


@pytest.mark.parametrize("command", ["plan", "apply", "destroy"])
def test_an_environment_has_to_be_declared(file: Path, command: str) -> None:
    assert "environment stage: is not declared" in refusal(file, command, "stage").message


def test_an_output_that_changes_is_shown_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    change = {"actions": ["update"], "before": {"shelf": {"port": 1}}, "after": {"shelf": {"port": 2}}}
    shown = Shown("foundation", None, read_differences({"output_changes": {"caches": change}}))
    _show(shown, hidden=False)
    assert capsys.readouterr().out.splitlines() == [
        "foundation: 1 output to change",
        "  ~ output.caches",
        "      shelf.port: 1 → 2",
    ]
    _answer([shown], as_json=True)
    (stack,) = json.loads(capsys.readouterr().out)["stacks"]
    assert [(one["type"], one["address"]) for one in stack["changes"]] == [("output", "output.caches")]


def test_a_stack_that_there_is_not_is_wrong_usage(file: Path) -> None:
    error = homeport(file, "plan", "prod", "--stack", "organization").exception
    assert "is not one of 'foundation', 'apps'" in str(error)
