"""URLs become servers, or words; a password is never among them."""

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.errors import HomeportError
from homeport.postgres.server import Server, explain, parse_url, redact, render_options


def said(text: str) -> str:
    with pytest.raises(HomeportError) as caught:
        parse_url(text, "the source")
    return f"{caught.value.message}\n{caught.value.hint}"


def test_a_url_of_heroku_is_read() -> None:
    server = parse_url("postgres://u4k:p1%2F%40z@ec2-1.example.com:5632/d9", "the source")
    assert server == Server("ec2-1.example.com", 5632, "u4k", "d9", "p1/@z", "require")


def test_tls_is_required_except_here() -> None:
    modes = {
        "postgresql://u:p@db.example.com/d": "require",
        "postgresql://u:p@localhost/d": "prefer",
        "postgresql://u:p@[::1]:6000/d": "prefer",
        "postgresql://u:p@/d?host=/run/postgresql": "prefer",
        "postgresql://u:p@127.0.0.1/d?sslmode=verify-full&sslrootcert=/ca.pem": "verify-full",
    }
    assert {url: parse_url(url, "x").ssl_mode for url in modes} == modes


def test_a_socket_folder_and_files_are_kept() -> None:
    server = parse_url("postgres://u@/d?host=%2Frun%2Fpg&sslrootcert=/ca.pem&connect_timeout=3", "x")
    assert (server.host, server.password, server.ssl_files, server.connect_timeout_seconds) == (
        "/run/pg",
        None,
        (("sslrootcert", "/ca.pem"),),
        3,
    )


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://u:hunter2@h/d", "is not the URL of a PostgreSQL database"),
        ("hunter2", "is not the URL of a PostgreSQL database"),
        ("postgres://u:hunter2@h:notaport/d", "is not a URL"),
        ("postgres://u:hunter2/x@h:5432/d", "is not a URL"),
        ("postgres://u:hunter2@h", "names no database"),
        ("postgres://:hunter2@h/d", "names no user"),
        ("postgres://u:hunter2@/d", "names no host"),
        ("postgres://u:hunter2@h/d?sslmode=maybe", "sslmode is 'maybe', not one of disable"),
        ("postgres://u:hunter2@h/d?password=hunter2", "does not understand ?password="),
        ("postgres://u:hunter2@h/d#x", "has a # that should be %23"),
        ("postgres://u:hunter2@a,b/d", "names several hosts"),
        ("postgres://u:hunter2@h/d?connect_timeout=soon", "connect_timeout is not a number"),
    ],
)
def test_a_wrong_url_is_named_without_its_password(url: str, words: str) -> None:
    text = said(url)
    assert words in text
    assert text.startswith("the source: ")
    assert "hunter2" not in text


def test_all_mistakes_are_named_at_once() -> None:
    assert len(said("postgres://h?sslmode=x&y=1").splitlines()) >= 4


@given(st.text(min_size=1).filter(lambda text: "\0" not in text))
def test_any_password_survives_and_is_never_shown(password: str) -> None:
    from urllib.parse import quote

    server = parse_url(f"postgres://u:{quote(password, safe='', errors='surrogatepass')}@h/d", "x")
    assert server.password == password
    assert "password" not in repr(server)
    assert redact(server, f"a{password}b").count(password) <= "a***b".count(password)


def test_options_keep_blanks_and_backslashes() -> None:
    assert render_options({"a": "b c", "d": "\\"}) == "-c a=b\\ c -c d=\\\\"


def test_a_short_password_does_not_hide_what_is_wrong() -> None:
    server = Server("db.example.org", 5432, "shop", "shop", "w")
    error = psycopg.OperationalError("FATAL: password authentication failed for user")
    assert "refuses this user with this password" in explain(server, error, "the source").message
