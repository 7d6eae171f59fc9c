"""JSON as people write it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.heroku.files.findings import Findings, Place
from homeport.heroku.files.json_tree import parse_json
from homeport.heroku.files.tree import Node

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**14), 10**14) | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def plain(node: Node) -> Any:
    if isinstance(node.value, dict):
        return {key: plain(item) for key, item in node.value.items()}
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return node.value


@given(VALUES, st.sampled_from([None, 0, 2]), st.booleans())
def test_good_json_is_read_as_json_reads_it_without_a_doubt(value: Any, indent: int | None, ascii_only: bool) -> None:
    found = Findings(Place("a.json", "a"))
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert plain(parse_json(text, found)) == json.loads(text)
    assert not found.inventory().doubts


@pytest.mark.parametrize(("written", "value"), [("1", 1), ("1.5", 1.5), ("-2e3", -2000), ("1e0", 1)])
def test_numbers_are_numbers(written: str, value: float) -> None:
    assert parse_json(written, Findings(Place("", ""))).value == value


def test_each_value_knows_its_line() -> None:
    root = parse_json('{\n"a": [\n1,\n2\n],\n"b": {"c":\n3}}', Findings(Place("", "")))
    assert [(node.value, node.line) for node in root.value["a"].value] == [(1, 3), (2, 4)]
    assert root.value["b"].value["c"].line == 7
    assert (root.line, root.value["a"].line, root.value["b"].line) == (1, 2, 6)


def test_half_a_surrogate_pair_can_be_written_again() -> None:
    assert parse_json('"\\ud800x"', Findings(Place("", ""))).value == "?x"


def test_what_is_no_json_is_given_up_after_some_oddities() -> None:
    found = Findings(Place("a.json", "a"))
    parse_json("[" + "a b " * 10_000, found)
    doubts = found.inventory().doubts
    assert len(doubts) < 31
    assert any("is no JSON from here on" in doubt.text for doubt in doubts)
