"""Lock files of pipenv, poetry and uv."""

import json

import pytest

from homeport.heroku.files import locks
from homeport.heroku.files.findings import Place
from homeport.heroku.records import Inventory, PythonVersion, Requirements

PLACE = Place("shop/lock", "shop")


def packages(found: Inventory) -> dict[str, str]:
    return next((dict(record.packages) for record in found.of(Requirements)), {})


def test_pipfile_lock_gives_packages_and_python() -> None:
    lock = {
        "_meta": {"requires": {"python_version": "3.11"}},
        "default": {"Django": {"version": "==5.0"}, "shop": {"git": "https://example.com"}},
        "develop": {"pytest": {"version": "==8"}},
    }
    found = locks.parse_pipfile_lock(json.dumps(lock), PLACE)
    assert packages(found) == {"django": "5.0", "shop": ""}
    assert [(record.version, record.origin) for record in found.of(PythonVersion)] == [
        ("3.11", "shop/lock:1: _meta.requires")
    ]


def test_poetry_lock_leaves_development_out_in_both_of_its_forms() -> None:
    text = """
[[package]]
name = "Django"
version = "5.0"
groups = ["main", "dev"]
[[package]]
name = "pytest"
version = "8"
groups = ["dev"]
[[package]]
name = "black"
version = "24"
category = "dev"
"""
    assert packages(locks.parse_poetry_lock(text, PLACE)) == {"django": "5.0"}


def test_uv_lock_leaves_the_project_itself_out() -> None:
    text = """
version = 1
[[package]]
name = "shop"
version = "0.1"
source = { virtual = "." }
[[package]]
name = "django"
version = "5.0"
source = { registry = "https://packages.example/simple" }
"""
    assert packages(locks.parse_uv_lock(text, PLACE)) == {"django": "5.0"}


def test_without_a_lock_what_is_asked_for_is_read_and_doubted() -> None:
    project = locks.parse_pyproject('[project]\ndependencies = ["Django==5.0", "redis>=4"]\n', PLACE)
    assert packages(project) == {"django": "5.0", "redis": ""}
    pipfile = locks.parse_pipfile('[packages]\ndjango = "*"\nredis = {version = "==4"}\n', PLACE)
    assert packages(pipfile) == {"django": "", "redis": ""}
    assert project.doubts and pipfile.doubts


@pytest.mark.parametrize(
    "parse", [locks.parse_pipfile_lock, locks.parse_poetry_lock, locks.parse_uv_lock, locks.parse_pyproject]
)
@pytest.mark.parametrize("text", ["\n\n?", "[" * 5_000, "{" * 5_000, "a = 1\na = 2"])
def test_a_broken_lock_is_left_out_with_a_doubt(parse: object, text: str) -> None:
    assert callable(parse)
    found = parse(text, PLACE)
    assert not found.records
    assert [doubt.place.startswith("shop/lock") for doubt in found.doubts] == [True]


@pytest.mark.parametrize("text", ["[]", "3", '{"default": [], "_meta": {"requires": 3}}', '{"default": {"a": 3}}'])
def test_json_of_another_shape_gives_no_traceback(text: str) -> None:
    assert not packages(locks.parse_pipfile_lock(text, PLACE)).get("a")
