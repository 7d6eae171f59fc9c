"""One call: what is sent, what comes back."""

from pathlib import Path

import httpx
import pytest

from homeport.errors import HomeportError
from homeport.heroku.api import calls, wire
from homeport.heroku.api.call import Answer, Call, Refusal, path
from homeport.heroku.api.client import Client, open_http
from homeport.heroku.api.shelf import Shelf
from tests.heroku.api.reading import client_of
from tests.heroku.server.answers import TOKEN, Answers, Faults
from tests.heroku.server.serve import InProcess, local_hosts, serve
from tests.heroku.server.team import TEAM, fleet

VERBS = ("POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


@pytest.mark.parametrize("verb", VERBS)
async def test_anything_but_get_is_refused_before_it_is_sent(verb: str) -> None:
    async with serve(TEAM) as served, open_http(TOKEN) as http:
        with pytest.raises(HomeportError, match=f"{verb} is refused: Homeport only reads"):
            await http.request(verb, f"{served.hosts.api}/apps")
    assert not served.answers.seen


async def test_pages_are_asked_for_until_there_are_no_more() -> None:
    async with serve(fleet(25), faults=Faults(page_max=10)) as served, client_of(served.hosts) as client:
        answer = await client.read(calls.apps(""))
    assert isinstance(answer, Answer)
    assert len({app.name for app in answer.items}) == 25
    ranges = [request.headers["range"] for request in served.answers.seen]
    assert ranges[0] == "id ..; max=1000;"
    assert len(ranges) == 3 and all(one.startswith("id ]") for one in ranges[1:])


async def test_only_the_newest_page_of_releases_is_asked_for() -> None:
    async with serve(TEAM) as served, client_of(served.hosts) as client:
        answer = await client.read(calls.releases("magicbook-catalog"))
    assert isinstance(answer, Answer)
    assert [release.version for release in answer.items] == list(range(413, 403, -1))
    assert len(served.answers.seen) == 1


async def test_variants_and_expansions_are_asked_for_where_they_are_needed() -> None:
    async with serve(TEAM) as served, client_of(served.hosts) as client:
        await client.read(calls.addons(""))
        await client.read(calls.REGIONS)
    addons, regions = served.answers.seen
    assert addons.headers["accept"] == "application/vnd.heroku+json; version=3.sdk"
    assert addons.headers["accept-expansion"] == "addon_service,plan"
    assert regions.headers["accept"] == "application/vnd.heroku+json; version=3"
    assert "accept-expansion" not in regions.headers
    assert addons.headers["request-id"] != regions.headers["request-id"]


async def test_a_refusal_keeps_heroku_s_reason_and_request_id() -> None:
    async with serve(TEAM) as served, client_of(served.hosts) as client:
        refusal = await client.read(calls.formation("nothing-here"))
    assert refusal == Refusal(404, "not_found", "Couldn't find that.", "request-1")
    assert refusal.reason == "Heroku does not know it (404): Couldn't find that."


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (httpx.Response(302, headers={"Location": "https://elsewhere.example/"}), "redirects, which is not followed"),
        (httpx.Response(200, content=b"<html>"), "the answer is not JSON"),
        (httpx.Response(418, content=b"[]"), "Heroku answers 418"),
        (httpx.Response(403, json={"id": "suspended", "message": "\x1b[31mno\n"}), "is suspended: [31mno"),
    ],
)
async def test_odd_answers_are_refusals(response: httpx.Response, reason: str) -> None:
    transport = httpx.MockTransport(lambda request: response)
    async with Client(open_http(TOKEN, transport), hosts=local_hosts("http://heroku.test")) as client:
        refusal = await client.read(calls.REGIONS)
    assert isinstance(refusal, Refusal)
    assert reason in refusal.reason


async def test_a_list_that_always_names_the_same_next_page_ends() -> None:
    headers = {"Next-Range": "id ]x..; max=1000;"}
    transport = httpx.MockTransport(
        lambda request: httpx.Response(206, json=[{"id": "x", "name": "x"}], headers=headers)
    )
    async with Client(open_http(TOKEN, transport), hosts=local_hosts("http://heroku.test")) as client:
        answer = await client.read(calls.apps(""))
    assert isinstance(answer, Answer) and len(answer.items) == 2


async def test_the_token_goes_to_the_host_and_nowhere_else(tmp_path: Path) -> None:
    answers = Answers(TEAM)
    http = open_http(TOKEN, InProcess(answers))
    async with Client(http, hosts=local_hosts("http://heroku.test"), cache=Shelf(tmp_path / "cache")) as client:
        await client.read(calls.REGIONS)
        assert TOKEN not in repr(client) + repr(http) + repr(vars(client))
    assert answers.seen[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in "".join(file.read_text() for file in (tmp_path / "cache").iterdir())


async def test_a_changed_answer_replaces_the_cached_one(tmp_path: Path) -> None:
    cache, hosts = Shelf(tmp_path), local_hosts("http://heroku.test")
    names = []
    for size in (1, 1, 2):
        answers = Answers(fleet(size), is_checked=False)
        async with Client(open_http(TOKEN, InProcess(answers)), hosts=hosts, cache=cache) as client:
            answer = await client.read(calls.apps(""))
            assert isinstance(answer, Answer)
            names.append((len(answer.items), answers.not_modified))
    assert names == [(1, 0), (1, 1), (2, 0)]


async def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve(TEAM) as served:
        monkeypatch.setenv("HTTP_PROXY", served.hosts.api.removesuffix("/api"))
        async with client_of(local_hosts("http://heroku.test")) as client:  # a name that does not exist
            answer = await client.read(calls.REGIONS)
    assert isinstance(answer, Answer) and len(served.answers.seen) == 1


def test_a_name_cannot_leave_its_place_in_a_path() -> None:
    assert path("apps", "../account?x#y", "formation") == "/apps/..%2Faccount%3Fx%23y/formation"


async def test_a_cache_that_cannot_be_understood_is_asked_for_again(tmp_path: Path) -> None:
    hosts, answers = local_hosts("http://heroku.test"), Answers(TEAM)
    for _ in range(2):
        async with Client(open_http(TOKEN, InProcess(answers)), hosts=hosts, cache=Shelf(tmp_path)) as client:
            answer = await client.read(calls.REGIONS)
        (file,) = tmp_path.iterdir()
        file.write_text(file.read_text().replace('"name": "eu"', '"name": 7'))
    assert isinstance(answer, Answer) and {one.name for one in answer.items} == {"eu", "us", "frankfurt"}
    assert answers.not_modified == 0


def test_a_call_with_config_values_shows_none_of_them() -> None:
    setting = wire.Setting(key="SECRET_KEY", value="very secret")
    plain = wire.ConfigVars(vars={"SECRET_KEY": "very secret"})
    assert "very secret" not in f"{setting!r}{setting}{plain!r}{plain}{Answer((setting, plain))!r}"


def test_every_call_that_holds_config_values_is_secret() -> None:
    kinds = {wire.Setting, wire.ConfigVars}
    made = [calls.settings("x"), calls.config_vars("x")]
    assert all(isinstance(call, Call) and call.is_secret and call.kind in kinds for call in made)
