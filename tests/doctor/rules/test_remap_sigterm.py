"""REMAP_SIGTERM."""

from tests.doctor.cases import find, fix_procfile, places, project

RULE = "remap-sigterm"


def test_celery_may_finish_its_tasks() -> None:
    before = "worker: X=1 REMAP_SIGTERM=SIGQUIT celery -A a worker\n"
    assert places(RULE, project("", before)) == ["Procfile:1"]
    assert fix_procfile(RULE, before) == "worker: X=1 celery -A a worker\n"


def test_a_config_var_is_left_to_a_person() -> None:
    files = project() | {"app.json": '{"env": {"REMAP_SIGTERM": "SIGQUIT"}}'}
    (found,) = find(RULE, files)
    assert (found.place, found.patch) == ("app.json", None)


def test_a_command_without_it_is_fine() -> None:
    assert places(RULE, project("", "worker: celery -A a worker\n") | {"app.json": "{,}"}) == []
