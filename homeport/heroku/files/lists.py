"""The small files of a checkout, one thing in each line: Aptfile, `.buildpacks`, and the hooks of the build."""

import re

from homeport.heroku.files.findings import Findings, Place
from homeport.heroku.files.urls import without_credentials
from homeport.heroku.records import BuildHook, Buildpack, Inventory, Other, SystemPackage

PACKAGE = re.compile(r"[a-z0-9][a-z0-9+._-]{0,99}(?::[a-z0-9]{1,10})?(?:=\S{1,80})?")


def parse_aptfile(text: str, place: Place) -> Inventory:
    """A SystemPackage for each package; repositories and .deb files by URL are told apart."""
    found = Findings(place)
    for line, written in _lines(text):
        if written.startswith(":repo:"):
            found.doubt(line, "names a repository of its own; a Dockerfile has to add it")
            name = without_credentials(written.removeprefix(":repo:"))[:200]
            found.records.append(Other(origin=found.at(line), app=found.app, kind="apt repository", name=name))
        elif "://" in written:
            found.doubt(line, "is a package by its URL; a Dockerfile has to fetch it")
            name = without_credentials(written)[:200]
            found.records.append(SystemPackage(origin=found.at(line), app=found.app, name=name))
        elif all(PACKAGE.fullmatch(word) for word in written.split()):
            _packages(line, written.split(), found)
        else:
            found.doubt(line, "is no name of a package; it is left out")
    return found.inventory()


def _packages(line: int, names: list[str], found: Findings) -> None:
    if len(names) > 1:
        found.doubt(line, "names several packages in one line; each was taken")
    for name in names:
        found.records.append(SystemPackage(origin=found.at(line), app=found.app, name=name))


def parse_buildpacks(text: str, place: Place) -> Inventory:
    """A Buildpack for each line of a `.buildpacks`, the file of the old multi-buildpack."""
    found = Findings(place)
    for ordinal, (line, written) in enumerate(_lines(text), start=1):
        name = without_credentials(written)[:300]
        found.records.append(Buildpack(origin=found.at(line), app=found.app, ordinal=ordinal, name=name))
    if found.records:
        found.doubt(0, "is read by the multi-buildpack only, which Heroku has replaced by its own list")
    return found.inventory()


def parse_hook(text: str, place: Place) -> Inventory:
    """`bin/pre_compile` or `bin/post_compile`: a script that the Python buildpack runs while it builds."""
    found = Findings(place)
    name = "bin/" + place.path.rpartition("/")[2]
    if _lines(text):
        found.records.append(BuildHook(origin=found.at(1), app=found.app, name=name, command=name))
    else:
        found.doubt(0, "is empty")
    return found.inventory()


def _lines(text: str) -> list[tuple[int, str]]:
    stripped = [
        (number, re.split(r"(?:^|\s)#", line)[0].strip()) for number, line in enumerate(text.split("\n"), start=1)
    ]
    return [(number, line) for number, line in stripped if line]
