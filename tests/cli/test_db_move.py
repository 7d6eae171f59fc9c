"""A whole move as it is typed, from one command to the next."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from homeport.cli.db import COMMANDS, db
from homeport.errors import HomeportError
from homeport.postgres.server import Server
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql
from tests.postgres.conftest import cluster, clusters  # noqa: F401 fixtures

pytestmark = pytest.mark.integration
Find = Callable[..., Cluster]


class Person:
    """Types commands about one move; both URLs are in variables."""

    def __init__(self, source: Server, target: Server, state: Path) -> None:
        self.source, self.target, self.state = source, target, state
        self.variables = {"FROM_URL": url(source), "TO_URL": url(target)}

    def types(self, command: str, *options: str, expected: int = 0) -> Result:
        arguments = [command, "FROM_URL", "TO_URL", *options]
        if command not in ("check", "compare"):
            arguments += ["--state", str(self.state)]
        result = CliRunner().invoke(db, arguments, env=self.variables)
        assert result.exit_code == expected, (result.output, result.exception)
        said = result.output + str(result.exception or "")
        assert not any(str(server.password) in said for server in (self.source, self.target))
        return result


def url(server: Server) -> str:
    root = dict(server.ssl_files).get("sslrootcert", "")
    query = f"?sslmode={server.ssl_mode}" + (f"&sslrootcert={root}" if root else "")
    return f"postgres://{server.user}:{server.password}@{server.host}:{server.port}/{server.database}{query}"


@pytest.fixture
def person(cluster: Find, tmp_path: Path) -> Person:  # noqa: F811
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    run_sql(
        source,
        "CREATE TABLE book (id serial PRIMARY KEY, title text)",
        "INSERT INTO book (title) SELECT 't' || i FROM generate_series(1, 1000) i",
    )
    return Person(source, target, tmp_path / "state")


def test_a_move_there_and_back(person: Person, tmp_path: Path) -> None:
    assert "phase    not begun" in person.types("status").stdout
    told = person.types("follow", "--until-caught-up", "--json").stdout
    lags = [json.loads(line) for line in told.splitlines()]  # one now and then, where it takes long, and the last
    assert lags[-1]["seconds"] <= 1.0
    run_sql(person.source, "UPDATE book SET title = 'new' WHERE id <= 7")
    status = person.types("status").stdout
    assert "lag      7 rows" in status
    assert "next     homeport db cutover FROM_URL TO_URL" in status

    dry = person.types("cutover", "--dry-run")
    assert "the real one would freeze writers for about" in dry.stdout
    switched = tmp_path / "switched"
    command = f'printf "%s" "$HOMEPORT_TARGET_DATABASE" > {switched}'
    done = person.types("cutover", "--switch", command, "--yes")
    assert switched.read_text() == person.target.database
    assert done.stderr.index("the point of no return") < done.stderr.index("fence\n")
    assert "switched; writers were refused for" in done.stdout
    run_sql(person.target, "INSERT INTO book (title) VALUES ('there')")
    assert "lag      1 row, " in person.types("status").stdout

    assert "caught up: lag" in person.types("follow", "--back", "--until-caught-up").stdout
    back = person.types("rollback", "--switch", command, "--yes")
    assert switched.read_text() == person.source.database
    assert "back; writers were refused for" in back.stdout
    assert run_sql(person.source, "SELECT title FROM book WHERE id > 1000") == [("there",)]
    person.types("clean", "--target", "--yes")
    status = json.loads(person.types("status", "--json").stdout)
    assert (status["move"], status["source"]["left"], status["target"]["left"]) == (None, [], [])
    assert "equal:" in person.types("compare").stdout


def test_without_a_switch_command_nobody_but_a_person_says_that_it_is_made(person: Person) -> None:
    person.types("follow", "--until-caught-up")
    refused = person.types("cutover", "--yes", expected=1)
    assert isinstance(refused.exception, HomeportError)
    assert "is not switched" in refused.exception.message
    assert "heroku config:set DATABASE_URL=" in refused.stderr
    status = json.loads(person.types("status", "--json").stdout)
    assert (status["phase"], status["source"]["fenced"]) == ("switching", 1)
    again = person.types("cutover", "--yes", "--switch", "true")
    assert "the move is switching: it goes on from there" in again.stderr
    assert "switched; writers were refused for" in again.stdout


def test_a_cutover_that_nobody_agreed_to_asks_for_that(person: Person) -> None:
    assert "--yes agrees to the freeze" in person.types("cutover", expected=2).output
    assert "--yes agrees" in person.types("clean", expected=2).output


def test_a_move_is_given_up_after_saying_what_goes(person: Person) -> None:
    person.types("follow", "--until-caught-up")
    name = person.target.database
    assert "--abandon --drop-copy DATABASE" in person.types("clean", "--drop-copy", name, expected=2).output
    dry = json.loads(person.types("clean", "--abandon", "--drop-copy", name, "--dry-run", "--json").stdout)
    assert (dry["dry_run"], dry["phase"]) == (True, "following")
    assert "TABLE public.book" in dry["target"]["dropped"]
    assert "schema homeport" in dry["source"]["left"][0]
    assert run_sql(person.target, "SELECT count(*) FROM book") == [(1000,)]
    unasked = person.types("clean", "--abandon", "--drop-copy", name, expected=2)
    assert "TABLE public.book" in unasked.stderr and "--yes agrees" in unasked.output
    done = person.types("clean", "--abandon", "--drop-copy", name, "--yes")
    assert done.stderr.index("dropped from") < done.stderr.index("drop what was copied")
    assert f"/{name}" in done.stdout
    assert run_sql(person.target, "SELECT to_regclass('book') IS NULL, to_regnamespace('homeport') IS NULL") == [
        (True, True)
    ]
    again = person.types("clean", "--abandon", "--drop-copy", name, "--yes")
    assert "nothing, there is nothing of Homeport" in again.stderr


def test_a_switch_that_fails_may_be_made_again_or_taken_back(person: Person) -> None:
    person.types("follow", "--until-caught-up")
    failed = person.types("cutover", "--yes", "--switch", "false", expected=1)
    assert "the switch: 'false' ended with 1" in str(failed.exception)
    assert "next     homeport db cutover FROM_URL TO_URL" in person.types("status").stdout
    assert "back; writers were refused for" in person.types("rollback", "--yes", "--switch", "true").stdout


def test_a_rehearsal_says_how_long_the_freeze_will_be_and_leaves_nothing(person: Person) -> None:
    report = json.loads(person.types("rehearse", "--json").stdout)
    assert 0 < report["freeze_seconds_expected"] < 60
    assert run_sql(person.target, "SELECT to_regclass('public.book')") == [(None,)]
    assert run_sql(person.source, "SELECT to_regnamespace('homeport')") == [(None,)]


def test_the_process_ends_with_1_if_sides_differ(person: Person, tmp_path: Path) -> None:
    def run(command: str) -> int:
        arguments = [sys.executable, "-m", "homeport", "db", command, "FROM_URL", "TO_URL"]
        environment = os.environ | person.variables | {"PYTHONPATH": str(Path(__file__).parents[2])}
        return subprocess.run(arguments, env=environment, cwd=tmp_path, capture_output=True).returncode

    assert (run("status"), run("compare")) == (0, 1)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_a_help_text(name: str) -> None:
    said = CliRunner().invoke(db, [name, "--help"])
    assert said.exit_code == 0
    assert "SOURCE TARGET" in said.output
