"""What a switch command is told, and what nobody else is."""

import pytest

from homeport.errors import HomeportError
from homeport.postgres.cutover.switch import render_instructions, render_url, run_switch, switch_environment
from homeport.postgres.server import Server, parse_url

SERVER = Server("db.example.com", 6432, "us er", "shop 1", "p@ss:w/rd%", "verify-full", (("sslrootcert", "/a b/ca"),))


@pytest.mark.parametrize(
    "server",
    [
        SERVER,
        Server("::1", 5432, "u", "d", None, "disable"),
        Server("/var/run/postgresql", 5433, "u", "d", "secret", "prefer"),
    ],
)
def test_a_url_leads_to_the_server_that_it_was_made_of(server: Server) -> None:
    assert parse_url(render_url(server), "the target") == server


def test_the_command_finds_the_server_in_its_environment() -> None:
    environment = switch_environment(SERVER, {"PATH": "/bin", "DATABASE_URL": "the old one"})
    assert environment == {
        "PATH": "/bin",
        "HOMEPORT_TARGET_HOST": "db.example.com",
        "HOMEPORT_TARGET_PORT": "6432",
        "HOMEPORT_TARGET_DATABASE": "shop 1",
        "HOMEPORT_TARGET_USER": "us er",
        "DATABASE_URL": render_url(SERVER),
    }


def test_what_the_command_says_is_without_the_password() -> None:
    said = run_switch('echo "$DATABASE_URL"; printf "%s" "p@ss:w/rd%"', SERVER)
    assert "db.example.com" in said
    assert "***" in said
    assert "p@ss" not in said
    assert "p%40ss" not in said


def test_a_command_that_fails_is_told_with_its_words_and_without_the_password() -> None:
    with pytest.raises(HomeportError, match=r"ended with 7: no: postgres://us%20er:\*\*\*@db") as failed:
        run_switch('echo "no: $DATABASE_URL" >&2; exit 7', SERVER)
    assert "rollback" in failed.value.hint


def test_instructions_hold_a_url_without_its_password() -> None:
    text = "\n".join(render_instructions(SERVER))
    assert "postgres://us%20er:***@db.example.com:6432/shop%201?sslmode=verify-full" in text
    assert "p%40ss" not in text
