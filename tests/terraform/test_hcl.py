"""What is written as HCL is read back as it was."""

from typing import Any

import hcl2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.terraform.hcl import Block, Call, Expression, render_document, render_string, render_value


def test_neighbouring_equals_signs_stand_below_each_other() -> None:
    text = render_document([Block("module", ("a",), {"name": "x", "region": "y", "long": {"b": 1, "ccc": 2}, "z": 3})])
    assert text == (
        'module "a" {\n  name   = "x"\n  region = "y"\n  long = {\n    b   = 1\n    ccc = 2\n  }\n  z = 3\n}\n'
    )


def test_groups_and_blocks_are_parted_by_empty_lines_and_a_comment_comes_first() -> None:
    inner = Block("inner", attributes={"x": True})
    block = Block("outer", (), {"b": None}, [inner], first={"a": Expression("local.a")}, comment="why\nso")
    assert render_document([block], "head") == (
        "# head\n\nouter {\n  # why\n  # so\n  a = local.a\n\n  b = null\n\n  inner {\n    x = true\n  }\n}\n"
    )


def test_an_empty_block_is_one_line() -> None:
    assert render_document([Block("locals")]) == "locals {}\n"


def test_expressions_and_calls_stand_as_they_are() -> None:
    assert render_value([Expression("module.a.b"), "text"]) == '[module.a.b, "text"]'
    assert render_value(Call("jsonencode", {"a": Expression("local.a")})) == "jsonencode({\n  a = local.a\n})"


def test_a_long_list_has_a_line_for_each_item() -> None:
    assert render_value(["x" * 50, "y" * 50]) == f'[\n  "{"x" * 50}",\n  "{"y" * 50}",\n]'


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("${PORT}", '"$${PORT}"'),
        ("%{if}", '"%%{if}"'),
        ("$PORT 100%", '"$PORT 100%"'),
        ('say "hi"', '"say \\"hi\\""'),
        ("a\\b\n", '"a\\\\b\\n"'),
        ("nul\x00", '"nul\\u0000"'),
    ],
)
def test_nothing_in_a_string_is_a_template_or_ends_it(text: str, written: str) -> None:
    assert render_string(text) == written


@pytest.mark.parametrize("key", ["GET /books/{id}", "1st", "for", "a b", "${x}"])
def test_odd_keys_are_quoted(key: str) -> None:
    assert render_value({key: 1}) == f"{{\n  {render_string(key)} = 1\n}}"


def test_what_has_no_place_in_hcl_is_refused() -> None:
    with pytest.raises(TypeError, match="no HCL for object"):
        render_value(object())


# Text that python-hcl2 itself reads: it leaves escapes as they are written, so those are tested above.
PLAIN = st.text(st.characters(codec="utf-8", categories=("L", "N", "P"), exclude_characters='"\\$%{}#/'), max_size=30)
VALUES: Any = st.recursive(
    st.integers(-(10**9), 10**9) | st.booleans() | PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_any_value_is_read_back(value: Any) -> None:
    read = hcl2.loads(f"x = {render_value(value)}\n")
    assert _plain(read["x"]) == value


def _plain(value: Any) -> Any:
    """python-hcl2 keeps the quotes of strings, and marks what it read."""
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items() if not key.startswith("__")}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return value[1:-1] if value.startswith('"') else value
    return value
