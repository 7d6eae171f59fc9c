"""Requirement files and locks → versions."""

import pytest

from homeport.doctor.pins import find_version

LOCK = '[[package]]\nname = "django"\nversion = "4.2.11"\n'


@pytest.mark.parametrize(
    ("file", "text", "version"),
    [
        ("requirements.txt", "django-heroku==0.3\nDjango[argon2]==4.2.11 ; python_version > '3.8'\n", (4, 2, 11)),
        ("requirements/base.txt", "django>=4.1,<5\n", (4, 1)),
        ("requirements.txt", "django ~= 4.1.0  # old\n", (4, 1, 0)),
        ("requirements.txt", "django<5\n", None),
        ("requirements.txt", "django\n# django==4.2\n", None),
        ("vendor/homeport-django/pyproject.toml", 'dependencies = ["django>=4.2"]\n', None),
        ("pyproject.toml", 'dependencies = ["x>=9", "Django>=4.2", "y>=1"]\n', (4, 2)),
        ("pyproject.toml", 'python = "^3.9"\ndjango = {extras = ["argon2"], version = "^3.2"}\n', (3, 2)),
        ("Pipfile", 'django = "*"\n', None),
        ("Pipfile", 'django = "==4.0.1"\n', (4, 0, 1)),
        ("Pipfile.lock", '{"default": {"django": {"version": "==4.2.11"}}}', (4, 2, 11)),
        ("poetry.lock", LOCK, (4, 2, 11)),
        ("uv.lock", LOCK, (4, 2, 11)),
        ("poetry.lock", "<<<<<<< HEAD\n", None),
        ("Pipfile.lock", "[1]", None),
    ],
)
def test_a_version_is_read(file: str, text: str, version: tuple[int, ...] | None) -> None:
    assert find_version({file: text}, "django") == version


def test_the_oldest_counts_and_a_lock_before_a_bound() -> None:
    texts = {"requirements.txt": "django==4.2\n", "requirements-old.txt": "django==3.2\n"}
    assert find_version(texts, "django") == (3, 2)
    assert find_version({**texts, "uv.lock": LOCK}, "django") == (4, 2, 11)
    assert find_version({"Pipfile": 'dj_database_url = ">=2"\n'}, "dj-database-url") == (2,)
