"""Procfiles and heroku.yml → the commands of processes, as words with their places.

Read more leniently than `model.procfile` does: a line that is none is passed over, because the doctor only looks.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from homeport.doctor.finding import Edit

LINE = re.compile(r"^[ \t]*([A-Za-z0-9_-]+)[ \t]*:[ \t]*(\S.*?)[ \t\r]*$", re.MULTILINE)
RUN = re.compile(r"^run:[ \t]*\r?\n((?:[ \t]+.*\r?\n?|\r?\n)*)", re.MULTILINE)
WORD = re.compile(r"&&|\|\||[;|&]|(?:[^\s\"';|&]|\"[^\"]*\"|'[^']*'|\$\{[^}]*\})+")
SEPARATORS = {"&&", "||", ";", "|", "&"}
SERVERS = ("gunicorn", "uvicorn", "daphne", "hypercorn", "waitress-serve", "granian", "uwsgi")
NESTED = re.compile(r"(?:honcho|foreman)\b.*?\s-f\s*(\S+)")


@dataclass(frozen=True)
class Word:
    """One word of a command; `start` counts characters of the file."""

    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True)
class Option:
    """An option of a command: the words that it is made of, and its value without quotes ("" for a flag)."""

    value: str
    start: int
    end: int
    value_start: int


@dataclass(frozen=True, eq=False)
class Command:
    """A process's command. `start` is where it begins in the file's text; `line` and `column` count from 1."""

    file: str
    process: str
    text: str
    start: int
    line: int
    column: int
    parent: str = ""  # the process that starts a nested Procfile

    @cached_property
    def words(self) -> tuple[Word, ...]:
        return tuple(Word(found[0], self.start + found.start()) for found in WORD.finditer(self.text))

    @property
    def is_web(self) -> bool:
        """Whether it answers requests: the process `web`, or a server that `web` starts beside others."""
        return self.process == "web" or self.parent == "web"

    def program(self, *names: str) -> Word | None:
        """The word that runs one of the programs, by its last path part: `gunicorn`, `bin/start-nginx`."""
        return next((word for word in self.words if PurePosixPath(word.text).name in names), None)

    def option(self, *names: str) -> Option | None:
        """The last of the options by any of its names: `--bind X`, `--bind=X`, `-b X`, `-bX`."""
        found = None
        for index, word in enumerate(self.words):
            for name in names:
                found = self._option_at(index, word, name) or found
        return found

    def flag(self, *names: str) -> Option | None:
        word = next((word for word in self.words if word.text in names), None)
        return Option("", word.start, word.end, word.end) if word else None

    def part_of(self, word: Word) -> tuple[Word, ...]:
        """The words of the simple command that `word` is in, between `&&`, `;` and `|`."""
        part: list[Word] = []
        for other in self.words:
            if other.text in SEPARATORS:
                if word in part:
                    break
                part = []
            else:
                part.append(other)
        return tuple(part)

    def append_to(self, word: Word, text: str) -> Edit:
        """Adds words at the end of the simple command that `word` is in."""
        end = self.part_of(word)[-1].end
        return Edit(self.file, end, end, f" {text}")

    def remove(self, start: int, end: int) -> Edit:
        """Removes characters and the blanks behind them; at the end of the command, the blanks before."""
        offset = self.start
        while end < offset + len(self.text) and self.text[end - offset] in " \t":
            end += 1
        while end == offset + len(self.text) and start > offset and self.text[start - 1 - offset] in " \t":
            start -= 1
        return Edit(self.file, start, end, "")

    def _option_at(self, index: int, word: Word, name: str) -> Option | None:
        if word.text == name and index + 1 < len(self.words):
            value = self.words[index + 1]
            return Option(value.text.strip("'\""), word.start, value.end, value.start)
        joined = f"{name}=" if name.startswith("--") else name
        if word.text.startswith(joined) and word.text != name and not (len(name) == 2 and word.text.startswith("--")):
            value_text = word.text[len(joined) :]
            return Option(value_text.strip("'\""), word.start, word.end, word.start + len(joined))
        return None


def read_commands(texts: Mapping[str, str]) -> tuple[Command, ...]:
    """Commands of the project's Procfile, of those that it starts in turn, and of `run:` in heroku.yml."""
    commands = list(_procfile("Procfile", texts.get("Procfile", "")))
    for command in [*commands]:
        nested = NESTED.search(command.text)
        if nested and nested[1] in texts and nested[1] != "Procfile":
            commands += _procfile(nested[1], texts[nested[1]], command.process)
    if run := RUN.search(texts.get("heroku.yml", "")):
        commands += _lines("heroku.yml", texts["heroku.yml"], run.start(1), run.end(1))
    return tuple(commands)


def _procfile(file: str, text: str, parent: str = "") -> Iterable[Command]:
    return _lines(file, text, 0, len(text), parent)


def _lines(file: str, text: str, start: int, end: int, parent: str = "") -> Iterable[Command]:
    for found in LINE.finditer(text, start, end):
        line_start = text.rfind("\n", 0, found.start(2)) + 1
        yield Command(
            file,
            found[1],
            found[2],
            found.start(2),
            text.count("\n", 0, found.start(2)) + 1,
            found.start(2) - line_start + 1,
            parent,
        )
