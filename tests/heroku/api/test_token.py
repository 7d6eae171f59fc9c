"""Where Heroku's token comes from, and that it stays there."""

import sys
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.heroku.api.token import find_token, read_cli_token, read_netrc_token

NETRC = """machine api.heroku.com
  login ada@magicbook.example
  password from-netrc
machine other.example login x password y
"""


@pytest.fixture
def netrc(tmp_path: Path) -> Path:
    file = tmp_path / "netrc"
    file.write_text(NETRC)
    file.chmod(0o600)
    return file


def test_the_environment_goes_before_the_cli_and_the_cli_before_netrc(netrc: Path) -> None:
    cli = "from-cli\n"
    assert find_token({"HEROKU_API_KEY": " from-env "}, netrc, lambda: cli).value == "from-env"
    assert find_token({}, netrc, lambda: cli).value == "from-cli"
    token = find_token({}, netrc, lambda: "")
    assert (token.value, token.source) == ("from-netrc", str(netrc))


def test_a_token_is_not_in_its_repr() -> None:
    token = find_token({"HEROKU_API_KEY": "very-secret"}, Path("none"), lambda: "")
    assert "very-secret" not in f"{token!r}{token}"


def test_without_a_token_it_is_told_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(HomeportError) as raised:
        find_token({}, tmp_path / "none", lambda: "")
    assert "HEROKU_API_KEY is not set" in raised.value.message
    assert "heroku authorizations:create -s read,read-protected" in raised.value.hint


def test_the_wrong_variable_is_told(netrc: Path) -> None:
    environment = {"HEROKU_API_TOKEN": "very-secret"}
    (warning,) = find_token(environment, netrc, lambda: "").warnings
    assert "HEROKU_API_KEY" in warning and "very-secret" not in warning
    with pytest.raises(HomeportError, match="HEROKU_API_TOKEN is set, which nothing reads"):
        find_token(environment, Path("none"), lambda: "")


def test_what_cannot_be_a_token_is_refused_without_showing_it() -> None:
    with pytest.raises(HomeportError) as raised:
        find_token({"HEROKU_API_KEY": "two words"}, Path("none"), lambda: "")
    assert "two words" not in raised.value.message + raised.value.hint


@pytest.mark.parametrize(
    ("code", "token"),
    [
        ("print('abc-123')", "abc-123"),
        ("import sys; print(' ›   Warning: old', file=sys.stderr); print('abc-123')", "abc-123"),
        ("raise SystemExit(1)", ""),
        ("pass", ""),
    ],
)
def test_the_cli_is_asked_in_a_process_of_its_own(code: str, token: str) -> None:
    assert read_cli_token((sys.executable, "-c", code)) == token


def test_a_missing_cli_is_no_error() -> None:
    assert read_cli_token(("no-such-heroku", "auth:token")) == ""


@pytest.mark.parametrize("text", ["machine other.example login x password y\n", "not a netrc at all {\n", ""])
def test_a_netrc_without_heroku_has_no_token(tmp_path: Path, text: str) -> None:
    (tmp_path / "netrc").write_text(text)
    assert read_netrc_token(tmp_path / "netrc") == ""
