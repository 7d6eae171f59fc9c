"""gunicorn without a number of workers."""

import pytest

from tests.doctor.cases import find, fix, fix_procfile, places, project

RULE = "gunicorn-workers"


def test_the_command_gets_workers_where_gunicorn_ends() -> None:
    before = "web: cd shop && gunicorn web.wsgi && echo over\n"
    assert places(RULE, project("", before)) == ["Procfile:1"]
    after = "web: cd shop && gunicorn web.wsgi --workers ${WEB_CONCURRENCY:-2} && echo over\n"
    assert fix_procfile(RULE, before) == after


def test_a_config_file_gets_them_instead() -> None:
    files = project("", "web: gunicorn web.wsgi\n", gunicorn_conf_py="") | {"gunicorn.conf.py": "threads = 4\n"}
    files.pop("gunicorn_conf.py", None)
    after = fix(RULE, files)
    assert after["Procfile"] == "web: gunicorn web.wsgi\n"
    assert (
        after["gunicorn.conf.py"] == 'import os\nthreads = 4\nworkers = int(os.environ.get("WEB_CONCURRENCY", "2"))\n'
    )


@pytest.mark.parametrize(
    "command",
    [
        "gunicorn web.wsgi -w 3",
        "gunicorn web.wsgi --workers=3",
        "GUNICORN_CMD_ARGS='--workers 3' gunicorn web.wsgi",
        "WEB_CONCURRENCY=3 gunicorn web.wsgi",
        "uwsgi uwsgi.ini",
    ],
)
def test_a_number_of_workers_is_fine(command: str) -> None:
    assert places(RULE, project("", f"web: {command}\n")) == []


def test_a_config_file_that_is_not_there_is_said() -> None:
    (found,) = find(RULE, project("", "web: gunicorn -c /etc/gunicorn.py web.wsgi\n"))
    assert found.severity == "note" and found.title.startswith("could not tell")
