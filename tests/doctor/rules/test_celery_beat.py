"""celery's clock inside of a process that is scaled."""

from tests.doctor.cases import find, fix_procfile, places, project

RULE = "celery-beat"


def test_the_clock_becomes_a_process_of_its_own() -> None:
    before = "worker: celery -A shop.celery:app worker -Q a,b -B -l $LEVEL\nweb: gunicorn web.wsgi\n"
    assert places(RULE, project("", before)) == ["Procfile:1"]
    assert fix_procfile(RULE, before) == (
        "worker: celery -A shop.celery:app worker -Q a,b -l $LEVEL\n"
        "beat: celery -A shop.celery:app beat -l $LEVEL\nweb: gunicorn web.wsgi\n"
    )


def test_a_file_without_a_last_newline_gets_a_line() -> None:
    before = "worker: celery --app=shop worker --beat"
    assert fix_procfile(RULE, before) == "worker: celery --app=shop worker\nbeat: celery --app=shop beat\n"


def test_a_clock_that_is_there_is_enough() -> None:
    before = "worker: celery -A a worker -B\nclock: celery -A a beat\n"
    assert fix_procfile(RULE, before) == "worker: celery -A a worker\nclock: celery -A a beat\n"


def test_two_clocks_are_one_too_many() -> None:
    (found,) = find(RULE, project("", "one: celery -A a beat\ntwo: celery -A a beat -S x\n"))
    assert (found.place, found.patch) == ("Procfile:2", None)


def test_a_worker_and_a_clock_are_fine() -> None:
    assert places(RULE, project("", "worker: celery -A a worker\nbeat: celery -A a beat\nweb: x -B\n")) == []


def test_a_worker_that_starts_the_clock_beside_it_is_one_too() -> None:
    (found,) = find(RULE, project("", "all: celery -A a worker -c 4 & celery -A a beat & wait -n\n"))
    assert (found.place, found.severity, found.patch) == ("Procfile:1", "error", None)
