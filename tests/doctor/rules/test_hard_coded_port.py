"""A web process that listens on a port of its own choice."""

import pytest

from tests.doctor.cases import find, fix, fix_procfile, places, project

RULE = "hard-coded-port"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("gunicorn web.wsgi --bind 0.0.0.0:5000 -w 2", "gunicorn web.wsgi --bind 0.0.0.0:$PORT -w 2"),
        ("gunicorn -b127.0.0.1:8000 web.wsgi", "gunicorn -b0.0.0.0:$PORT web.wsgi"),
        ("gunicorn web.wsgi --bind=:8000", "gunicorn web.wsgi --bind=:$PORT"),
        ("uvicorn web.asgi:app --port 8000", "uvicorn web.asgi:app --port $PORT"),
        ("daphne -p 8001 web.asgi:app", "daphne -p $PORT web.asgi:app"),
        ("gunicorn web.wsgi -b unix:/tmp/nginx.socket", "gunicorn web.wsgi -b 0.0.0.0:$PORT"),
    ],
)
def test_the_port_becomes_the_platforms(before: str, after: str) -> None:
    assert places(RULE, project("", f"web: {before}\n")) == ["Procfile:1"]
    assert fix_procfile(RULE, f"web: {before}\n") == f"web: {after}\n"


def test_a_port_in_the_config_file_goes() -> None:
    files = project("", "web: gunicorn web.wsgi\n") | {
        "gunicorn.conf.py": "# ours\nbind = '0.0.0.0:5000'  # old\nworkers = 2\n"
    }
    assert places(RULE, files) == ["gunicorn.conf.py:2"]
    assert fix(RULE, files)["gunicorn.conf.py"] == "# ours\nworkers = 2\n"


def test_a_socket_for_nginx_in_the_config_file_goes() -> None:
    files = project("", "web: gunicorn -c g.conf web.wsgi\n") | {
        "gunicorn.conf": "",
        "g.conf": "bind = 'unix:/tmp/x'\n",
    }
    assert fix(RULE, files)["g.conf"] == ""


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("socket = /tmp/nginx.socket", "its own protocol at /tmp/nginx.socket"),
        ("socket = :3031", "its own protocol at :3031"),
        ("http-socket = :8000", "listens at :8000"),
    ],
)
def test_a_socket_in_uwsgis_ini_file_becomes_http(line: str, title: str) -> None:
    files = project("", "web: bin/start-nginx uwsgi --ini=./uwsgi.ini\n") | {
        "uwsgi.ini": f"[uwsgi]\n# socket = x\n{line}\n"
    }
    (found,) = find(RULE, files)
    assert found.place == "uwsgi.ini:3" and title in found.title
    assert fix(RULE, files)["uwsgi.ini"] == "[uwsgi]\n# socket = x\nhttp-socket = :$(PORT)\n"


@pytest.mark.parametrize(
    ("command", "ini"),
    [
        ("uwsgi uwsgi.ini", "http-socket = :$(PORT)\nsocket = /tmp/x\n"),
        ("uwsgi other.ini", "socket = /tmp/x\n"),
        ("gunicorn web.wsgi", "socket = /tmp/x\n"),
    ],
)
def test_an_ini_file_that_is_not_used_or_takes_the_port_is_fine(command: str, ini: str) -> None:
    assert places(RULE, project("", f"web: {command}\n") | {"uwsgi.ini": ini}) == []


def test_the_development_server_is_left_to_a_person() -> None:
    (found,) = find(RULE, project("", "web: python manage.py runserver 0.0.0.0:$PORT\n"))
    assert found.patch is None and "development server" in found.title


@pytest.mark.parametrize(
    "line",
    [
        "web: gunicorn web.wsgi",
        "web: gunicorn web.wsgi -b 0.0.0.0:$PORT",
        "metrics: gunicorn m.wsgi -b :9000",
        "web: node x",
    ],
)
def test_the_platforms_port_is_fine(line: str) -> None:
    assert places(RULE, project("", f"{line}\n")) == []
