"""requirements.txt and what it includes → one Requirements record: packages with the versions that are pinned.

https://pip.pypa.io/en/stable/reference/requirements-file-format/. Markers are not evaluated.
"""

import posixpath
import re
from collections.abc import Callable

from homeport.heroku.files.findings import Findings, Place, total
from homeport.heroku.records import Inventory, Requirements

FILES_MAX = 30
URL_MAX = 2_000
REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,99})\s*(?:\[[^\]]{0,200}\])?\s*(.*)", re.DOTALL)
PINNED = re.compile(r"===?\s*([A-Za-z0-9.!+_-]{1,60})\s*(?:,|$)")
INCLUDE = re.compile(r"(?:-r|--requirement)(?:\s+|=|(?=[\w.]))(\S+)")
CONSTRAINT = re.compile(r"(?:-c|--constraint)\b")
EDITABLE = re.compile(r"(?:-e|--editable)(?:\s+|=)(\S+)")
EGG = re.compile(r"#(?:.*&)?egg=([A-Za-z0-9._-]{1,100})")
WHEEL = re.compile(r"/([A-Za-z0-9_.]{1,80})-(\d[^-/]{0,40})-[^/]{1,80}\.whl")
COMMENT = re.compile(r"(^|\s)#(?!egg=).*$")
Read = Callable[[str], tuple[str, Place] | None]  # a path in the checkout → its text and place


def normalise(name: str) -> str:
    """A package's name as PyPI compares it: https://peps.python.org/pep-0503/."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parse_requirements(text: str, place: Place, read: Read, path: str = "requirements.txt") -> Inventory:
    """One record for the file and all that it includes; `read` answers None for what is not in the checkout."""
    reader = _Reader(read)
    reader.file(text, place, path)
    record = Requirements(origin=place.path, app=place.app, format="pip", packages=reader.packages)
    return Inventory((record,)) + total([found.inventory() for found in reader.findings])


class _Reader:
    """Follows includes, each file once."""

    def __init__(self, read: Read) -> None:
        self.read = read
        self.packages: dict[str, str] = {}
        self.seen: set[str] = set()
        self.findings: list[Findings] = []

    def file(self, text: str, place: Place, path: str) -> None:
        self.seen.add(posixpath.normpath(path))
        found = Findings(place)
        self.findings.append(found)
        for line, written in _logical_lines(text):
            if match := INCLUDE.fullmatch(written):
                self._include(match[1], path, line, found)
            elif written.startswith("-"):
                self._option(written, line, found)
            else:
                self._requirement(written, line, found)

    def _include(self, name: str, path: str, line: int, found: Findings) -> None:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        if target in self.seen:
            return
        if target.startswith(("/", "..")) or "://" in name:
            found.doubt(line, "includes a file outside of the folder; it was not read")
        elif len(self.seen) >= FILES_MAX:
            found.doubt(line, f"includes more than {FILES_MAX} files; this one was not read")
        elif read := self.read(target):
            self.file(*read, target)
        else:
            found.doubt(line, f"includes {target[:100]}, which cannot be read")

    def _option(self, written: str, line: int, found: Findings) -> None:
        if editable := EDITABLE.match(written):
            self._requirement(written[editable.start(1) :], line, found)
        elif CONSTRAINT.match(written):
            found.doubt(line, "names a file of constraints; versions that only it pins are not known here")
        elif not written.startswith(("--hash", "--no-binary", "--only-binary", "--prefer-binary", "--pre", "--use-")):
            name = re.split(r"[ =]", written, maxsplit=1)[0][:40]
            found.doubt(line, f"{name} changes where packages come from; carry it over by hand")

    def _requirement(self, written: str, line: int, found: Findings) -> None:
        written = re.split(r"\s--hash[= ]", written, maxsplit=1)[0].strip()
        if "://" in written.split("@")[0] or written.startswith((".", "/")):
            self._url(written, line, found)
            return
        match = REQUIREMENT.fullmatch(written.split(";")[0].strip())
        if not match or not _is_specifier(match[2]):
            found.doubt(line, "is no requirement that pip reads; it is left out")
            return
        name, pinned = normalise(match[1]), PINNED.match(match[2])
        version = pinned[1] if pinned else ""
        if self.packages.get(name, version) != version:
            found.doubt(line, f"{name} is required twice with different versions; the last is taken")
        self.packages[name] = version

    def _url(self, written: str, line: int, found: Findings) -> None:
        written = written[:URL_MAX]
        if match := EGG.search(written):
            self.packages[normalise(match[1])] = ""
        elif match := WHEEL.search(written):
            self.packages[normalise(match[1])] = match[2]
        else:
            found.doubt(line, "names a path or URL, not a package; what it installs is not known here")


def _is_specifier(text: str) -> bool:
    return not text or text[0] in "=<>!~@(,"


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Lines with their number, continued ones joined, comments and empty ones gone."""
    lines: list[tuple[int, str]] = []
    parts: list[str] = []
    start = 0
    for number, written in enumerate(text.split("\n"), start=1):
        start = start if parts else number
        line = COMMENT.sub("", written).strip()
        if written.rstrip().endswith("\\"):
            parts.append(line.removesuffix("\\"))
            continue
        if joined := " ".join([*parts, line]).strip():
            lines.append((start, joined))
        parts = []
    if joined := " ".join(parts).strip():
        lines.append((start, joined))
    return lines
