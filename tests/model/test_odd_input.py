"""Whatever a file holds, the answer is a platform or a HomeportError whose lines name the file: never anything else."""

import tempfile
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.errors import HomeportError
from homeport.model.load import load_platform
from homeport.model.platform import Environment, Function, Platform, Service
from homeport.model.routes import find_route_problem, route_key
from homeport.model.schedules import find_schedule_problem

KEYS = sorted({*Platform.model_fields, *Service.model_fields, *Function.model_fields, *Environment.model_fields, "x"})
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(KEYS)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
)


def load(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "homeport.yml"
        file.write_bytes(content)
        try:
            load_platform(file)
        except HomeportError as error:
            assert all(line.startswith(str(file)) for line in error.message.splitlines()), error.message


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(KEYS), values, max_size=6))
def test_any_document_is_a_platform_or_an_error_in_words(document: dict[str, Any]) -> None:
    load(yaml.safe_dump(document, allow_unicode=True).encode("utf-8", "surrogatepass"))


@settings(max_examples=200)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_platform_or_an_error_in_words(content: bytes) -> None:
    load(content)


@given(st.text(max_size=60))
def test_any_text_is_a_route_or_not_without_a_crash(text: str) -> None:
    assert isinstance(find_route_problem(text), str)
    assert isinstance(find_route_problem(f"GET /{text}"), str)


@given(st.lists(st.from_regex(r"[a-z]{1,5}|\{[a-z]{1,4}\}", fullmatch=True), max_size=5, unique=True))
def test_routes_made_of_segments_are_valid_and_keys_forget_names(segments: list[str]) -> None:
    route = f"GET /{'/'.join(segments)}"
    assert find_route_problem(route) == ""
    assert route_key(route) == route_key(route.replace("{", "{x"))


@given(st.text(max_size=40) | st.text(max_size=30).map(lambda text: f"cron({text})"))
def test_any_text_is_a_schedule_or_not_without_a_crash(text: str) -> None:
    assert isinstance(find_schedule_problem(text), str)
