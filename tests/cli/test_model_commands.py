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
    answer = json.loads(run(file, "check", "--json").stdout)
    assert answer["platform"]["databases"]["main"]["size"] == "db.t4g.micro"
    assert (answer["valid"], answer["problems"], answer["warnings"]) == (True, [], [])


def test_check_prints_mistakes_as_json_too(tmp_path: Path) -> None:
    file = tmp_path / "homeport.yml"
    file.write_text("name: shop\nregoin: x\ndatabases: {main: {storage_gb: five}}\n")
    result = run(file, "check", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "valid": False,
        "problems": [
            {"file": str(file), "line": 2, "path": "regoin", "message": "unknown key (did you mean 'region'?)"},
            {
                "file": str(file),
                "line": 3,
                "path": "databases.main.storage_gb",
                "message": "'five' is not a whole number",
            },
        ],
        "warnings": [],
    }


@pytest.mark.parametrize(
    ("text", "line", "said"), [("name: [\n", 2, "is not YAML"), ("", None, "is empty"), ("- a\n", 1, "a list stands")]
)
def test_check_prints_as_json_why_a_file_cannot_be_read(tmp_path: Path, text: str, line: int | None, said: str) -> None:
    file = tmp_path / "homeport.yml"
    file.write_text(text)
    result = run(file, "check", "--json")
    problem = json.loads(result.stdout)["problems"][0]
    assert (result.exit_code, problem["line"], problem["path"]) == (1, line, "")
    assert problem["message"].startswith(said)


def test_check_warns_of_a_function_that_its_routes_do_not_wait_for(tmp_path: Path) -> None:
    file = tmp_path / "homeport.yml"
    (tmp_path / "main.py").touch()
    function = "name: shop\ntopics: {t: }\nfunctions:\n  quote:\n    path: .\n    routes: [GET /a]\n"
    file.write_text(function + "    timeout_seconds: 60\n")
    result = run(file, "check")
    assert result.exit_code == 0 and "shop is valid" in result.stdout
    path = "functions.quote.timeout_seconds"
    assert f"warning: {file}:7: {path}: 60 is more than the 30 s that a route waits" in result.stderr
    assert json.loads(run(file, "check", "--json").stdout)["warnings"][0]["path"] == path
    for fine in ("    timeout_seconds: 30\n", "    timeout_seconds: 60\n    on: [t]\n"):
        file.write_text(function + fine)
        assert run(file, "check").stderr == ""


def test_check_warns_at_the_override_of_the_one_environment_that_is_hardly_meant(tmp_path: Path) -> None:
    file = tmp_path / "homeport.yml"
    (tmp_path / "main.py").touch()
    override = "environments:\n  p:\n    account: 210000000001\n    functions:\n      f: {timeout_seconds: 31}\n"
    file.write_text("name: shop\nfunctions: {f: {path: ., routes: [GET /a]}}\n" + override)
    said = run(file, "check").stderr
    assert said.count("warning:") == 1 and f"{file}:7: environments.p.functions.f.timeout_seconds: 31" in said


def test_init_and_down_print_their_answer_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEPORT_HOME", str(tmp_path / "home"))
    file = tmp_path / "homeport.yml"
    assert json.loads(run(file, "init", "--json").stdout) == {"file": str(file), "services": []}
    assert json.loads(run(file, "down", "--json").stdout) == {"stopped": False, "deleted": None}


def test_schema_prints_json(tmp_path: Path) -> None:
    assert json.loads(run(tmp_path / "none.yml", "schema").stdout)["title"] == "homeport.yml"
