"""A YAML file as plain values that know their lines.

Scalars stay text as they were written: the types of the model decide what they mean. So the key `on` is not a boolean,
`no` is a country, and `python: 3.10` is not 3.1; YAML 1.2's `null` is the one exception. PyYAML's C parser composes
the nodes.
"""

from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any

import yaml

from homeport.errors import HomeportError
from homeport.model.problems import Place, Problem, show

BYTES_MAX = 5_000_000
NODES_MAX = 500_000  # after aliases are followed: a small file can stand for billions
DEPTH_MAX = 40
OPEN_ALREADY = ("/dev/stdin", "/dev/fd/")  # may be pipes: to open one that is a file waits until somebody writes
NULLS = {"", "~", "null", "Null", "NULL"}
PLAIN_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq")}
LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
MERGE = "<<"


@dataclass
class Source:
    """The document of a file, the line of each path in it, and what is wrong with it as YAML."""

    file: Path
    value: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[tuple[int, Problem]] = field(default_factory=list)
    nodes: int = 0

    def line(self, path: Place) -> int:
        """Line of the longest part of `path` that is written in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_source(file: Path) -> Source:
    """Read a YAML file. Raises HomeportError for what cannot be read or is not YAML; duplicates are in `problems`."""
    return parse_source(file, _text(file))


def parse_source(file: Path, text: str) -> Source:
    """The same for a text that stands in `file`, or will."""
    root = _compose(file, text)
    source = Source(file)
    if root is not None:
        _Reader(source).read(root)
    return source


def _text(file: Path) -> str:
    try:
        if not str(file).startswith(OPEN_ALREADY) and not S_ISREG(mode := file.stat().st_mode) and not S_ISDIR(mode):
            raise HomeportError(f"{file}: is not a regular file", "homeport -f /dev/stdin check reads a pipe")
        with file.open("rb") as stream:
            raw = stream.read(BYTES_MAX + 1)
    except FileNotFoundError:
        raise HomeportError(f"{file}: does not exist", "homeport init writes one to start from") from None
    except IsADirectoryError:
        raise HomeportError(f"{file}: is a folder, not a file", f"homeport --file {file}/homeport.yml check") from None
    except OSError as error:
        raise HomeportError(f"{file}: cannot be read: {error.strerror}") from None
    if len(raw) > BYTES_MAX:
        raise HomeportError(f"{file}: is larger than {BYTES_MAX // 1_000_000} MB; a platform's file is a few kB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise HomeportError(f"{file}:{line}: is not UTF-8 text: byte 0x{raw[error.start]:02x}") from None


def _compose(file: Path, text: str) -> Any:
    try:
        _check_depth(file, text)
        return yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f":{mark.line + 1}" if mark else ""
        said = ": ".join(part for part in (error.context, error.problem) if part)
        raise HomeportError(f"{file}{where}: is not YAML: {said}", _yaml_hint(said)) from None
    except yaml.YAMLError as error:
        said = getattr(error, "reason", None) or str(error).splitlines()[0]
        raise HomeportError(f"{file}: is not YAML: {said}") from None


def _check_depth(file: Path, text: str) -> None:
    """The parser composes recursively in C, where too deep means a crash: count before."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEPTH_MAX:
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise HomeportError(f"{file}:{line}: is nested more than {DEPTH_MAX} levels deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _yaml_hint(said: str) -> str:
    return "indent with spaces" if "\\t" in said or "tab" in said else ""


class _Reader:
    """Walks the nodes of one file once, keeping lines and mistakes in the source."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def read(self, root: Any) -> None:
        self.source.lines[()] = root.start_mark.line + 1
        self.source.value = self._value(root, ())

    def _value(self, node: Any, path: Place) -> Any:
        self.source.nodes += 1
        line = node.start_mark.line + 1
        if self.source.nodes > NODES_MAX or len(path) > DEPTH_MAX:
            raise HomeportError(f"{self.source.file}:{line}: aliases make the file too large")
        if node.tag not in PLAIN_TAGS:
            self._add(line, path, f"tags are not supported: {show(node.tag)}")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return self._list(node, path)
        return None if not node.style and node.value in NULLS else node.value

    def _list(self, node: Any, path: Place) -> list[Any]:
        values = []
        for index, item in enumerate(node.value):
            self.source.lines[(*path, index)] = item.start_mark.line + 1
            values.append(self._value(item, (*path, index)))
        return values

    def _mapping(self, node: Any, path: Place) -> dict[str, Any]:
        values: dict[str, Any] = {}
        merged: list[Any] = []
        for key, item in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self._add(line, path, "a key must be text")
            elif key.value == MERGE and not key.style:
                merged.append(item)
            elif key.value in values:
                first = self.source.lines[(*path, key.value)]
                self._add(line, (*path, key.value), f"is written twice; first in line {first}")
            else:
                self.source.lines[(*path, key.value)] = line
                values[key.value] = self._value(item, (*path, key.value))
        for item in merged:
            self._merge(item, path, values)
        return values

    def _merge(self, node: Any, path: Place, into: dict[str, Any]) -> None:
        """`<<: *defaults`: what is written here wins over what is merged in."""
        for part in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            line = part.start_mark.line + 1
            if not isinstance(part, yaml.MappingNode):
                self._add(line, path, "only mappings can be merged with <<")
                continue
            own = {(*path, key): self.source.lines[(*path, key)] for key in into}
            into.update({key: value for key, value in self._mapping(part, path).items() if key not in into})
            self.source.lines.update(own)

    def _add(self, line: int, path: Place, text: str) -> None:
        self.source.problems.append((line, Problem(path, text)))
