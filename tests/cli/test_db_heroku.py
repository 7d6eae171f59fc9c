"""A Heroku app names a database: asked over HTTP, by GET alone."""

from collections.abc import Iterator

import pytest

from homeport.cli.db_heroku import read_url
from homeport.cli.db_server import Reach, find_server
from homeport.errors import HomeportError
from tests.heroku.server.answers import TOKEN, TOKEN_EXPIRED, TOKEN_WITHOUT_CONFIG
from tests.heroku.server.serve import Served, serve_in_thread
from tests.heroku.server.team import TEAM

APP = "magicbook-catalog"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve_in_thread(TEAM) as one:
        yield one


@pytest.fixture(autouse=True)
def logged_in(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOMEPORT_HEROKU_URL", served.hosts.api.removesuffix("/api"))
    monkeypatch.setenv("HEROKU_API_KEY", TOKEN)


def secrets() -> list[str]:
    urls = [value for addon in TEAM.addons for value in addon.variables.values() if "@" in value]
    assert urls
    return [url.partition("@")[0].rpartition(":")[2] for url in urls]


def test_an_app_names_its_database(served: Served) -> None:
    url = read_url(APP, "DATABASE", "the source")
    assert url.startswith("postgres://")
    server = find_server(f"heroku:{APP}", "the source", Reach())
    assert server.password and server.password in url
    assert find_server(f"heroku:{APP}/database", "the source", Reach()) == server
    assert find_server(f"heroku:{APP}/DATABASE_URL", "the source", Reach()) == server
    assert {request.method for request in served.answers.seen} == {"GET"}


def test_an_attachment_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(HomeportError) as wrong:
        find_server(f"heroku:{APP}/HEROKU_POSTGRESQL_BLUE", "the source", Reach())
    assert f"config var HEROKU_POSTGRESQL_BLUE_URL of {APP} is not there" in wrong.value.message
    assert f"heroku:{APP}/DATABASE" in wrong.value.hint
    assert not any(secret in wrong.value.message + wrong.value.hint for secret in secrets())


def test_an_app_that_is_not_there_is_told() -> None:
    with pytest.raises(HomeportError, match="there is no app absent"):
        find_server("heroku:absent", "the source", Reach())


@pytest.mark.parametrize(("token", "said"), [(TOKEN_EXPIRED, "401"), (TOKEN_WITHOUT_CONFIG, "read-protected")])
def test_a_token_that_may_not_read_config_is_told_what_to_do(
    token: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEROKU_API_KEY", token)
    with pytest.raises(HomeportError) as wrong:
        read_url(APP, "DATABASE", "the source")
    assert said in wrong.value.message and "heroku authorizations:create" in wrong.value.hint
    assert token not in wrong.value.message + wrong.value.hint
