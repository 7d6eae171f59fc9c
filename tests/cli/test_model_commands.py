"""check, schema and init as they are typed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from homeport.cli import cli
from homeport.cli.local import Local
from homeport.cli.up import check_something_runs
from homeport.errors import HomeportError
from homeport.model.starter import platform_name


def run(file: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--file", str(file), *arguments], catch_exceptions=False)


def test_init_prefills_services_and_the_file_is_valid(tmp_path: Path) -> None:
    for folder, name, text in [
        ("My App", "manage.py", ""),
        ("api/web", "Procfile", "web: x\nworker: y\n"),
        ("node_modules/z", "Procfile", "web: x\n"),
        ("other/web", "Procfile", "worker: y\n"),
    ]:
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / name).write_text(text)
    file = tmp_path / "homeport.yml"
    assert "with my-app, web, web-2" in run(file, "init").stdout
    summary = run(file, "check").stdout
    assert "service   my-app: web, 2 routes" in summary
    assert "service   web: web, worker, 2 routes" in summary
    assert "service   web-2: worker\n" in summary


def test_init_without_any_code_writes_a_valid_file(tmp_path: Path) -> None:
    file = tmp_path / "homeport.yml"
    assert "next: declare a service, function or site in it" in run(file, "init").stderr
    assert run(file, "check").exit_code == 0
    with pytest.raises(HomeportError, match=r"homeport.yml: declares no service, function or site: nothing would run"):
        run(file, "up")


def test_a_database_alone_is_something_to_bring_up(tmp_path: Path) -> None:
    file = tmp_path / "homeport.yml"
    file.write_text("name: shop\ndatabases: {main: }\n")
    check_something_runs(Local(file))


def test_init_never_overwrites(tmp_path: Path) -> None:
    file = tmp_path / "homeport.yml"
    file.write_text("name: mine\n")
    with pytest.raises(HomeportError, match="is already there"):
        run(file, "init")
    assert file.read_text() == "name: mine\n"


def test_init_in_a_missing_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(HomeportError, match="is not a folder"):
        run(tmp_path / "nowhere/homeport.yml", "init")


@pytest.mark.parametrize(
    ("text", "name"),
    [("My_App", "my-app"), ("42", "platform"), ("2shop", "shop"), ("é", "platform"), ("a" * 40, "a" * 24)],
)
def test_any_folder_name_becomes_a_platform_name(text: str, name: str) -> None:
    assert platform_name(text) == name


def test_check_prints_the_platform_as_json_with_defaults(tmp_path: Path) -> None:
    file = tmp_path / "homeport.yml"
    file.write_text("name: shop\ndatabases: {main: }\n")
    document = json.loads(run(file, "check", "--json").stdout)
    assert document["databases"]["main"]["size"] == "db.t4g.micro"


def test_schema_prints_json(tmp_path: Path) -> None:
    assert json.loads(run(tmp_path / "none.yml", "schema").stdout)["title"] == "homeport.yml"
