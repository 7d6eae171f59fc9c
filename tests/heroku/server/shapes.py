"""schema.json → the shapes of Heroku's answers: what a payload leaves out is filled in, every payload is checked."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parent / "schema.json").read_text())
LINKS: dict[str, Any] = DOCUMENT["links"]
_right: set[tuple[str, int]] = set()
EMPTY: dict[str, Any] = {"object": {}, "array": [], "string": "", "integer": 0, "number": 0.0, "boolean": False}


def fill(link: str, body: Any) -> Any:
    """The body as Heroku would give it: every field of the schema is there. Raises if it says what the schema lacks."""
    filled = _fill(LINKS[link], body)
    check(link, filled)
    return filled


def check(link: str, body: Any) -> None:
    """Raise ValueError if the body is not what Heroku's schema says. What was right once is not checked again."""
    seen = (link, hash(json.dumps(body)))
    if seen in _right:
        return
    error = next(iter(_validator(link).iter_errors(body)), None)
    if error is not None:
        raise ValueError(f"{link}: {'.'.join(map(str, error.path))}: {error.message[:200]}")
    _right.add(seen)


@cache
def _validator(link: str) -> Draft202012Validator:
    return Draft202012Validator(_strict(LINKS[link]))


def _strict(node: dict[str, Any]) -> dict[str, Any]:
    """No field may be missing, and none may be there that the schema does not know."""
    strict = {key: one for key, one in node.items() if key in ("type", "enum")}
    if "properties" in node and "items" not in node:
        strict["properties"] = {name: _strict(one) for name, one in node["properties"].items()}
        strict["required"] = list(node["properties"])
        strict["additionalProperties"] = False
    if "patternProperties" in node:
        strict["patternProperties"] = {name: _strict(one) for name, one in node["patternProperties"].items()}
    if "items" in node:
        strict["items"] = _strict(node["items"])
    return strict


def _fill(node: dict[str, Any], value: Any) -> Any:
    if isinstance(value, list) and "items" in node:
        return [_fill(node["items"], one) for one in value]
    if isinstance(value, dict) and "patternProperties" in node:
        (one,) = node["patternProperties"].values()
        return {name: _fill(one, inner) for name, inner in value.items()}
    if isinstance(value, dict) and "properties" in node:
        unknown = {name: one for name, one in value.items() if name not in node["properties"]}
        return {
            name: _fill(one, value[name]) if name in value else _example(one) for name, one in _fields(node)
        } | unknown
    return value


def _fields(node: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return list(node["properties"].items())


def _example(node: dict[str, Any]) -> Any:
    kinds = node.get("type", ["null"])
    if "null" in kinds:
        return None
    if "example" in node and Draft202012Validator({"type": kinds}).is_valid(node["example"]):
        return node["example"]  # some of the schema's own examples are not of its type
    return _fill(node, EMPTY[kinds[0]]) if "enum" not in node else node["enum"][0]
