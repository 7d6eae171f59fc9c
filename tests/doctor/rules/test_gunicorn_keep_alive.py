"""gunicorn that closes kept connections before the load balancer does."""

import pytest

from tests.doctor.cases import find, fix, fix_procfile, places, project

RULE = "gunicorn-keep-alive"


def test_threads_get_a_longer_keep_alive() -> None:
    before = "web: gunicorn web.wsgi --threads 4\n"
    assert places(RULE, project("", before)) == ["Procfile:1"]
    assert fix_procfile(RULE, before) == "web: gunicorn web.wsgi --threads 4 --keep-alive 75\n"


def test_a_config_file_gets_it_instead() -> None:
    files = project("", "web: gunicorn -c conf/g.py web.wsgi\n") | {"conf/g.py": "worker_class = 'gevent'"}
    assert fix(RULE, files)["conf/g.py"] == "worker_class = 'gevent'\nkeepalive = 75\n"


def test_one_that_is_too_short_is_left_to_a_person() -> None:
    (found,) = find(RULE, project("", "web: gunicorn web.wsgi -k gevent --keep-alive 5\n"))
    assert found.patch is None and "after 5 s" in found.title


@pytest.mark.parametrize("options", ["", "--threads 1", "-k sync", "--threads 4 --keep-alive 75"])
def test_workers_that_keep_none_or_long_enough_are_fine(options: str) -> None:
    assert places(RULE, project("", f"web: gunicorn web.wsgi {options}\n")) == []


def test_only_the_web_process_is_behind_the_load_balancer() -> None:
    assert places(RULE, project("", "admin: gunicorn web.wsgi --threads 4\n")) == []
