"""The text of a Python file → its tree, with the place of everything in it, and edits at these places."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from homeport.doctor.facts import Facts
from homeport.doctor.finding import Edit


@dataclass(frozen=True, eq=False)
class Module:
    """A parsed file; positions as line and column from 1, spans as characters of its text."""

    file: str
    text: str
    tree: cst.Module
    positions: Mapping[cst.CSTNode, CodeRange] = field(repr=False)

    @cached_property
    def facts(self) -> Facts:
        facts = Facts(self.tree)
        self.tree.visit(facts)
        facts.reads = [
            replace(read, is_required=False, is_declared=True) if read.variable in facts.declared else read
            for read in facts.reads
        ]
        return facts

    @cached_property
    def line_starts(self) -> Sequence[int]:
        return [0, *(found.end() for found in re.finditer(r"\r\n|\r|\n", self.text))]

    def place(self, node: cst.CSTNode) -> tuple[int, int]:
        start = self.positions[node].start
        return start.line, start.column + 1

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """Start and end of the node's own characters, without the whitespace that belongs to it."""
        found = self.positions[node]
        starts = self.line_starts
        return starts[found.start.line - 1] + found.start.column, starts[found.end.line - 1] + found.end.column

    def code(self, node: cst.CSTNode) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    def replace(self, node: cst.CSTNode, text: str) -> Edit:
        return Edit(self.file, *self.span(node), text)

    def insert_after_line(self, node: cst.CSTNode, text: str) -> Edit:
        """New lines below the statement, at its own indentation; they end with a newline."""
        start, end = self.span(node)
        line_end = self.text.find("\n", end)
        at = len(self.text) if line_end < 0 else line_end + 1
        indent = re.match(r"[ \t]*", self.text[self.line_starts[self.place(node)[0] - 1] : start])
        before = "\n" if line_end < 0 else ""
        lines = [f"{indent[0] if indent else ''}{line}".rstrip() for line in text.splitlines()]
        return Edit(self.file, at, at, before + "\n".join(lines) + "\n")

    def remove_line(self, node: cst.CSTNode) -> Edit:
        """The statement's lines go, with what stands behind it."""
        lines = self.positions[node]
        starts = [*self.line_starts, len(self.text)]
        return Edit(self.file, starts[lines.start.line - 1], min(starts[lines.end.line], len(self.text)), "")

    def import_edits(self, name: str) -> tuple[Edit, ...]:
        """`import name`, before the first import of the file, unless it is there."""
        if name in self.facts.imports:
            return ()
        anchor = self.facts.first_import
        at = self.line_starts[self.place(anchor)[0] - 1] if anchor is not None else self._after_docstring()
        return (Edit(self.file, at, at, f"import {name}\n"),)

    def _after_docstring(self) -> int:
        for statement in self.tree.body:
            if _is_docstring(statement) or "__future__" in self.tree.code_for_node(statement):
                continue
            return self.line_starts[self.place(statement)[0] - 1]
        return len(self.text)


def parse_module(file: str, text: str) -> Module:
    """Raises cst.ParserSyntaxError for what Python 3 does not understand."""
    tree = cst.parse_module(text.removeprefix("\ufeff"))
    wrapper = MetadataWrapper(tree, unsafe_skip_copy=True)
    positions = wrapper.resolve(PositionProvider)
    return Module(file, text, wrapper.module, {node: place for node, place in positions.items() if place})


def _is_docstring(statement: cst.CSTNode) -> bool:
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and isinstance(statement.body[0], cst.Expr)
        and isinstance(statement.body[0].value, cst.SimpleString | cst.ConcatenatedString)
    )
