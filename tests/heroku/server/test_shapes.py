"""The local Platform API says what Heroku's schema says, and the importer reads what is in it."""

import inspect
from typing import Any, get_args

import pytest

from homeport.heroku.api import calls, wire
from homeport.heroku.api.call import Call
from tests.heroku.server import shapes
from tests.heroku.server.answers import TOKEN, Answers, Request
from tests.heroku.server.payloads import BODIES
from tests.heroku.server.team import TEAM

SAMPLES: dict[str, Any] = {
    "team": "magicbook",
    "one": wire.WireApp(id="i", name="n"),
    "addon": wire.WireAddOn(id="i", name="n"),
    "pipeline": wire.WirePipeline(id="i", name="n"),
    "name": "n",
    "identity": "i",
    "space": "s",
    "kind": "status",
}


def every_call() -> list[Call[Any]]:
    """One of each call that the importer can make."""
    made = [one for one in vars(calls).values() if isinstance(one, Call)]
    for function in vars(calls).values():
        if (
            inspect.isfunction(function)
            and function.__module__ == calls.__name__
            and not function.__name__.startswith("_")
            and function is not calls.router_metrics
        ):
            made.append(function(*(SAMPLES[name] for name in inspect.signature(function).parameters)))
    return made


def link_of(call: Call[Any]) -> str:
    parts = call.path.split("/")
    for link in shapes.LINKS:
        host, _, pattern = link.partition(" ")
        wanted = pattern.split("/")
        pairs = list(zip(wanted, parts, strict=False))
        is_alike = all(one == part or one.startswith("{") for one, part in pairs)
        if host == call.host and len(wanted) == len(parts) and is_alike:
            return link
    raise AssertionError(f"{call.path} is not in schema.json")


def test_every_link_of_the_schema_is_served_and_no_other() -> None:
    assert set(BODIES) == set(shapes.LINKS)


@pytest.mark.parametrize("call", every_call(), ids=lambda call: call.path)
def test_every_field_that_is_read_is_in_heroku_s_schema(call: Call[Any]) -> None:
    node = shapes.LINKS[link_of(call)]
    if call.kind is not wire.ConfigVars:
        assert not list(unknown_fields(call.kind, node.get("items", node)))


def unknown_fields(kind: type[wire.Wire], node: dict[str, Any]) -> list[str]:
    """Fields of the wire model that the schema's node does not have, at any depth."""
    found = []
    for name, field in kind.model_fields.items():
        inner = node.get("properties", {}).get(name)
        if inner is None:
            found.append(f"{kind.__name__}.{name}")
        for model in models_in(field.annotation):
            target = inner or {}
            target = target.get("items", target)
            target = next(iter(target.get("patternProperties", {}).values()), target)
            if "properties" in target and not (model is wire.Named and set(target["properties"]) & {"id", "name"}):
                found += unknown_fields(model, target)
    return found


def models_in(annotation: Any) -> list[type[wire.Wire]]:
    if isinstance(annotation, type) and issubclass(annotation, wire.Wire):
        return [annotation]
    return [model for one in get_args(annotation) for model in models_in(one)]


def test_a_field_that_heroku_does_not_have_cannot_be_served() -> None:
    with pytest.raises(ValueError, match="api /apps"):
        shapes.fill("api /apps/{app}", {"name": "x", "nickname": "y"})
    with pytest.raises(ValueError, match="maintenance"):
        shapes.fill("api /apps/{app}", {"maintenance": "no"})


def test_what_a_payload_leaves_out_is_filled_in() -> None:
    filled = shapes.fill("api /apps/{app}/formation", [{"type": "web"}])
    assert set(filled[0]) == set(shapes.LINKS["api /apps/{app}/formation"]["items"]["properties"])
    assert filled[0]["type"] == "web"


def test_the_bill_of_the_team_is_believable() -> None:
    assert len(TEAM.apps) == 8
    assert 150_000 <= TEAM.monthly_cents() <= 250_000


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_the_server_sees_what_is_not_get(method: str) -> None:
    answers = Answers(TEAM)
    reply = answers.reply(Request(method, "api", "/apps", headers={"authorization": f"Bearer {TOKEN}"}))
    assert reply.status == 405
    assert answers.seen[0].method == method


def test_a_list_cannot_be_cut_by_what_it_does_not_have() -> None:
    headers = {"authorization": f"Bearer {TOKEN}", "range": "id ..; max=10;"}
    path = "/apps/magicbook-catalog/buildpack-installations"
    assert Answers(TEAM).reply(Request("GET", "api", path, headers=headers)).status == 416
