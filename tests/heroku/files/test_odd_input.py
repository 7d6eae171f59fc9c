"""Generated and mutated Procfile, app.json and heroku.yml: no traceback, nothing hangs, every doubt has its place."""

import os

import pytest
from hypothesis import HealthCheck, given, settings

from homeport.heroku.files.app_json import parse_app_json
from homeport.heroku.files.findings import Place
from homeport.heroku.files.heroku_yml import parse_heroku_yml
from homeport.heroku.files.procfile import parse_procfile
from tests.heroku.files.odd import APP_JSON, HEROKU_YML, PROCFILE, check_found, texts

FEW = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MANY = settings(
    max_examples=int(os.environ.get("HOMEPORT_EXAMPLES", "10000")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)


def procfile(text: str) -> None:
    check_found(lambda: parse_procfile(text, Place("shop/Procfile", "shop")), "shop/Procfile")


def app_json(text: str) -> None:
    check_found(lambda: parse_app_json(text, Place("shop/app.json", "shop")), "shop/app.json")


def heroku_yml(text: str) -> None:
    check_found(lambda: parse_heroku_yml(text, Place("shop/heroku.yml", "shop")), "shop/heroku.yml")


CASES = {"Procfile": (procfile, PROCFILE), "app.json": (app_json, APP_JSON), "heroku.yml": (heroku_yml, HEROKU_YML)}


@pytest.mark.parametrize("name", CASES)
def test_hundreds_of_odd_files_are_read_or_doubted(name: str) -> None:
    check, example = CASES[name]
    FEW(given(texts(example))(check))()


@pytest.mark.integration
@pytest.mark.parametrize("name", CASES)
def test_ten_thousand_odd_files_are_read_or_doubted(name: str) -> None:
    check, example = CASES[name]
    MANY(given(texts(example))(check))()
