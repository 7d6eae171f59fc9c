"""The JSON Schema of homeport.yml, from the models, for editors that complete and check while one types."""

import copy
from typing import Any

from homeport.model.platform import OVERRIDABLE, Platform

DRAFT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


def render_schema() -> Schema:
    """JSON Schema (2020-12) of the file: short forms, empty keys and the overrides of environments included."""
    schema = Platform.model_json_schema()
    parts: Schema = schema["$defs"]
    for kind in OVERRIDABLE:
        _add_override(schema, parts, kind)
    for part in [schema, *parts.values()]:
        _tighten(part)
    head = {"$schema": DRAFT, "title": "homeport.yml"}
    return head | {key: value for key, value in schema.items() if key != "title"}


def _add_override(schema: Schema, parts: Schema, kind: str) -> None:
    """In an environment, a part may be given in parts: the same keys, none of them required."""
    named: Schema = schema["properties"][kind]["patternProperties"]
    pattern, reference = next(iter(named.items()))
    name = reference["$ref"].removeprefix("#/$defs/")
    override = copy.deepcopy(parts[name])
    override.pop("required", None)
    parts[f"{name}Override"] = override
    properties = parts["Environment"]["properties"]
    properties[kind]["patternProperties"] = {pattern: {"$ref": f"#/$defs/{name}Override"}}


def _tighten(part: Schema) -> None:
    """Refuse badly formed names; allow a key with nothing after it, which stands for its default; drop titles."""
    part.pop("title", None)
    for form in part.get("anyOf", []):
        _tighten(form)
    required = part.get("required", [])
    for name, value in part.get("properties", {}).items():
        value.pop("title", None)
        if "patternProperties" in value:
            named = value["patternProperties"]
            value |= {
                "patternProperties": {key: {"anyOf": [each, {"type": "null"}]} for key, each in named.items()},
                "additionalProperties": False,
            }
        if name not in required and {"type": "null"} not in value.get("anyOf", []):
            shown = {key: value.pop(key) for key in ("description", "default") if key in value}
            part["properties"][name] = {"anyOf": [value, {"type": "null"}]} | shown
