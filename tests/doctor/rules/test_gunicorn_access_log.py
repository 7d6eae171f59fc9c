"""gunicorn without an access log."""

from tests.doctor.cases import find, fix_procfile, places, project

RULE = "gunicorn-access-log"


def test_requests_are_logged_to_stdout() -> None:
    before = "web: gunicorn web.wsgi  \nworker: celery worker\n"
    (found,) = find(RULE, project("", before))
    assert (found.place, found.severity) == ("Procfile:1", "note")
    assert fix_procfile(RULE, before) == "web: gunicorn web.wsgi --access-logfile -  \nworker: celery worker\n"


def test_an_access_log_is_fine() -> None:
    files = project("", "web: gunicorn web.wsgi\n") | {"gunicorn.conf.py": "accesslog = '-'\n"}
    assert places(RULE, files) == []
    assert places(RULE, project("", "web: gunicorn web.wsgi --access-logfile -\n")) == []
