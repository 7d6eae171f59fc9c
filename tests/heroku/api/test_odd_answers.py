"""Every answer of a whole reading, with anything in any place: told as doubts or refusals, never a traceback."""

import asyncio
import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.heroku.api.client import Client, open_http
from homeport.heroku.api.read import read_team
from homeport.heroku.records import Inventory
from tests.heroku.api.reading import NOW, WHOLE
from tests.heroku.server.answers import TOKEN, Answers, Faults
from tests.heroku.server.parts import HerokuTeam, TeamPipeline
from tests.heroku.server.serve import InProcess, local_hosts
from tests.heroku.server.team import ADDONS, CATALOG, INVOICES

PIPELINE = TeamPipeline("magicbook-catalog", {CATALOG.name: "production"}, {"automatic_review_apps": True})
SMALL = HerokuTeam((CATALOG,), tuple(one for one in ADDONS if one.app == CATALOG.name), (PIPELINE,), INVOICES)
ODD = st.sampled_from(
    [None, True, -1, 10**30, 1e300, float("inf"), float("nan"), "", "x", "\x00\ud800", "9" * 500, "//[", [], [[]], {}]
)


async def read(answers: Answers) -> Inventory:
    async with Client(open_http(TOKEN, InProcess(answers)), hosts=local_hosts("http://heroku.test")) as client:
        return await read_team(client, WHOLE, now=NOW)


def asked() -> list[tuple[str, Any]]:
    """Every question of the reading, and its answer."""
    answers = Answers(SMALL, is_checked=False)
    asyncio.run(read(answers))
    again = Answers(SMALL)
    return [(f"{one.host} {one.path}", json.loads(again.reply(one).body)) for one in list(answers.seen)]


def places(body: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    return [path, *(place for key, one in items for place in places(one, (*path, key)))]


def changed(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    body = copy.copy(body)
    body[path[0]] = changed(body[path[0]], path[1:], value)
    return body


ANSWERS = asked()


@settings(max_examples=150)
@given(data=st.data())
def test_any_oddity_in_any_answer_is_survived(data: st.DataObject) -> None:
    path, body = data.draw(st.sampled_from(ANSWERS))
    place = data.draw(st.sampled_from(places(body)))
    odd = changed(body, place, data.draw(ODD))
    found = asyncio.run(read(Answers(SMALL, Faults(bodies={path: odd}), is_checked=False)))
    assert len({record.origin for record in found.records}) == len(found.records)


def test_answers_of_all_hosts_are_tried() -> None:
    assert {path.partition(" ")[0] for path, _ in ANSWERS} == {"api", "data", "metrics", "github"}
