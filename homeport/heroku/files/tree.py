"""JSON and YAML as one tree whose every value knows its line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from homeport.heroku.files.findings import Findings

DEPTH_MAX = 40


@dataclass(frozen=True)
class Node:
    """`value` is a dict or list of Nodes, or text, number, boolean, None. All scalars of YAML are text."""

    value: Any
    line: int

    @property
    def kind(self) -> str:
        """In words, for a doubt: never the value itself, which may be a secret."""
        names = {dict: "a mapping", list: "a list", str: "text", bool: "a boolean", int: "a number", float: "a number"}
        return names.get(type(self.value), "empty")

    def find(self, key: str) -> "Node | None":
        return self.value.get(key) if isinstance(self.value, dict) else None


def entries(node: Node | None, what: str, found: Findings) -> Iterator[tuple[str, Node]]:
    """Keys and values of a mapping; a doubt, and nothing, if it is something else. Empty is no doubt."""
    if node is None or node.value in (None, "", [], {}):
        return
    if not isinstance(node.value, dict):
        found.doubt(node.line, f"{what} is {node.kind}, where a mapping is expected; it is left out")
        return
    yield from node.value.items()


def items(node: Node | None, what: str, found: Findings) -> list[Node]:
    """Items of a list; something alone is taken as a list of one."""
    if node is None or node.value in (None, "", {}):
        return []
    if not isinstance(node.value, list):
        found.doubt(node.line, f"{what} is {node.kind}, where a list is expected; it is taken as its only item")
        return [node]
    return node.value


def text(node: Node | None, what: str, found: Findings) -> str:
    """Text, or a number or boolean as text; "" with a doubt for anything else."""
    if node is None or node.value is None:
        return ""
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    if isinstance(node.value, dict | list):
        found.doubt(node.line, f"{what} is {node.kind}, where text is expected; it is left out")
        return ""
    return str(node.value)
