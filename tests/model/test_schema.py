"""The JSON Schema agrees with the loader."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from homeport.model.platform import Platform
from homeport.model.problems import model_at
from homeport.model.schema import render_schema

EXAMPLE = Path(__file__).parents[2] / "examples/magicbook/homeport.yml"


def valid(document: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(render_schema()).is_valid(document))


def test_the_schema_is_a_schema_and_takes_the_reference_platform() -> None:
    jsonschema.Draft202012Validator.check_schema(render_schema())
    text = EXAMPLE.read_text().replace(" on:", ' "on":')  # PyYAML speaks YAML 1.1, where a plain `on` is true
    jsonschema.validate(yaml.safe_load(text), render_schema())


@pytest.mark.parametrize(
    "document",
    [
        {"name": "a", "users": None, "caches": {"c": None}, "services": None},
        {"name": "a", "services": {"s": {"path": "x", "health": "/ok", "routes": ["GET /", {"route": "GET /a"}]}}},
        {"name": "a", "python": 3.12, "databases": {"d": {"version": 16}}},
        {"name": "a", "environments": {"prod": {"services": {"s": {"processes": {"web": {"cpu": 512}}}}}}},
    ],
)
def test_short_forms_empty_keys_and_overrides_are_taken(document: Any) -> None:
    assert valid(document)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"name": "a", "regoin": "x"},
        {"name": "a", "services": {"S_1": {"path": "x"}}},
        {"name": "a", "services": {"s": {"path": "x", "health": 3}}},
        {"name": "a", "environments": {"prod": {"services": {"s": {"procesess": {}}}}}},
    ],
)
def test_mistakes_are_refused(document: Any) -> None:
    assert not valid(document)


def test_every_key_is_described() -> None:
    def walk(model: Any) -> None:
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"
            for path in ((name,), (name, "x"), (name, 0)):
                if inner := model_at(model, path):
                    walk(inner)

    walk(Platform)
