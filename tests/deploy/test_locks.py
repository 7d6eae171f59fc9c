"""Locks of Pipenv and Poetry, as these write them, and what is installed for them."""

import json
from pathlib import Path

import pytest

from homeport.deploy.locks import read_lock, render_requirements
from homeport.errors import HomeportError

PIPFILE_LOCK = {
    "_meta": {"sources": [{"name": "pypi", "url": "https://pypi.org/simple", "verify_ssl": True}]},
    "default": {
        "django": {"extras": ["argon2"], "hashes": ["sha256:aa", "sha256:bb"], "version": "==5.2.1"},
        "tzdata": {"hashes": ["sha256:cc"], "markers": "sys_platform == 'win32'", "version": "==2025.2"},
        "ours": {"git": "https://git.example/ours.git", "ref": "abc123", "subdirectory": "python"},
        "e1839a8": {"editable": True, "path": "./lib with space"},
        "wheel": {"file": "https://files.example/wheel.whl"},
    },
    "develop": {"pytest": {"version": "==8.0"}},
}
POETRY_LOCK = """
[[package]]
name = "django"
version = "5.2.1"
optional = false
python-versions = ">=3.10"
groups = ["main"]
files = [{file = "django.whl", hash = "sha256:aa"}, {file = "django.tar.gz", hash = "sha256:bb"}]

[[package]]
name = "tzdata"
version = "2025.2"
optional = false
groups = ["main", "dev"]
markers = {main = "sys_platform == \\"win32\\"", dev = "python_version < \\"3\\""}
files = []

[[package]]
name = "pytest"
version = "8.0"
optional = false
groups = ["dev"]
files = []

[[package]]
name = "sentry"
version = "1.0"
optional = true
groups = ["main"]
markers = "extra == \\"watch\\""
files = []

[[package]]
name = "inner"
version = "1.0"
optional = false
groups = ["main"]
files = []
[package.source]
type = "legacy"
url = "https://index.example/simple"
reference = "inner"

[[package]]
name = "ours"
version = "1.0"
optional = false
groups = ["main"]
files = []
[package.source]
type = "git"
url = "https://git.example/ours.git"
reference = "main"
resolved_reference = "abc123"

[[package]]
name = "lib"
version = "1.0"
optional = false
groups = ["main"]
files = []
[package.source]
type = "directory"
url = "../lib"

[metadata]
lock-version = "2.1"
"""


def converted(folder: Path, kind: str, text: str) -> list[str]:
    (folder / kind).write_text(text)
    return render_requirements(read_lock(folder, kind), folder).splitlines()


def test_a_lock_of_pipenv_is_installed_exactly_and_without_what_is_for_developers(tmp_path: Path) -> None:
    assert converted(tmp_path, "Pipfile.lock", json.dumps(PIPFILE_LOCK)) == [
        "django[argon2]==5.2.1 --hash=sha256:aa --hash=sha256:bb",
        "tzdata==2025.2 ; sys_platform == 'win32' --hash=sha256:cc",
        "ours @ git+https://git.example/ours.git@abc123#subdirectory=python",
        f"file://{tmp_path}/lib%20with%20space",
        "wheel @ https://files.example/wheel.whl",
    ]


@pytest.mark.parametrize(
    ("urls", "lines"),
    [
        (["https://a.example"], ["--index-url https://a.example"]),
        (
            ["https://a.example", "https://b.example"],
            ["--index-url https://a.example", "--extra-index-url https://b.example"],
        ),
        (["https://a.example", "https://pypi.org/simple"], ["--extra-index-url https://a.example"]),
        ([], []),
    ],
)
def test_indexes_of_pipenv_stay(tmp_path: Path, urls: list[str], lines: list[str]) -> None:
    text = json.dumps({"_meta": {"sources": [{"url": url} for url in urls]}, "default": {}})
    assert [line for line in converted(tmp_path, "Pipfile.lock", text) if line] == lines


def test_a_lock_of_poetry_is_installed_exactly_and_without_what_is_for_developers(tmp_path: Path) -> None:
    assert converted(tmp_path, "poetry.lock", POETRY_LOCK) == [
        "--extra-index-url https://index.example/simple",
        "django==5.2.1 --hash=sha256:aa --hash=sha256:bb",
        'tzdata==2025.2 ; sys_platform == "win32"',
        "inner==1.0",
        "ours @ git+https://git.example/ours.git@abc123",
        f"file://{tmp_path.parent}/lib",
    ]


@pytest.mark.parametrize(
    ("kind", "text", "message", "hint"),
    [
        ("Pipfile.lock", "{", "Pipfile.lock: cannot be read: ", "pipenv lock"),
        ("Pipfile.lock", "[]", "Pipfile.lock: is no lock that pipenv writes", "pipenv lock"),
        ("Pipfile.lock", '{"default": {"x": 1}}', "Pipfile.lock: is no lock that pipenv writes", "pipenv lock"),
        ("poetry.lock", "=", "poetry.lock: cannot be read: ", "poetry lock"),
        ("poetry.lock", "", "poetry.lock: is no lock that poetry writes", "poetry lock"),
        ("poetry.lock", "[metadata]\nlock-version = '2.0'\n", "of version 2.0, which does not say", "poetry export"),
    ],
)
def test_what_is_no_lock_is_an_error_with_the_command_to_type(
    tmp_path: Path, kind: str, text: str, message: str, hint: str
) -> None:
    with pytest.raises(HomeportError, match=message) as error:
        converted(tmp_path, kind, text)
    assert hint in error.value.hint
