"""Migrations in the web process's command."""

from tests.doctor.cases import find, fix_procfile, places, project

RULE = "web-migrations"
WEB = "web: python manage.py migrate --noinput && gunicorn web.wsgi\n"


def test_they_become_the_release_phase() -> None:
    assert places(RULE, project("", f"# us\n{WEB}")) == ["Procfile:2"]
    after = "# us\nrelease: python manage.py migrate --noinput\nweb: gunicorn web.wsgi\n"
    assert fix_procfile(RULE, f"# us\n{WEB}") == after


def test_they_join_a_release_phase_that_is_there() -> None:
    after = "release: ./seed && python manage.py migrate --noinput\nweb: gunicorn web.wsgi\n"
    assert fix_procfile(RULE, f"release: ./seed\n{WEB}") == after


def test_they_go_if_the_release_phase_migrates_already() -> None:
    after = "web: gunicorn web.wsgi\nrelease: python manage.py migrate"
    assert fix_procfile(RULE, f"{WEB}release: python manage.py migrate") == after


def test_a_script_is_left_to_a_person() -> None:
    (found,) = find(RULE, project("", "web: sh -c x; python manage.py migrate\n"))
    assert found.patch is None


def test_other_processes_may_migrate() -> None:
    assert places(RULE, project("", "release: python manage.py migrate\nweb: gunicorn web.wsgi\n")) == []
