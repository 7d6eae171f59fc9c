"""doctor as it is typed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from homeport.cli.doctor import doctor
from homeport.errors import HomeportError
from tests.doctor.cases import MANAGE

SETTINGS = '# ours\r\nX = {"ssl_cert_reqs": None}\r\nif "DYNO" in os.environ:\r\n    Y = 1\r\n'


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "web").mkdir()
    (tmp_path / "manage.py").write_text(MANAGE)
    (tmp_path / "web" / "settings.py").write_bytes(SETTINGS.encode())
    return tmp_path


PLATFORM = """\
name: shop
region: eu-west-1
services:
  shop:
    path: shop
    processes:
      web: {command: "gunicorn web.wsgi -b 0.0.0.0:$PORT"}
    environment: {WEB_CONCURRENCY: "2"}
    routes: [ANY /]
"""


def run(*arguments: str, answers: str = "") -> Result:
    return CliRunner().invoke(doctor, list(arguments), input=answers, catch_exceptions=False)


def settings(shop: Path) -> str:
    return (shop / "web" / "settings.py").read_bytes().decode()


def test_findings_are_told_with_place_reason_and_next_step(shop: Path) -> None:
    result = run(str(shop))
    assert result.exit_code == 1
    assert "warning: web/settings.py:2: Redis' certificate is not checked\n  why   Heroku's Redis has" in result.stdout
    assert "rule  redis-ssl, --fix redis-ssl\n" in result.stdout
    assert result.stdout.endswith("0 errors, 2 warnings, 0 notes\n")
    assert settings(shop) == SETTINGS


def test_a_project_without_findings_ends_with_zero(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text(
        "ROOT_URLCONF = 'x'\nSECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'x')\n"
    )
    (tmp_path / "settings.py").write_text((tmp_path / "settings.py").read_text() + "ALLOWED_HOSTS = ['*']\n")
    result = run(str(tmp_path))
    assert (result.exit_code, result.stdout) == (0, "nothing was found that breaks off Heroku\n")


def test_what_homeport_yml_says_of_the_service_counts(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "Procfile").write_text("web: gunicorn web.wsgi -b :8000\n")
    file = tmp_path / "homeport.yml"
    arguments = [str(tmp_path / "shop"), "--json"]
    before = CliRunner().invoke(doctor, arguments, obj=file, catch_exceptions=False).stdout
    assert "hard-coded-port" in before and "gunicorn-workers" in before
    file.write_text(PLATFORM)
    after = CliRunner().invoke(doctor, arguments, obj=file, catch_exceptions=False).stdout
    assert "hard-coded-port" not in after and "gunicorn-workers" not in after and "gunicorn-forwarded-ips" in after


def test_what_only_some_environments_set_is_found_in_the_others(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "Procfile").write_text("web: gunicorn web.wsgi\n")
    file = tmp_path / "homeport.yml"
    overrides = """environments:
  local: {}
  stage: {account: 210000000001}
  prod: {account: 210000000002, services: {shop: {environment: {FORWARDED_ALLOW_IPS: "*"}}}}
"""

    def titles(overrides: str) -> list[str]:
        file.write_text(PLATFORM + overrides)
        answer = CliRunner().invoke(doctor, [str(tmp_path / "shop"), "--json"], obj=file, catch_exceptions=False)
        return [found["title"] for found in json.loads(answer.stdout) if found["rule"] == "gunicorn-forwarded-ips"]

    assert titles(overrides) == ["gunicorn does not believe the load balancer (in stage)"]
    everywhere = overrides.replace(
        "210000000001}", '210000000001, services: {shop: {environment: {FORWARDED_ALLOW_IPS: "*"}}}}'
    )
    assert titles(everywhere) == []


def test_findings_are_printed_as_json(shop: Path) -> None:
    found = json.loads(run(str(shop), "--json").stdout)
    assert [(f["rule"], f["file"], f["line"]) for f in found] == [
        ("redis-ssl", "web/settings.py", 2),
        ("heroku-variables", "web/settings.py", 3),
    ]
    assert '+X = {"ssl_cert_reqs": "required"}' in found[0]["patch"]


def test_each_patch_is_shown_and_asked_for(shop: Path) -> None:
    result = run(str(shop), "--fix", answers="y\nn\n")
    assert '-X = {"ssl_cert_reqs": None}' in result.stderr and '+X = {"ssl_cert_reqs": "required"}' in result.stderr
    assert settings(shop) == SETTINGS.replace("None", '"required"')
    assert result.exit_code == 1 and "heroku-variables" in result.stdout and "redis-ssl" not in result.stdout


def test_all_patches_are_written_without_asking_and_only_once(shop: Path) -> None:
    result = run(str(shop), "--fix", "--yes")
    assert result.exit_code == 0 and "web/settings.py: written" in result.stderr
    fixed = settings(shop)
    assert fixed == SETTINGS.replace("None", '"required"').replace("DYNO", "HOMEPORT_RELEASE")
    again = run(str(shop), "--fix", "--yes")
    assert again.exit_code == 0 and "written" not in again.stderr and settings(shop) == fixed


def test_the_patches_of_a_named_rule_are_written_without_asking(shop: Path) -> None:
    run(str(shop), "--fix", "heroku-variables")
    assert settings(shop) == SETTINGS.replace("DYNO", "HOMEPORT_RELEASE")


def test_saying_nothing_writes_nothing(shop: Path) -> None:
    CliRunner().invoke(doctor, [str(shop), "--fix"], input="")
    assert settings(shop) == SETTINGS


def test_a_rule_that_is_none_is_refused_with_those_that_are(shop: Path) -> None:
    with pytest.raises(HomeportError) as refused:
        run("--fix", str(shop))
    assert refused.value.message == f"--fix {shop}: is not a rule" and "redis-ssl" in refused.value.hint


def test_json_cannot_ask(shop: Path) -> None:
    assert run(str(shop), "--json", "--fix").exit_code == 2
    result = run(str(shop), "--json", "--fix", "--yes")
    assert json.loads(result.stdout) == []


def test_checks_that_cannot_run_are_a_finding(shop: Path) -> None:
    found = json.loads(run(str(shop), "--run-checks", "--json").stdout)
    assert [f["title"] for f in found if f["rule"] == "django-check"] == [
        "the project has no environment of its own to run checks in"
    ]
