"""A process that starts several others."""

from tests.doctor.cases import find, places, project

RULE = "nested-procfile"


def test_several_processes_in_one_task_are_found_and_looked_into() -> None:
    files = project("", "web: honcho -f Procfile.all start\n") | {"Procfile.all": "asgi: daphne -p 80 web.asgi:app\n"}
    (found,) = find(RULE, files)
    assert (found.place, found.patch) == ("Procfile:1", None)
    assert places("hard-coded-port", files) == ["Procfile.all:1"]


def test_one_process_is_fine() -> None:
    assert places(RULE, project("", "web: gunicorn web.wsgi\n")) == []
