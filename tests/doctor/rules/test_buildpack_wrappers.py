"""Commands that begin with a program which a buildpack brought."""

import pytest

from tests.doctor.cases import find, fix_procfile, places, project

RULE = "buildpack-wrappers"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "bin/start-nginx bin/start-pgbouncer newrelic-admin run-program uwsgi x.ini",
            "newrelic-admin run-program uwsgi x.ini",
        ),
        ("bin/start-pgbouncer-stunnel celery -A a worker", "celery -A a worker"),
        ("bin/start-nginx -f bin/qgtunnel gunicorn web.wsgi", "gunicorn web.wsgi"),
    ],
)
def test_the_command_remains_without_them(before: str, after: str) -> None:
    assert set(places(RULE, project("", f"# x\nweb: {before}\n"))) == {"Procfile:2"}
    assert fix_procfile(RULE, f"# x\nweb: {before}\n") == f"# x\nweb: {after}\n"


def test_a_process_that_is_nothing_else_is_left_to_a_person() -> None:
    (found,) = find(RULE, project("", "nginx: bin/start-nginx\nweb: bin/start-server\n"))
    assert (found.line, found.patch) == (1, None)


def test_programs_of_the_project_are_fine() -> None:
    assert places(RULE, project("", "web: bin/start-web gunicorn web.wsgi\n")) == []
