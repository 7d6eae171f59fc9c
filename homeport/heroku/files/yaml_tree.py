"""YAML → a tree with lines, all scalars as text; a file that breaks off half way is read up to there."""

from typing import Any

import yaml

from homeport.heroku.files.findings import Findings
from homeport.heroku.files.tree import DEPTH_MAX, Node

SECTIONS_TRIED = 4
NODES_MAX = 50_000  # after aliases are followed: a small file can stand for billions
NULLS = {"", "~", "null", "Null", "NULL"}
LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class _TooLarge(Exception):
    """The line where it grows too deep or too large."""


def parse_yaml(text: str, found: Findings) -> Node:
    """The value that `text` holds; Node(None, 1), with a doubt, if it holds none."""
    try:
        return _compose(text, found)
    except _TooLarge as error:
        found.doubt(int(str(error)), "is nested too deep or repeats itself too often; the file is left out")
    except yaml.YAMLError as error:
        line = _line(error)
        if "\t" in text and _compose_or_none(text.expandtabs(2), found):
            found.doubt(line, "is indented with tabs, which YAML does not allow; each was taken as two spaces")
            return _compose_or_none(text.expandtabs(2), found) or Node(None, 1)
        found.doubt(line, "is not YAML; only the lines before it were read")
        return _compose_before(text.split("\n")[: line - 1], found)
    return Node(None, 1)


def _line(error: yaml.YAMLError) -> int:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return mark.line + 1 if mark else 1


def _compose_before(lines: list[str], found: Findings) -> Node:
    """What stands before a mistake: all lines, or without the last sections that keep it from being YAML."""
    for _ in range(SECTIONS_TRIED):
        if node := _compose_or_none("\n".join(lines), found):
            return node
        starts = [number for number, line in enumerate(lines) if line[:1].strip()]
        lines = lines[: starts[-1]] if starts else []
    return Node(None, 1)


def _compose_or_none(text: str, found: Findings) -> Node | None:
    try:
        return _compose(text, found)
    except (_TooLarge, yaml.YAMLError):
        return None


def _compose(text: str, found: Findings) -> Node:
    _check_depth(text)
    root = yaml.compose(text, Loader=LOADER)
    return _Converter(found).node(root, 0) if root is not None else Node(None, 1)


def _check_depth(text: str) -> None:
    """The parser composes recursively in C, where too deep means a crash: count before."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEPTH_MAX:
                raise _TooLarge(str(event.start_mark.line + 1 if event.start_mark else 1))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


class _Converter:
    """Counts the nodes of one file as it converts them."""

    def __init__(self, found: Findings) -> None:
        self.found, self.count = found, 0

    def node(self, node: Any, depth: int) -> Node:
        line = node.start_mark.line + 1
        self.count += 1
        if self.count > NODES_MAX or depth > DEPTH_MAX:
            raise _TooLarge(str(line))
        if isinstance(node, yaml.SequenceNode):
            return Node([self.node(item, depth + 1) for item in node.value], line)
        if isinstance(node, yaml.MappingNode):
            return Node(self._mapping(node, depth), line)
        return Node(None if not node.style and node.value in NULLS else node.value, line)

    def _mapping(self, node: Any, depth: int) -> dict[str, Node]:
        values: dict[str, Node] = {}
        for key, item in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.found.doubt(line, "a key is not text; it is left out")
                continue
            if key.value in values:
                self.found.doubt(line, f"a key of line {values[key.value].line} is written again; the last is taken")
            values[key.value] = Node(self.node(item, depth + 1).value, line)
        return values
