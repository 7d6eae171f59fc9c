"""Generated and mutated files of each format: no traceback, nothing hangs, every doubt has its place."""

import os
from collections.abc import Callable

import pytest
from hypothesis import given, settings

from homeport.heroku.files import locks, python
from homeport.heroku.files.app_json import parse_app_json
from homeport.heroku.files.capture import parse_answer
from homeport.heroku.files.findings import Place
from homeport.heroku.files.heroku_yml import parse_heroku_yml
from homeport.heroku.files.jobs import parse_jobs
from homeport.heroku.files.lists import parse_aptfile, parse_buildpacks
from homeport.heroku.files.procfile import parse_procfile
from homeport.heroku.files.requirements import parse_requirements
from homeport.heroku.files.terraform import parse_terraform
from homeport.heroku.records import Inventory
from tests.heroku.files import odd

Check = Callable[[str], None]
PLACE = Place("shop/file", "shop")
FEW = settings(max_examples=60)
SOME = settings(FEW, max_examples=200)
MANY = settings(max_examples=10_000 if os.environ.get("HOMEPORT_LONG") else 1_000, database=None)


def told(parse: Callable[[str, Place], Inventory]) -> Check:
    """A check that also wants a word on why nothing was read."""

    def check(text: str) -> None:
        found = odd.check_found(lambda: parse(text, PLACE), PLACE.path)
        assert found.records or found.doubts, "nothing was read, and nothing says why"

    return check


def checked(parse: Callable[[str, Place], Inventory]) -> Check:
    def check(text: str) -> None:
        odd.check_found(lambda: parse(text, PLACE), PLACE.path)

    return check


PEOPLES: dict[str, tuple[Check, str]] = {
    "Procfile": (told(parse_procfile), odd.PROCFILE),
    "app.json": (told(parse_app_json), odd.APP_JSON),
    "heroku.yml": (told(parse_heroku_yml), odd.HEROKU_YML),
}
OTHERS: dict[str, tuple[Check, str]] = {
    "requirements.txt": (checked(lambda text, at: parse_requirements(text, at, lambda path: None)), odd.REQUIREMENTS),
    "terraform": (checked(lambda text, at: parse_terraform([(text, at)])), odd.TERRAFORM),
    "jobs": (told(parse_jobs), odd.JOBS),
    "pasted jobs": (told(parse_jobs), odd.PASTED),
    "Aptfile": (checked(parse_aptfile), "gdal\n:repo:deb http://a:b@example.com noble main\n"),
    ".buildpacks": (checked(parse_buildpacks), "https://a:b@example.com/b.git#v1\n"),
    "runtime.txt": (told(python.parse_runtime), "python-3.12.1\n"),
    ".python-version": (told(python.parse_python_version), "3.12 # ours\n"),
    "uv.lock": (checked(locks.parse_uv_lock), odd.UV_LOCK),
    "poetry.lock": (checked(locks.parse_poetry_lock), odd.UV_LOCK),
    "Pipfile.lock": (checked(locks.parse_pipfile_lock), odd.PIPFILE_LOCK),
    "pyproject.toml": (checked(locks.parse_pyproject), '[project]\ndependencies = ["django==5.0"]\n'),
    "ps": (checked(lambda text, at: parse_answer(text, "ps", at)), odd.PS),
    "addons": (checked(lambda text, at: parse_answer(text, "addons", at)), odd.ADDONS),
    "config": (checked(lambda text, at: parse_answer(text, "config", at)), '{"A": "b", "C": null}'),
    "pg": (checked(lambda text, at: parse_answer(text, "pg", at)), odd.PG_INFO),
}


@pytest.fixture(scope="module", autouse=True)
def grammar() -> None:
    """python-hcl2 makes its parser once after it was installed, in four seconds, and keeps it: no file's own time."""
    parse_terraform([(odd.TERRAFORM, PLACE)])


@pytest.mark.parametrize("name", [*PEOPLES, *OTHERS])
def test_odd_files_are_read_or_doubted(name: str) -> None:
    check, example = (PEOPLES | OTHERS)[name]
    (SOME if name in PEOPLES else FEW)(given(odd.texts(example))(check))()


@pytest.mark.integration
@pytest.mark.parametrize("name", PEOPLES)
def test_many_odd_files_are_read_or_doubted(name: str) -> None:
    """Ten thousand each in the long form (`make long`), which takes minutes."""
    check, example = PEOPLES[name]
    MANY(given(odd.texts(example))(check))()
