"""Names that Heroku allows and Homeport does not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.heroku.convert.slugs import Names, platform_name, slug

LEGAL = re.compile(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Shop_API (eu)", "shop-api-eu"), ("1st", "app-1st"), ("Über", "uber"), ("", "app"), ("a" * 30, "a" * 24)],
)
def test_the_nearest_name_is_taken(text: str, expected: str) -> None:
    assert slug(text) == expected


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ("shop", "shop"),
        ("internal-tools", "tools"),
        ("sg", "the-sg"),
        ("sthree", "the-sthree"),
        ("internals", "internals"),
    ],
)
def test_no_platform_gets_a_name_whose_beginning_aws_keeps(wish: str, expected: str) -> None:
    assert platform_name(wish) == expected


@given(st.lists(st.text(max_size=40), max_size=30), st.sampled_from(["services", "databases", "caches"]))
def test_names_are_legal_and_given_once(wishes: list[str], kind: str) -> None:
    names = Names("a-platform")
    claimed = [names.claim(kind, wish) for wish in wishes]
    assert len(set(claimed)) == len(claimed)
    assert all(LEGAL.match(name) and len(name) <= 24 for name in claimed)
