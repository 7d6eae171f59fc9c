"""Layouts in words, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.cost.layout import DEFAULT, WORDS, Layout, describe, parse_layout
from homeport.errors import HomeportError

LAYOUTS = st.builds(
    Layout,
    sharing=st.sampled_from(["isolated", "network", "data"]),
    architecture=st.sampled_from(["declared", "x86", "arm"]),
    spot=st.booleans(),
    front=st.sampled_from(["balancer", "direct"]),
    availability=st.sampled_from(["declared", "standard", "high"]),
    sleep=st.booleans(),
    nat_gateways=st.none() | st.integers(0, 3),
    baseline=st.sampled_from(["none", "trail", "guarded"]),
)


@given(LAYOUTS)
def test_every_layout_has_a_name_that_gives_it_back(layout: Layout) -> None:
    assert parse_layout(layout.name) == layout


def test_nothing_is_the_default() -> None:
    assert parse_layout("") == parse_layout("default") == DEFAULT
    assert DEFAULT.name == "default"


def test_every_unknown_word_is_named_at_once() -> None:
    with pytest.raises(HomeportError, match="layout: foo, nat=many: not known") as caught:
        parse_layout("arm, foo, nat=many")
    assert "arm" in caught.value.hint


@pytest.mark.parametrize("word", ["isolated", "shared-data", "spot", "direct", "sleep", "nat=1"])
def test_what_homeport_does_not_build_is_said(word: str) -> None:
    assert parse_layout(word).missing


@pytest.mark.parametrize("word", ["high", "standard", "arm", "x86", "trail", "no-baseline"])
def test_what_homeport_builds_misses_nothing(word: str) -> None:
    assert parse_layout(word).missing == ()


def test_a_layout_is_described_by_what_differs() -> None:
    assert describe(parse_layout("arm,nat=0")) == "ARM instead of x86, tasks with public addresses"
    assert all(words in describe(parse_layout(word)) for word, (_, _, words) in WORDS.items())
