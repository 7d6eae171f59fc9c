"""A team that wants to leave Heroku: import over HTTP, check, estimate, simulate; and the same again a month later."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.heroku.server.answers import TOKEN, TOKEN_EXPIRED
from tests.heroku.server.serve import Served, serve_in_thread
from tests.heroku.server.team import TEAM

pytestmark = pytest.mark.integration


class Person:
    """Types commands in a folder of their own; Heroku is the local Platform API."""

    def __init__(self, folder: Path, served: Served) -> None:
        self.folder = folder / "team"
        self.folder.mkdir()
        self.served = served
        self.environment = {
            **os.environ,
            "NO_COLOR": "1",
            "HEROKU_API_KEY": TOKEN,
            "HOMEPORT_HEROKU_URL": served.hosts.api.removesuffix("/api"),
            "HOMEPORT_HOME": str(folder / "home"),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_CACHE_HOME": str(folder / "cache"),
        }

    def types(self, *arguments: str, expected: int = 0, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "homeport", *arguments],
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == expected, done.stdout + done.stderr
        return done.stdout + done.stderr

    def files(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted(self.folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    with serve_in_thread(TEAM, latency=0.05) as served:
        yield Person(tmp_path_factory.mktemp("import"), served)


def test_a_token_that_has_expired_is_told_and_nothing_is_written(person: Person) -> None:
    said = person.types("import", HEROKU_API_KEY=TOKEN_EXPIRED, expected=1)
    assert "heroku authorizations:create" in said and TOKEN_EXPIRED not in said
    assert person.files() == {}


def test_a_stand_in_elsewhere_never_gets_the_token(person: Person) -> None:
    said = person.types("import", HOMEPORT_HEROKU_URL="http://heroku.example", expected=1)
    assert "is not on this machine" in said


def test_the_team_becomes_a_platform_that_check_accepts(person: Person) -> None:
    said = person.types("import")
    assert "read 8 apps from Heroku" in said
    assert {request.method for request in person.served.answers.seen} == {"GET"}
    assert "magicbook is valid" in person.types("check")


def test_no_value_of_a_config_var_is_in_anything_that_was_written_or_said(person: Person) -> None:
    secret = [value for app in TEAM.apps for value in app.config.values() if len(value) > 12]
    assert len(secret) > 10
    written = b"\n".join(person.files().values()).decode()
    assert not [value for value in secret if value in written]


def test_importing_again_changes_nothing(person: Person) -> None:
    before = person.files()
    assert "nothing changed since the last import" in person.types("import")
    assert person.files() == before


def test_what_a_person_edited_stays(person: Person) -> None:
    file = person.folder / "homeport.yml"
    edited = file.read_text().replace("health: /healthz ", "health: /alive ", 1)
    file.write_text(edited)
    person.types("import")
    assert file.read_text() == edited


def test_the_bills_are_compared_line_by_line(person: Person) -> None:
    answer = json.loads(person.types("estimate", "--json"))
    assert answer["heroku"]["cents"] == sum(line["cents"] or 0 for line in answer["heroku"]["lines"])
    assert answer["unknown"] and answer["filled"]["from"] == "us-east-1"  # it is in eu-west-1
    assert answer["filled"]["cents"] > answer["aws"]["cents"]
    page = person.folder.parent / "bills.html"
    said = person.types("estimate", "--html", str(page))
    assert "with the prices of us-east-1 for" in said and "unknown here" in said
    assert "with the prices of us-east-1 for" in page.read_text()


def test_the_traffic_that_was_measured_can_be_replayed(person: Person) -> None:
    said = person.types("simulate", "--service", "catalog", "--service-time", "60", "200")
    assert "hold p95" in said and "Fargate in eu-west-1" in said
