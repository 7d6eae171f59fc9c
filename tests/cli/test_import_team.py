"""What `homeport import` writes, merges and says."""

import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from homeport.cli.config_values import secrets_file
from homeport.cli.import_files import check_writable, merge_values, write
from homeport.cli.import_plan import Wanted, plan_import
from homeport.cli.import_team import ask_jobs, examine_checkouts, finish, import_, summary
from homeport.errors import HomeportError
from homeport.heroku.memory import Scope
from homeport.heroku.records import AddOn, Inventory, Process
from homeport.heroku.report import Finding
from homeport.model.load import load_platform, parse_platform
from tests.heroku.convert.team import EMOJI, secret_values, team

WHOLE = Scope(live=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "repository").mkdir()
    return tmp_path / "repository" / "homeport.yml"


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    return tmp_path / "config" / "homeport" / "shop" / "config.json"


def import_team(file: Path, secrets: Path, inventory: Inventory | None = None) -> list[str]:
    """One import; what it says."""
    plan = plan_import(file, secrets, Wanted(inventory or team(), WHOLE))
    return summary(plan.prepared, plan.report, write(plan.prepared))


def texts(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_text()


def test_it_writes_a_platform_that_check_accepts_with_usage_and_report(file: Path, secrets: Path) -> None:
    said = "\n".join(import_team(file, secrets))
    assert set(load_platform(file).services) == {"api", "blog", "reports", "shop"}
    assert (file.parent / "homeport.usage.yml").is_file()
    assert (file.parent / "import-report.md").read_text().startswith("# Import of acme-books")
    assert "`homeport check`" in said and "review apps" in said


def test_values_are_in_one_file_that_nobody_else_may_read(file: Path, secrets: Path) -> None:
    said = import_team(file, secrets)
    for text in ["\n".join(said), *texts(file.parent)]:
        assert not [value for value in secret_values() if value in text]
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    assert stat.S_IMODE(secrets.parent.stat().st_mode) == 0o700
    assert json.loads(secrets.read_text())["config"]["prod"]["shop"]["EMOJI"] == EMOJI


def test_importing_twice_changes_nothing(file: Path, secrets: Path) -> None:
    import_team(file, secrets)
    before = {path: path.read_bytes() for path in file.parent.rglob("*") if path.is_file()}
    said = import_team(file, secrets)
    assert {path: path.read_bytes() for path in file.parent.rglob("*") if path.is_file()} == before
    assert "nothing changed since the last import" in said


def test_importing_later_keeps_what_was_edited_and_shows_both(file: Path, secrets: Path) -> None:
    import_team(file, secrets)
    text = file.read_text()
    text = text.replace('account: "000000000001"', 'account: "210000000002"')
    file.write_text(text.replace("scale: {min: 2, max: 6}", "scale: {min: 3, max: 6}"))
    said = "\n".join(import_team(file, secrets, _grown()))
    platform = load_platform(file).in_environment("prod")
    assert platform.environments["prod"].account == "210000000002"
    assert platform.services["shop"].processes["worker"].scale.min == 5
    assert platform.services["api"].processes["web"].scale.min == 3
    assert "changed after Heroku:" in said and "scale.max: 2 → 5" in said


def test_a_conflict_keeps_the_persons_value_and_says_so(file: Path, secrets: Path) -> None:
    import_team(file, secrets)
    file.write_text(file.read_text().replace("scale: {min: 2, max: 2}", "scale: {min: 7, max: 7}"))
    said = "\n".join(import_team(file, secrets, _grown()))
    assert load_platform(file).in_environment("prod").services["shop"].processes["worker"].scale.min == 7
    assert "kept as you have it:" in said and "yours is 7; Heroku says 5" in said


def test_an_import_killed_before_its_last_file_is_simply_done_again(file: Path, secrets: Path) -> None:
    import_team(file, secrets)
    file.write_text(file.read_text().replace('account: "000000000001"', 'account: "210000000002"'))
    prepared = plan_import(file, secrets, Wanted(_grown(), WHOLE)).prepared
    file.write_text(prepared.texts[file])  # the rest was not written
    said = "\n".join(import_team(file, secrets, _grown()))
    assert "kept as you have it" not in said.replace("account", "")
    assert load_platform(file).in_environment("prod").services["shop"].processes["worker"].scale.min == 5


def test_a_dry_run_writes_nothing(file: Path, secrets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = plan_import(file, secrets, Wanted(team(), WHOLE))
    finish(file, plan, dry_run=True)
    assert not list(file.parent.iterdir()) and not secrets.exists()
    assert capsys.readouterr().out == plan.converted.platform_text


def test_json_has_the_three_lists_and_the_findings(
    file: Path, secrets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    findings = (Finding("shop/settings.py:3", "ALLOWED_HOSTS is closed"),)
    finish(file, plan_import(file, secrets, Wanted(team(), WHOLE, findings)), as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert {"moved", "changed", "not_moved", "unreadable", "doubts"} <= set(document)
    assert document["findings"] == [{"place": "shop/settings.py:3", "text": "ALLOWED_HOSTS is closed", "todo": ""}]
    assert "ALLOWED_HOSTS is closed" in (file.parent / "import-report.md").read_text()
    assert not [value for value in secret_values() if value in json.dumps(document)]


def test_what_cannot_be_written_is_named_and_nothing_is_half_written(file: Path, secrets: Path) -> None:
    (file.parent / "homeport.usage.yml").mkdir()
    with pytest.raises(HomeportError, match=r"homeport\.usage\.yml: cannot be"):
        import_team(file, secrets)
    assert not list(file.parent.glob(".homeport*"))


def test_a_folder_that_is_not_there_is_told_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(HomeportError, match="is not a folder"):
        check_writable(tmp_path / "nowhere" / "homeport.yml")


def test_a_path_that_is_not_there_is_an_error(file: Path) -> None:
    result = CliRunner().invoke(import_, [str(file.parent / "nowhere")], obj=file)
    assert isinstance(result.exception, HomeportError)
    assert "nowhere: does not exist" in result.exception.message


def test_the_secrets_file_is_never_inside_the_repository(tmp_path: Path) -> None:
    file = tmp_path / "homeport.yml"
    (tmp_path / ".git").mkdir()
    outside = secrets_file(file, {"XDG_CONFIG_HOME": str(tmp_path.parent / "elsewhere")}, tmp_path.parent)
    assert not outside.is_relative_to(tmp_path)
    with pytest.raises(HomeportError, match="must not come into a repository"):
        secrets_file(file, {"XDG_CONFIG_HOME": str(tmp_path / "config")}, tmp_path.parent)


def test_a_broken_secrets_file_is_told_without_its_content(file: Path, secrets: Path) -> None:
    secrets.parent.mkdir(parents=True)
    secrets.write_text('{"config": hunter2')
    with pytest.raises(HomeportError, match="is not JSON") as caught:
        import_team(file, secrets)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("imported", "edited", "read", "expected"),
    [
        (None, None, {"A": "1"}, {"A": "1"}),
        ({"A": "1"}, {"A": "1"}, {"A": "2"}, {"A": "2"}),
        ({"A": "1"}, {"A": "mine"}, {"A": "2"}, {"A": "mine"}),
        ({"A": "1"}, {}, {"A": "2"}, {}),
        ({}, {"MASKED": "typed"}, {}, {"MASKED": "typed"}),
        ({"s": {"A": "1"}}, {"s": {"A": "1", "B": "x"}}, {"s": {"A": "3"}}, {"s": {"A": "3", "B": "x"}}),
    ],
)
def test_values_that_a_person_entered_changed_or_took_out_stay_so(
    imported: object, edited: object, read: object, expected: object
) -> None:
    assert merge_values(imported, edited, read) == expected


def test_jobs_are_asked_for_where_there_is_a_scheduler_and_none_is_known() -> None:
    addon = AddOn(origin="a", app="blog", name="scheduler-1", service="scheduler", plan="standard")
    answers = iter(["python manage.py send", "daily at 03:00", ""])
    asked = ask_jobs(Inventory(records=(addon,)), lambda text: next(answers))
    assert [(job.app, job.command, job.schedule) for job in asked.records] == [  # type: ignore[attr-defined]
        ("blog", "python manage.py send", "daily at 03:00")
    ]
    assert ask_jobs(team(), lambda text: "").records == ()


def _grown() -> Inventory:
    """The team a month later: shop's workers are five."""
    records = tuple(
        replace(record, quantity=5)
        if isinstance(record, Process) and record.app == "shop-prod" and record.type == "worker" and record.quantity
        else record
        for record in team().records
    )
    return replace(team(), records=records)


def test_a_checkout_of_a_django_project_is_examined(file: Path) -> None:
    shop = file.parent / "shop"
    shop.mkdir()
    (shop / "manage.py").write_text('import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n')
    (shop / "settings.py").write_text('import os\nALLOWED_HOSTS = [os.environ["HEROKU_APP_NAME"] + ".herokuapp.com"]\n')
    (shop / "Procfile").write_text("web: gunicorn wsgi\n")
    plain = file.parent / "plain"
    plain.mkdir()
    found = list(examine_checkouts([shop, plain], file.parent, parse_platform(file, "name: shop\nregion: eu-west-1\n")))
    assert any(finding.place == "shop/settings.py:2" for finding in found)
    assert len({finding.text for finding in found}) == len(found)
    assert not any("plain" in finding.place for finding in found)


def test_what_the_import_sets_is_no_finding_of_its_report(file: Path, secrets: Path) -> None:
    shop = file.parent / "shop"
    shop.mkdir()
    (shop / "manage.py").write_text('os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n')
    (shop / "settings.py").write_text("ROOT_URLCONF = 'x'\n")
    (shop / "Procfile").write_text("web: gunicorn wsgi --threads 4\n")
    CliRunner().invoke(import_, [str(shop)], obj=file, env={"XDG_CONFIG_HOME": str(secrets.parent)})
    report = (file.parent / "import-report.md").read_text()
    assert "SECURE_PROXY_SSL_HEADER is not set" in report
    for said in ("starts one worker", "does not believe the load balancer", "closes kept connections"):
        assert said not in report


def test_a_django_project_without_a_procfile_gives_a_report_and_an_error(file: Path, secrets: Path) -> None:
    shop = file.parent / "shop"
    shop.mkdir()
    (shop / "manage.py").write_text('os.environ.setdefault("DJANGO_SETTINGS_MODULE", "books.settings.dev")\n')
    result = CliRunner().invoke(import_, [str(shop)], obj=file, env={"XDG_CONFIG_HOME": str(secrets.parent)})
    assert isinstance(result.exception, HomeportError)
    assert "`web: gunicorn books.wsgi`" in result.exception.hint
    assert {path.name for path in file.parent.iterdir()} == {"shop", "import-report.md"}
