"""The doctor as a whole: over real examples, and over what was never meant for it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import homeport.doctor.rules
from homeport.doctor.deployed import Deployed
from homeport.doctor.examine import RULES, examine, examine_texts
from homeport.doctor.patches import compose_patches
from tests.doctor.cases import project

ROOT = Path(__file__).parent.parent.parent
WRONG = (
    "import os\nimport django_heroku\nBASE_DIR = '.'\nALLOWED_HOSTS = ['x.herokuapp.com']\n"
    "INSTALLED_APPS = ['django.contrib.staticfiles']\n"
    "MIDDLEWARE = [\n    'django.middleware.security.SecurityMiddleware',\n]\n"
    "SECURE_SSL_REDIRECT = True\nD = dj_database_url.config(conn_max_age=600, ssl_require=True)\n"
    "CACHES = {'default': {'BACKEND': 'x.RedisCache', 'OPTIONS': {'ssl_cert_reqs': None}}}\n"
    "LOGGING = {'handlers': {'f': {'class': 'logging.FileHandler', 'filename': 'x'}}}\n"
    "RELEASE_ID = os.environ['HEROKU_SLUG_COMMIT']\ndjango_heroku.settings(locals())\n"
)
COMMANDS = (
    "web: bin/start-nginx python manage.py migrate && gunicorn web.wsgi -b unix:/tmp/x --threads 4\n"
    "worker: REMAP_SIGTERM=SIGQUIT bin/start-pgbouncer celery -A web worker -B\n"
)


def test_all_patches_together_compose_and_leave_nothing_to_patch() -> None:
    files = project(WRONG, COMMANDS)
    for _ in range(3):  # what changes the same lines waits for the next round
        files |= compose_patches(files, examine_texts(files))[0]
    assert [finding for finding in examine_texts(files) if finding.patch] == []
    compile(files["web/settings.py"], "settings.py", "exec")
    assert "gunicorn web.wsgi -b 0.0.0.0:$PORT --threads 4" in files["Procfile"]
    assert files["web/settings.py"].count("import os\n") == 1


def test_no_todo_says_that_there_is_nothing_to_do() -> None:
    assert [finding for finding in examine_texts(project(WRONG, COMMANDS)) if finding.todo.startswith("nothing")] == []


def test_what_homeport_yml_declares_is_satisfied() -> None:
    files = project(
        "CODE = os.environ['HEROKU_APP_NAME']\n", "web: gunicorn w -b :80 --threads 2\nworker: celery -f x\n"
    )
    arguments = "--access-logfile - --keep-alive 75"
    variables = {"FORWARDED_ALLOW_IPS": "*", "GUNICORN_CMD_ARGS": arguments, "HEROKU_APP_NAME": "shop"}
    environment = variables | {"WEB_CONCURRENCY": "2"}
    before = {finding.rule for finding in examine_texts(files)}
    satisfied = {finding.rule for finding in examine_texts(files, deployed=Deployed(environment))}
    gunicorn = {f"gunicorn-{word}" for word in ("workers", "keep-alive", "forwarded-ips", "access-log")}
    assert before - satisfied == gunicorn | {"heroku-variables"}
    commands = {"web": "gunicorn w -b 0.0.0.0:$PORT", "worker": "celery -f y"}
    left = {finding.rule for finding in examine_texts(files, deployed=Deployed(environment, commands))}
    assert satisfied - left == {"hard-coded-port"} and "log-files" in left


def test_every_rule_has_its_file_its_test_and_its_section() -> None:
    names = {name.replace("-", "_") for name in RULES}
    folder = Path(homeport.doctor.rules.__file__).parent
    assert {file.stem for file in folder.glob("*.py")} - {"__init__"} == names
    assert {file.stem.removeprefix("test_") for file in (Path(__file__).parent / "rules").glob("test_*.py")} == names
    page = (ROOT / "docs/how-to/prepare-a-django-project.md").read_text()
    assert [name for name in RULES if f"\n### {name}\n" not in page] == []


@pytest.mark.parametrize("service", ["catalog", "library"])
def test_the_examples_have_no_errors(service: str) -> None:
    found = examine(ROOT / "examples/magicbook/services" / service)
    assert [finding for finding in found if finding.severity == "error"] == []


@settings(max_examples=150)
@given(st.data())
def test_mutated_settings_and_commands_end_in_findings_and_not_in_a_traceback(data: st.DataObject) -> None:
    texts = []
    for text in (WRONG, COMMANDS):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 40)))
        texts.append(text[:start] + data.draw(st.text("[]{}()'\"\\,:=\n\r\t aX$&;é", max_size=6)) + text[end:])
    files = project(*texts)
    after, _ = compose_patches(files, examine_texts(files))
    examine_texts({**files, **after})
