"""Python values → HCL text, laid out as `terraform fmt` lays it out.

Only what the live tree needs: blocks, attributes, strings, numbers, lists, maps, and expressions that are passed
through. https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LINE_MAX = 120
IDENTIFIER = re.compile(r"^[A-Za-z_][A-Za-z0-9_-]*$")
RESERVED = {"true", "false", "null", "for", "if", "in", "else", "endif", "endfor"}
ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Expression(str):
    """HCL that stands as it is: a reference such as `module.network.vpc_id`, or a call."""


@dataclass(frozen=True)
class Call:
    """`function(argument)`, with any value as its argument."""

    function: str
    argument: Any


@dataclass(frozen=True)
class Block:
    """`kind "label" { first attributes, attributes, then blocks }`, parted by empty lines; `comment` stands first."""

    kind: str
    labels: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    blocks: Sequence["Block"] = ()
    first: Mapping[str, Any] = field(default_factory=dict)
    comment: str = ""


def render_document(blocks: Sequence[Block], header: str = "") -> str:
    """A whole file: header comment, then the blocks with an empty line between them."""
    parts = [_comment(header)] if header else []
    return "\n".join([*parts, *(render_block(block) for block in blocks)])


def render_block(block: Block, depth: int = 0) -> str:
    """One block, its lines indented by `depth` levels and ended by a newline."""
    pad = "  " * depth
    opening = " ".join([block.kind, *(render_string(label) for label in block.labels), "{"])
    body = [_attributes(group, depth + 1) for group in (block.first, block.attributes) if group]
    body += [render_block(inner, depth + 1) for inner in block.blocks]
    comment = _comment(block.comment, pad + "  ")
    if not body:
        return f"{pad}{opening}}}\n"
    inside = "\n".join(body)
    return f"{pad}{opening}\n{comment}{inside}{pad}}}\n"


def render_value(value: Any, depth: int = 0) -> str:
    """A value as it stands behind `=` on a line that is indented by `depth` levels."""
    if isinstance(value, Expression):
        return str(value)
    if isinstance(value, Call):
        return f"{value.function}({render_value(value.argument, depth)})"
    if isinstance(value, str):
        return render_string(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return _map(value, depth)
    if isinstance(value, Sequence):
        return _list(value, depth)
    raise TypeError(f"no HCL for {type(value).__name__}")


def render_string(text: str) -> str:
    """A quoted string that means exactly `text`: nothing in it is a template."""
    escaped = "".join(ESCAPES.get(char, char if char.isprintable() else _unicode(char)) for char in text)
    return '"' + re.sub(r"([$%])(?=\{)", r"\1\1", escaped) + '"'


def _unicode(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def _comment(text: str, pad: str = "") -> str:
    return "".join(f"{pad}# {line}".rstrip() + "\n" for line in text.splitlines())


def _map(value: Mapping[str, Any], depth: int) -> str:
    if not value:
        return "{}"
    return "{\n" + _attributes(value, depth + 1) + "  " * depth + "}"


def _list(value: Sequence[Any], depth: int) -> str:
    items = [render_value(item, depth + 1) for item in value]
    line = f"[{', '.join(items)}]"
    if len(line) <= LINE_MAX - 40 and "\n" not in line:
        return line
    pad = "  " * (depth + 1)
    return "[\n" + "".join(f"{pad}{item},\n" for item in items) + "  " * depth + "]"


def _attributes(attributes: Mapping[str, Any], depth: int) -> str:
    """Lines `key = value`; the equals signs of neighbouring one-line values stand below each other."""
    pad, lines, run = "  " * depth, [], []  # type: tuple[str, list[str], list[tuple[str, str]]]
    for name, value in attributes.items():
        key, text = _key(name), render_value(value, depth)
        if "\n" in text:
            lines += [*_aligned(run, pad), f"{pad}{key} = {text}"]
            run = []
        else:
            run.append((key, text))
    return "".join(f"{line}\n" for line in [*lines, *_aligned(run, pad)])


def _aligned(run: Sequence[tuple[str, str]], pad: str) -> list[str]:
    width = max((len(key) for key, _ in run), default=0)
    return [f"{pad}{key.ljust(width)} = {text}" for key, text in run]


def _key(name: str) -> str:
    return name if IDENTIFIER.match(name) and name not in RESERVED else render_string(name)
