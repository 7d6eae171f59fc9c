"""Commands that only run on Heroku, and names that had to be shortened."""

import pytest

from homeport.heroku.convert import convert
from homeport.heroku.convert.commands import clean_command, find_check
from homeport.heroku.records import App, DockerImage, Inventory, Other, Process, Record


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("bin/start-nginx gunicorn shop.wsgi -b unix:/tmp/nginx.socket", "gunicorn shop.wsgi --bind 0.0.0.0:$PORT"),
        (
            "bin/start-pgbouncer bin/start-nginx gunicorn --bind=unix:///tmp/n.sock shop.wsgi",
            "gunicorn --bind 0.0.0.0:$PORT shop.wsgi",
        ),
        ("gunicorn shop.wsgi -b unix:/tmp/mine.socket", "gunicorn shop.wsgi -b unix:/tmp/mine.socket"),
    ],
)
def test_a_process_behind_a_wrapper_listens_itself(command: str, expected: str) -> None:
    assert clean_command(command) == expected


def test_what_cannot_be_rewritten_is_marked() -> None:
    assert "http-socket = :$(PORT)" in find_check("web", "bin/start-nginx uwsgi uwsgi.ini")
    assert find_check("web", "bin/start-nginx gunicorn shop.wsgi -b unix:/tmp/nginx.socket") == ""
    assert "/venv/bin/python" in find_check("release", "/venv/bin/python manage.py migrate")
    assert find_check("web", "/usr/bin/env python manage.py") == ""


def test_a_web_process_that_starts_others_is_marked_and_told() -> None:
    assert "$PORT" in find_check("web", "honcho -f Procfile.all start") and find_check("worker", "honcho start") == ""
    converted = convert(checkout("shop", web=("Procfile", "honcho -f Procfile.all start")))
    (entry,) = [entry for entry in converted.report.changed if entry.title == "process web of shop"]
    assert "several processes" in entry.why and "path of Heroku's image" not in entry.why


def test_a_folder_that_runs_nothing_is_told_to_write_a_procfile() -> None:
    def advice(*more: Record) -> str:
        app = App(origin="shop", app="shop", folder="shop")
        (entry,) = convert(Inventory(records=(app, *more))).report.not_moved[:1]
        return entry.todo

    image = DockerImage(origin="shop/heroku.yml:1", app="shop", name="web", dockerfile="Dockerfile")
    assert "gunicorn" in advice() and "Dockerfile" not in advice()
    assert "Dockerfile" in advice(image)


def test_what_a_nested_procfile_starts_is_told_to_be_a_process_of_its_own() -> None:
    nested = Other(origin="shop/All:1", app="shop", kind="process in a process", name="asgi", detail="daphne a")
    report = convert(checkout("shop", web=("Procfile", "honcho start")) + Inventory(records=(nested,))).report
    (entry,) = [entry for entry in report.not_moved if "asgi" in entry.title]
    assert "Procfile" in entry.todo and entry.why.endswith("daphne a")


def checkout(name: str, **processes: tuple[str, str]) -> Inventory:
    """Commands with the file that each comes from."""
    found = [
        Process(origin=f"{name}/{file}:{number}", app=name, type=kind, command=command)
        for number, (kind, (file, command)) in enumerate(processes.items(), start=1)
    ]
    return Inventory(records=(App(origin=name, app=name, folder=name), *found))


def test_the_mark_is_in_the_file_and_in_the_report() -> None:
    converted = convert(
        checkout(
            "shop",
            web=("Procfile", "bin/start-nginx uwsgi uwsgi.ini"),
            release=("heroku.yml", "/venv/bin/python manage.py migrate"),
        )
    )
    lines = converted.platform_text.splitlines()
    assert any("uwsgi uwsgi.ini" in line and "# CHECK" in line for line in lines)
    assert any("release:" in line and "# CHECK" in line for line in lines)
    assert "release phase of shop" in {entry.title for entry in converted.report.changed}


def test_the_procfile_counts_before_heroku_yml() -> None:
    both = checkout("shop", web=("heroku.yml", "/venv/bin/gunicorn a")) + Inventory(
        records=(Process(origin="shop/Procfile:1", app="shop", type="web", command="gunicorn a"),)
    )
    assert "command: gunicorn a\n" in convert(both).platform_text


def test_a_shortened_name_is_cut_at_a_hyphen_and_told() -> None:
    name = "mozilla-foundation-site-backend-worker"
    converted = convert(checkout(name, web=("Procfile", "gunicorn a")))
    assert converted.name == "mozilla"  # a longer one does not fit before a hyphen
    assert any(name in doubt.text and "--name" in doubt.text for doubt in converted.report.doubts)
    assert any("shortened" in entry.why for entry in converted.report.changed if entry.title.startswith("app "))


def test_a_name_without_hyphens_is_cut_and_told() -> None:
    converted = convert(checkout("mozillafoundation", web=("Procfile", "gunicorn a")))
    assert converted.name == "mozillafoundatio"
    assert any("shortened or changed from mozillafoundation;" in doubt.text for doubt in converted.report.doubts)
