"""`.python-version`, runtime.txt, Pipfile.lock → the Python that Heroku installs.

The precedence is the buildpack's: runtime.txt, `.python-version`, Pipfile.lock
(https://devcenter.heroku.com/articles/python-runtimes).
"""

import re

from homeport.heroku.files.findings import Findings, Place
from homeport.heroku.records import Inventory, PythonVersion

VERSION = re.compile(r"3\.\d{1,2}(\.\d{1,2})?|2\.7(\.\d{1,2})?")
OLDEST = (3, 10)  # https://devcenter.heroku.com/articles/python-support, August 2026
LOOSE = re.compile(r"(?:c?python[-= ]*)?v?((?:3\.\d{1,2}|2\.7)(?:\.\d{1,2})?)(?:[.-]?\*|[-+a-z].*)?", re.IGNORECASE)


def parse_python_version(text: str, place: Place) -> Inventory:
    """The version of a `.python-version`: one line, comments and empty lines around it."""
    found = Findings(place)
    lines = _lines(text)
    if len(lines) > 1:
        found.doubt(lines[1][0], "names more than one version, which Heroku refuses; the first is taken")
    _keep(lines, "", found)
    return found.inventory()


def parse_runtime(text: str, place: Place) -> Inventory:
    """The version of a runtime.txt: `python-3.12.1`."""
    found = Findings(place)
    found.doubt(0, "is deprecated: Heroku asks for a .python-version instead")
    _keep(_lines(text), "python-", found)
    return found.inventory()


def choose_version(inventories: list[Inventory]) -> Inventory:
    """One inventory of several in Heroku's order of precedence: the first version is kept, others become doubts."""
    versions = [record for inventory in inventories for record in inventory.of(PythonVersion)]
    chosen = versions[:1]
    found = Findings(Place(chosen[0].origin if chosen else "", ""))
    for other in versions[1:]:
        if not _agree(other.version, chosen[0].version):
            found.doubt(0, f"says Python {chosen[0].version} and {other.origin} says {other.version}; the first wins")
    doubts = tuple(doubt for inventory in inventories for doubt in inventory.doubts)
    return Inventory(tuple(chosen), doubts=doubts + found.inventory().doubts)


def _agree(one: str, other: str) -> bool:
    """3.12 and 3.12.1 do."""
    return all(a == b for a, b in zip(one.split("."), other.split("."), strict=False))


def _lines(text: str) -> list[tuple[int, str]]:
    stripped = [(number, line.split("#")[0].strip()) for number, line in enumerate(text.split("\n"), start=1)]
    return [(number, line) for number, line in stripped if line]


def _keep(lines: list[tuple[int, str]], prefix: str, found: Findings) -> None:
    if not lines:
        found.doubt(0, "names no version")
        return
    line, written = lines[0]
    if written.startswith(prefix) and VERSION.fullmatch(written.removeprefix(prefix)):
        version = written.removeprefix(prefix)
    elif match := LOOSE.fullmatch(written[:40]):
        version = match[1]
        found.doubt(line, f"is not written as Heroku expects (`{prefix}3.12`); it was taken as {version}")
    else:
        found.doubt(line, "is no version of Python; it is left out")
        return
    if tuple(map(int, version.split(".")[:2])) < OLDEST:
        found.doubt(line, f"Python {version} is one that Heroku builds no longer; the app runs from an old build")
    found.records.append(PythonVersion(origin=found.at(line), app=found.app, version=version))
