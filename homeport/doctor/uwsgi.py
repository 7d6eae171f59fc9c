"""uwsgi's ini files, as commands name them → where it listens, with the place of each word."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from homeport.doctor.commands import Command
from homeport.doctor.project import Project

LINE = re.compile(r"^[ \t]*([a-z-]+)[ \t]*=[ \t]*([^\r\n]*?)[ \t]*\r?$", re.MULTILINE)
SOCKETS = ("http", "http-socket", "socket", "uwsgi-socket")


@dataclass(frozen=True)
class Socket:
    """Where uwsgi listens; `start` and `end` are characters of the text, `line` counts from 1."""

    file: str
    key: str
    value: str
    line: int
    start: int
    end: int

    @property
    def is_http(self) -> bool:
        return self.key.startswith("http")


def find_sockets(project: Project, command: Command) -> Iterator[Socket]:
    """Sockets in the ini files of a command that runs uwsgi."""
    if command.program("uwsgi") is None:
        return
    for word in command.words:
        file = posixpath.normpath(word.text.rpartition("=")[2].strip("'\""))
        text = project.texts.get(file, "") if file.endswith(".ini") else ""
        for found in LINE.finditer(text):
            if found[1] in SOCKETS:
                yield Socket(
                    file, found[1], found[2], text.count("\n", 0, found.start(1)) + 1, found.start(1), found.end(2)
                )
