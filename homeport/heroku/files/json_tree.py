"""JSON as people write it → a tree with lines: comments, trailing commas and missing quotes are read, and doubted."""

import json
import re
from typing import NamedTuple

from homeport.heroku.files.findings import Findings
from homeport.heroku.files.tree import DEPTH_MAX, Node

ODDITIES_MAX = 20  # then it is no JSON, and the rest is left out
TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|\#[^\n]*)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<mark>[{}\[\]:,])
    |(?P<word>[^\s{}\[\]:,"'/\#]+)""",
    re.VERBOSE,
)
WORDS = {"true": True, "false": False, "null": None}
NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?(e[+-]?\d{1,2})?", re.IGNORECASE)


class Token(NamedTuple):
    kind: str  # string, mark, word or end
    text: str
    line: int


def parse_json(text: str, found: Findings) -> Node:
    """The value that `text` holds. What is odd becomes a doubt; what cannot be read is left out."""
    reader = _Reader(text, found)
    node = reader.value(0)
    if reader.peek().kind != "end":
        reader.odd(reader.peek().line, "something follows after the end of the JSON; it is left out")
    return node


class _Reader:
    """Each loop takes a token, so that it ends with the text."""

    def __init__(self, text: str, found: Findings) -> None:
        self.text, self.found = text, found
        self.position, self.line, self.oddities = 0, 1, 0
        self.next: Token | None = None

    def odd(self, line: int, what: str) -> None:
        self.found.doubt(line, what)
        self.oddities += 1
        if self.oddities == ODDITIES_MAX:
            self.found.doubt(line, "is no JSON from here on; the rest is left out")
            self._end()

    def peek(self) -> Token:
        if self.next is None:
            self.next = self._scan()
        return self.next

    def take(self) -> Token:
        token = self.peek()
        self.next = None
        return token

    def value(self, depth: int) -> Node:
        token = self.take()
        if token.text in ("{", "[") and token.kind == "mark":
            if depth > DEPTH_MAX:
                self.odd(token.line, f"is nested more than {DEPTH_MAX} levels deep; the rest is left out")
                self._end()
                return Node(None, token.line)
            return self._mapping(token.line, depth) if token.text == "{" else self._list(token.line, depth)
        if token.kind == "string":
            return Node(self._string(token), token.line)
        if token.kind == "word":
            return Node(self._word(token), token.line)
        self.odd(token.line, "a value is missing" if token.kind == "mark" else "ends where a value is expected")
        return Node(None, token.line)

    def _mapping(self, line: int, depth: int) -> Node:
        values: dict[str, Node] = {}
        while self._goes_on("}", line):
            key = self.take()
            if key.kind == "mark":
                self.odd(key.line, f"`{key.text}` stands where a key is expected; it is skipped")
                continue
            name = self._string(key) if key.kind == "string" else key.text
            if key.kind == "word":
                self.odd(key.line, "a key is without quotes")
            if self.peek().text == ":":
                self.take()
            else:
                self.odd(key.line, "`:` is missing after a key")
            if name in values:
                self.odd(key.line, f"a key of line {values[name].line} is written again; the last is taken")
            values[name] = self.value(depth + 1)
            self._comma("}")
        return Node(values, line)

    def _list(self, line: int, depth: int) -> Node:
        values: list[Node] = []
        while self._goes_on("]", line):
            if self.peek().text in ("}", ",", ":") and self.peek().kind == "mark":
                token = self.take()
                self.odd(token.line, f"`{token.text}` stands where a value is expected; it is skipped")
                continue
            values.append(self.value(depth + 1))
            self._comma("]")
        return Node(values, line)

    def _goes_on(self, close: str, line: int) -> bool:
        """False at the closing bracket, which is taken, and at the end."""
        token = self.peek()
        if token.kind == "end":
            self.odd(line, "a bracket is not closed; what is in it was taken")
            return False
        if token.kind == "mark" and token.text == close:
            self.take()
            return False
        return True

    def _comma(self, close: str) -> None:
        token = self.peek()
        if token.kind == "end" or (token.kind == "mark" and token.text == close):
            return
        if token.kind == "mark" and token.text == ",":
            self.take()
            if self.peek().kind == "mark" and self.peek().text == close:
                self.odd(token.line, "a comma stands after the last item; Heroku refuses that. It was ignored")
        else:
            self.odd(token.line, "a comma is missing before this")

    def _string(self, token: Token) -> str:
        body = token.text
        if body.startswith("'"):
            self.odd(token.line, "a text is in single quotes")
            body = '"' + body[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'
        try:
            value = str(json.loads(body, strict=False))
        except ValueError:
            self.odd(token.line, "a text has an unknown escape; it was taken as written")
            value = body[1:-1]
        return value.encode("utf-8", "replace").decode()  # half a surrogate pair could not be written again

    def _word(self, token: Token) -> object:
        if token.text in WORDS:
            return WORDS[token.text]
        if NUMBER.fullmatch(token.text):
            number = float(token.text)
            return int(number) if number.is_integer() else number
        self.odd(token.line, "a value is without quotes; it was taken as text")
        return token.text

    def _scan(self) -> Token:
        while self.position < len(self.text):
            if self.text.startswith("/*", self.position):
                self._comment()
                continue
            match = TOKEN.match(self.text, self.position)
            if not match:
                self._unreadable()
                continue
            line = self.line
            self._advance(match.end())
            if match.lastgroup != "space":
                return Token(match.lastgroup or "", match[0], line)
            if not match[0].isspace():
                self.odd(line, "comments are no JSON; it was ignored")
        return Token("end", "", self.line)

    def _comment(self) -> None:
        end = self.text.find("*/", self.position)
        self.odd(self.line, "comments are no JSON; it was ignored")
        self._advance(end + 2 if end >= 0 else len(self.text))

    def _unreadable(self) -> None:
        """A text that is not closed hides where the next begins: the rest cannot be told apart."""
        if self.text[self.position] in "\"'":
            self.odd(self.line, "a text is not closed in its line; the rest of the file is left out")
            self._end()
        else:
            self._advance(self.position + 1)

    def _advance(self, position: int) -> None:
        position = min(position, len(self.text))
        self.line += self.text.count("\n", self.position, position)
        self.position = max(position, self.position)

    def _end(self) -> None:
        self.position, self.next = len(self.text), None
