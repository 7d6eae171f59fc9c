"""Odd bodies: a Doubt for each wrong field, and never a traceback or a value."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.heroku import records
from homeport.heroku.api import wire
from homeport.heroku.api.tolerance import read_items
from tests.heroku.api.reading import read_briefly
from tests.heroku.server.answers import Faults
from tests.heroku.server.team import TEAM

KINDS = [
    one for one in vars(wire).values() if isinstance(one, type) and issubclass(one, wire.Wire) and one is not wire.Wire
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = sorted({name for kind in KINDS for name in kind.model_fields})


def test_a_field_of_a_wrong_type_is_a_doubt_and_counts_as_absent() -> None:
    body = [{"type": "web", "quantity": "two", "command": 7, "dyno_size": {"name": ["x"], "id": "i"}}]
    (one,), doubts = read_items(wire.Formation, body, "api: apps/x/formation")
    assert (one.type, one.quantity, one.command, one.dyno_size.name) == ("web", None, "", "")
    assert {doubt.text for doubt in doubts} == {
        "quantity: a text stands where a whole number is expected",
        "command: a number stands where a text is expected",
        "dyno_size.name: a list stands where a text is expected",
    }
    assert {doubt.place for doubt in doubts} == {"api: apps/x/formation[web]"}


def test_an_item_without_its_name_is_left_out_and_the_others_stay() -> None:
    items, doubts = read_items(wire.Formation, [{"quantity": 1}, "what", {"type": "web"}], "place")
    assert [one.type for one in items] == ["web"]
    assert [doubt.text for doubt in doubts] == [
        "type: is missing",
        "it is left out: what names it is missing",
        "a text stands where an object is expected; it is left out",
    ]


def test_null_is_the_same_as_absent_and_no_doubt() -> None:
    items, doubts = read_items(wire.WireApp, {"id": "i", "name": "n", "team": None, "maintenance": None}, "place")
    assert (items[0].team.name, items[0].maintenance, doubts) == ("", False, ())


def test_one_wrong_number_leaves_the_rest_of_a_series() -> None:
    body = {"start_time": "2026-11-13T09:00:00Z", "step": 60, "data": {"status_2xx": [1, None, "x", 4.5]}}
    (one,), doubts = read_items(wire.Series, body, "place")
    assert one.data == {"status_2xx": [1.0, None, None, 4.5]}
    assert len(doubts) == 1


def test_a_wrong_config_value_is_not_shown() -> None:
    items, doubts = read_items(wire.ConfigVars, {"GOOD": "x", "BAD": {"secret": "very secret"}}, "place")
    assert dict(items[0].vars) in ({"GOOD": "x"}, {"GOOD": "x", "BAD": None})
    assert len(doubts) == 1 and "very secret" not in doubts[0].text


@settings(max_examples=300)
@given(
    kind=st.sampled_from(KINDS),
    body=JSON | st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6), max_size=3),
)
def test_any_body_is_read_without_a_traceback(kind: type[wire.Wire], body: Any) -> None:
    items, _ = read_items(kind, body, "place")
    for item in items:
        assert kind.model_validate(item.model_dump(mode="json")) == item  # what is kept can be read back


async def test_a_team_with_odd_answers_is_read_as_far_as_it_goes() -> None:
    odd = {
        "api /apps/magicbook-search/formation": [{"type": "web", "quantity": 2.5}, 17],
        "api /apps/magicbook-search/domains": {"hostname": "only.example"},
        "api /apps/magicbook-search/releases": [{"version": "seven", "current": True}],
        "api /apps/magicbook-search/features": "nothing",
        "metrics /apps/magicbook-catalog/router-metrics/status": {"data": {"status_2xx": [1]}, "start_time": "soon"},
        "api /teams/magicbook/invoices": [{"number": 1, "period_start": "soon", "total": 5}, {"total": -1}],
        "api /regions": [{"name": "eu", "provider": []}],
    }
    found = await read_briefly(TEAM, Faults(bodies=odd))
    assert len(list(found.of(records.App))) == len(TEAM.apps)
    assert not list(found.of(records.Invoice))
    places = {doubt.place.partition("[")[0] for doubt in found.doubts}
    assert places >= {
        "api: apps/magicbook-search/formation",
        "api: apps/magicbook-search/releases",
        "api: apps/magicbook-search/features",
        "metrics: apps/magicbook-catalog/router-metrics",
        "api: teams/magicbook/invoices/1",
        "api: regions",
    }
    assert [one.hostname for one in found.of(records.Domain, "magicbook-search")] == ["only.example"]
