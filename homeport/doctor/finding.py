"""What the doctor says: a finding, and the edits that mend it."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Edit:
    """Characters `start` to `end` of a file's decoded text become `text`; its newlines become the file's own."""

    file: str
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Patch:
    """Edits that belong together: all are made, or none. `patches.compose_patches` makes new texts of them."""

    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Finding:
    """One thing that breaks or silently changes off Heroku.

    `file` is relative to the examined folder, with slashes; `line` and `column` count from 1, and line 0 is the whole
    file. An `error` breaks requests, data or the deploy; a `warning` changes what happens under load or at a release;
    a `note` changes nothing that must be mended, or says what could not be told. `todo` is what a person still does;
    with a patch, what remains after it; "" if nothing does.
    """

    rule: str
    file: str
    line: int
    column: int
    severity: Severity
    title: str
    why: str
    todo: str
    patch: Patch | None = None

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file
