"""Procfiles in both of Heroku's grammars, and what is odd in real ones."""

import pytest

from homeport.heroku.files.findings import Place
from homeport.heroku.files.procfile import nested_files, parse_nested, parse_procfile
from homeport.heroku.records import Other, Process

PLACE = Place("shop/Procfile", "shop")


def commands(text: str) -> dict[str, str]:
    return {process.type: process.command for process in parse_procfile(text, PLACE).of(Process)}


def doubts(text: str) -> list[str]:
    return [f"{doubt.place}: {doubt.text}" for doubt in parse_procfile(text, PLACE).doubts]


def test_each_line_is_a_process_and_its_origin() -> None:
    found = parse_procfile("web: gunicorn shop.wsgi\n\n# comment\nrelease: a && b\n", PLACE)
    assert [(record.origin, record.app) for record in found.records] == [
        ("shop/Procfile:1", "shop"),
        ("shop/Procfile:4", "shop"),
    ]
    assert not found.doubts


@pytest.mark.parametrize(
    ("line", "name", "command"),
    [
        ("web: echo foo: bar", "web", "echo foo: bar"),
        ("web:gunicorn shop", "web", "gunicorn shop"),
        ("  worker:   celery  ", "worker", "celery"),
        ("extra_worker_2x: celery -B", "extra_worker_2x", "celery -B"),
        ('release: yes "yes" | python manage.py migrate', "release", 'yes "yes" | python manage.py migrate'),
        ("worker: REMAP_SIGTERM=SIGQUIT celery -A x", "worker", "REMAP_SIGTERM=SIGQUIT celery -A x"),
        ("web: cd donate && gunicorn -l $LOG_LEVEL", "web", "cd donate && gunicorn -l $LOG_LEVEL"),
        ("web: gunicorn x # trailing words are bash's", "web", "gunicorn x # trailing words are bash's"),
    ],
)
def test_what_is_good_is_taken_as_written_and_not_doubted(line: str, name: str, command: str) -> None:
    assert commands(line) == {name: command}
    assert not doubts(line)


def test_a_missing_colon_is_taken_as_cedar_takes_it() -> None:
    assert commands("web gunicorn shop.wsgi") == {"web": "gunicorn shop.wsgi"}
    assert doubts("web gunicorn shop.wsgi")[0].startswith("shop/Procfile:1: has no colon")


def test_of_two_lines_with_one_name_the_last_wins() -> None:
    found = parse_procfile("web: one\nworker: x\nweb: two\n", PLACE)
    assert [(p.origin, p.command) for p in found.of(Process) if p.type == "web"] == [("shop/Procfile:3", "two")]
    assert [doubt.place for doubt in found.doubts] == ["shop/Procfile:1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Web: x", "Web is web to Heroku's Fir"),
        ("a_b: x\na-b: y", "shop/Procfile:2: a-b and a_b are one name"),
        ("web:", "web has no command"),
        ("--workers 3", "is not `process: command`"),
        ("// a comment", "a comment to Dokku only"),
        ("web: gunicorn \\\n  --workers 3", "ends with a backslash"),
        ("web: gunicorn {{ project_name }}.wsgi", "placeholder"),
        ("web: bin/start-nginx bin/start-pgbouncer uwsgi", "which a buildpack puts there"),
        ("web: honcho -f ProcfileMulti start", "several processes in one dyno"),
        ("db: docker-compose up db", "development"),
        ("web: python manage.py runserver", "shop/Procfile: looks like one for development only"),
        ("web: DATABASE_URL=postgres://a:b@c/d gunicorn", "has credentials in its command"),
        ("", "declares no process"),
        ("#release: migrate", "declares no process"),
        (f"{'x' * 64}: y", "longer than 63"),
    ],
)
def test_what_is_odd_is_doubted_with_its_place(text: str, said: str) -> None:
    assert any(said in doubt for doubt in doubts(text)), doubts(text)
    assert all(doubt.startswith("shop/Procfile") for doubt in doubts(text))


def test_credentials_of_a_command_are_not_repeated_in_its_doubt() -> None:
    assert "hunter2" not in " ".join(doubts("web: DATABASE_URL=postgres://a:hunter2@c/d gunicorn"))


def test_a_nested_procfile_is_told_and_makes_no_processes() -> None:
    outer = parse_procfile("web: honcho -f ProcfileMulti start\n", PLACE)
    assert nested_files(outer) == ["ProcfileMulti"]
    inner = parse_nested("nginx: bin/start-nginx\nweb: gunicorn\n", Place("shop/ProcfileMulti", "shop"))
    assert not list(inner.of(Process))
    assert [(other.name, other.detail) for other in inner.of(Other)] == [
        ("nginx", "bin/start-nginx"),
        ("web", "gunicorn"),
    ]


def test_doubts_of_one_file_end_at_some_point() -> None:
    found = parse_procfile("-\n" * 5_000, PLACE)
    assert len(found.doubts) == 31
    assert found.doubts[-1].text.startswith("has 4971 more")


def test_a_line_of_a_template_is_left_out() -> None:
    found = parse_procfile(
        "web: gunicorn {{ name }}.wsgi\nworker: celery\n{% if x %}\n", Place("shop/Procfile", "shop")
    )
    assert [process.type for process in found.of(Process)] == ["worker"]
    assert [doubt.place for doubt in found.doubts if "template" in doubt.text] == ["shop/Procfile:1", "shop/Procfile:3"]
