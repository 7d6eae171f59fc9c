"""Names of SOURCE and TARGET, and what is shown of them."""

from collections.abc import Mapping
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from homeport.cli.db import db
from homeport.cli.db_server import (
    Reach,
    Sides,
    find_server,
    find_sides,
    show,
    state_file,
    takes_sides,
    without_passwords,
)
from homeport.errors import HomeportError
from homeport.postgres.server import Server

ONE = "postgres://u:s3cret-1@one.example/shop"
OTHER = "postgres://u:s3cret-2@other.example:6000/shop"
YML = "name: shop\nregion: eu-west-1\ndatabases:\n  main-db: {}\n"


def reach(environment: Mapping[str, str] = {}, lines: tuple[str, ...] = (), file: Path = Path("homeport.yml")) -> Reach:
    left = iter(lines)
    return Reach(environment, file, lambda: next(left, ""))


def found(*arguments: str, lines: str = "", **variables: str) -> tuple[Sides | None, Result]:
    """What a command finds when these arguments are typed."""
    sides: list[Sides] = []

    @click.command()
    @takes_sides
    def look(source: str, target: str) -> None:
        sides.append(find_sides(source, target))

    unset = {"HOMEPORT_SOURCE": None, "HOMEPORT_TARGET": None}
    result = CliRunner().invoke(look, arguments, env=unset | variables, input=lines)
    return (sides[0] if sides else None), result


def test_a_url_names_a_server() -> None:
    server = find_server(ONE, "the source", reach())
    assert (server.host, server.password, server.ssl_mode) == ("one.example", "s3cret-1", "require")


def test_a_variable_holds_a_url() -> None:
    assert find_server("DATABASE_URL", "the source", reach({"DATABASE_URL": ONE})).host == "one.example"


def test_each_dash_takes_the_next_line_of_stdin() -> None:
    lines = reach(lines=(f"{ONE}\n", f"{OTHER}\n"))
    assert [find_server("-", "a side", lines).host for _ in range(2)] == ["one.example", "other.example"]
    with pytest.raises(HomeportError, match="a side: stdin holds no line for it"):
        find_server("-", "a side", lines)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ABSENT", "the source: there is no environment variable ABSENT"),
        ("u:s3cret-1@one.example/shop", "the source: is no name of a database"),
        ("heroku:Shop", "the source: is no name of a database"),
        ("prod/main-db/more", "the source: is no name of a database"),
        ("mysql://u:s3cret-1@one.example/shop", "the source: is not the URL of a PostgreSQL database"),
        ("prod/absent", "environment"),
    ],
)
def test_what_is_no_name_is_refused_without_repeating_a_password(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "homeport.yml"
    file.write_text(YML)
    with pytest.raises(HomeportError) as wrong:
        find_server(text, "the source", reach(file=file))
    assert said in wrong.value.message
    assert "s3cret" not in wrong.value.message + wrong.value.hint


def test_names_are_shown_again_and_urls_are_not() -> None:
    names = ["DATABASE_URL", "heroku:shop", "heroku:shop/HEROKU_POSTGRESQL_BLUE", "prod/main-db"]
    assert [show(name, "SOURCE") for name in names] == names
    assert [show(text, "SOURCE") for text in (ONE, "-")] == ["SOURCE", "SOURCE"]


def test_without_arguments_two_variables_say_which() -> None:
    sides, _ = found(HOMEPORT_SOURCE=ONE, HOMEPORT_TARGET="PLACE", PLACE=OTHER)
    assert sides
    assert (sides.source.host, sides.target.port, sides.shown) == ("one.example", 6000, "")


def test_one_argument_is_the_source_if_only_the_target_is_set() -> None:
    sides, _ = found("FROM", FROM=ONE, HOMEPORT_TARGET=OTHER)
    assert sides and sides.shown == "FROM TARGET"
    none, result = found("FROM", FROM=ONE, HOMEPORT_SOURCE=ONE, HOMEPORT_TARGET=OTHER)
    assert none is None and result.exit_code == 2
    assert "give both names, or none" in result.output


def test_what_is_wrong_with_either_side_is_said_at_once() -> None:
    _, result = found("ABSENT", "http://x")
    assert isinstance(result.exception, HomeportError)
    assert [line.partition(":")[0] for line in result.exception.message.splitlines()] == ["the source", "the target"]


def test_both_urls_may_come_through_stdin() -> None:
    sides, _ = found("-", "-", lines=f"{ONE}\n{OTHER}\n")
    assert sides and [sides.source.host, sides.target.host] == ["one.example", "other.example"]
    assert "s3cret" not in repr(sides)


@pytest.mark.parametrize(
    "arguments",
    [[ONE], ["copy", ONE, OTHER, ONE], ["check", "--jobs", ONE, ONE, OTHER], ["copy", ONE, OTHER, f"--quickly={ONE}"]],
)
def test_a_usage_error_repeats_no_password(arguments: list[str]) -> None:
    result = CliRunner().invoke(db, arguments)
    assert result.exit_code == 2
    assert "s3cret" not in result.output


def test_a_text_is_shown_without_the_passwords_of_its_urls() -> None:
    assert without_passwords(f"({ONE}) x://y") == "(postgres://u:***@one.example/shop) x://y"


def test_a_move_has_a_state_file_of_its_own() -> None:
    assert state_file(None, Server("h", 5432, "u", "d")) == Path(".homeport/move-h-5432-d.sqlite")
    assert state_file(None, Server("/run/pg", 5432, "u", "d")) == Path(".homeport/move-_run_pg-5432-d.sqlite")
    assert state_file(Path("x"), Server("h", 5432, "u", "d")) == Path("x")
