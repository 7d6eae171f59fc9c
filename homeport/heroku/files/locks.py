"""Pipfile.lock, poetry.lock, uv.lock (pyproject.toml or Pipfile where no lock is) → Requirements, and a PythonVersion.

Development packages are left out where the lock tells them apart; uv.lock does not.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from homeport.heroku.files.findings import Findings, Place
from homeport.heroku.files.python import VERSION
from homeport.heroku.files.requirements import PINNED, REQUIREMENT, normalise
from homeport.heroku.records import Inventory, PythonVersion, Requirements

TOML_LINE = re.compile(r"at line (\d+)")


def parse_pipfile_lock(text: str, place: Place) -> Inventory:
    found = Findings(place)
    try:
        lock = json.loads(text)
    except (ValueError, RecursionError) as error:
        found.doubt(getattr(error, "lineno", 0), "is not JSON; it is left out")
        return found.inventory()
    default = _table(lock, "default")
    packages = {normalise(name): _exact(_text(entry, "version")) for name, entry in default.items()}
    _keep(found, "pipenv", packages)
    requires = _table(_table(lock, "_meta"), "requires")
    version = _text(requires, "python_full_version") or _text(requires, "python_version")
    if VERSION.fullmatch(version):
        origin = found.at(_line_of(text, version), "_meta.requires")
        found.records.append(PythonVersion(origin=origin, app=found.app, version=version))
    return found.inventory()


def parse_poetry_lock(text: str, place: Place) -> Inventory:
    found = Findings(place)
    packages = {
        normalise(name): version
        for name, version, entry in _packages(_toml(text, found))
        if entry.get("category", "main") == "main" and "main" in (entry.get("groups") or ["main"])
    }
    _keep(found, "poetry", packages)
    return found.inventory()


def parse_uv_lock(text: str, place: Place) -> Inventory:
    found = Findings(place)
    packages = {
        normalise(name): version
        for name, version, entry in _packages(_toml(text, found))
        if not {"virtual", "editable"} & set(_table(entry, "source"))  # the project itself
    }
    _keep(found, "uv", packages)
    return found.inventory()


def parse_pyproject(text: str, place: Place) -> Inventory:
    """What a pyproject.toml asks for, to be used only where no lock says what is installed."""
    found = Findings(place)
    document = _toml(text, found)
    poetry = _table(_table(_table(document, "tool"), "poetry"), "dependencies")
    written = _table(document, "project").get("dependencies")
    packages = {normalise(name): "" for name in poetry if name.lower() != "python"}
    for line in written if isinstance(written, list) else []:
        match = REQUIREMENT.fullmatch(str(line).split(";")[0].strip())
        if match:
            pinned = PINNED.match(match[2])
            packages[normalise(match[1])] = pinned[1] if pinned else ""
    if packages:
        found.doubt(
            0, "was read because there is no lock and no requirements.txt; Heroku refuses to build from it alone"
        )
        _keep(found, "poetry" if poetry else "uv", packages)
    return found.inventory()


def parse_pipfile(text: str, place: Place) -> Inventory:
    """What a Pipfile asks for, to be used only where there is no lock."""
    found = Findings(place)
    written = _table(_toml(text, found), "packages")
    packages = {normalise(name): _exact(value if isinstance(value, str) else "") for name, value in written.items()}
    found.doubt(0, "has no Pipfile.lock beside it; Heroku refuses to build from it alone")
    _keep(found, "pipenv", packages)
    return found.inventory()


def _keep(found: Findings, format: str, packages: dict[str, str]) -> None:
    if packages:
        record = Requirements(origin=found.place.path, app=found.app, format=format, packages=packages)
        found.records.append(record)


def _toml(text: str, found: Findings) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        match = TOML_LINE.search(str(error))
        found.doubt(int(match[1]) if match else 0, "is not TOML; it is left out")
        return {}


def _packages(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    entries = document.get("package")
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and (name := _text(entry, "name")):
            yield name, _text(entry, "version"), entry


def _table(value: Any, key: str) -> dict[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _text(value: Any, key: str) -> str:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _exact(specifier: str) -> str:
    pinned = PINNED.match(specifier.strip())
    return pinned[1] if pinned else ""


def _line_of(text: str, part: str) -> int:
    return text.count("\n", 0, text.find(f'"{part}"')) + 1
