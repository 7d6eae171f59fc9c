"""Calls of Homeport's modules, and references to what they answer."""

from typing import Any

from homeport.terraform.hcl import Block, Expression


def label(kind: str, name: str) -> str:
    """How a module call for one of several is named: `database_catalog_db`."""
    return f"{kind}_{name}".replace("-", "_")


def call(module: str, label: str, /, **arguments: Any) -> Block:
    """A module call with literal values; what is None, or empty, is left to the module's default."""
    given = {key: value for key, value in arguments.items() if value is not None and value not in ([], {}, "")}
    return Block("module", (label,), given, first={"source": f"../../modules/{module}"})


def reference(module: str, output: str) -> Expression:
    return Expression(f"module.{module}.{output}")


def map_of(module: str, *outputs: str | tuple[str, str]) -> dict[str, Expression]:
    """Outputs of a module as a map; a pair gives one a name of its own."""
    pairs = [(output, output) if isinstance(output, str) else output for output in outputs]
    return {key: reference(module, output) for key, output in pairs}


def output(name: str, description: str, value: Any) -> Block:
    return Block("output", (name,), {"description": description, "value": value})
