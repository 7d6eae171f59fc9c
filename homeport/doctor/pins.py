"""Requirement files and locks → the version that a package surely has, or at least has.

A lock says it exactly. Without one, the lower bound of a requirement counts: `==4.2`, `>=4.1,<5`, `~=2.1`, `^2`. Where
files differ, the oldest version counts, because any of them may be the one that is installed.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

Version = tuple[int, ...]

REQUIREMENT_FILES = re.compile(
    r"(^|/)(requirements[^/]*\.txt|requirements/[^/]+\.txt|Pipfile|pyproject\.toml|[\w.]*lock)$"
)
BOUND = re.compile(r"(?:===?|>=|~=|\^|>)\s*v?(\d+(?:\.\d+)*)")
PLAIN = re.compile(r"^~?v?(\d+(?:\.\d+)*)")  # Poetry: `4.2` and `~4.2` are lower bounds


def is_requirement_file(file: str) -> bool:
    """Whether it says what the project installs; what a vendored package asks for does not."""
    return bool(REQUIREMENT_FILES.search(file)) and "vendor" not in PurePosixPath(file).parts


def find_version(texts: Mapping[str, str], package: str) -> Version | None:
    """The oldest version of the package that the project's files allow; None if no file tells."""
    locked: list[Version] = []
    bounds: list[Version] = []
    for file, text in texts.items():
        if not is_requirement_file(file):
            continue
        is_lock = file.endswith("lock")
        found = _locked(file, text, package) if is_lock else _bounds(text, package)
        (locked if is_lock else bounds).extend(found)
    return min(locked or bounds, default=None)


def _locked(file: str, text: str, package: str) -> Iterator[Version]:
    """Pipfile.lock, poetry.lock or uv.lock; nothing of one that cannot be read."""
    try:
        document: dict[str, Any] = json.loads(text) if file.endswith("Pipfile.lock") else tomllib.loads(text)
    except (ValueError, RecursionError):
        return
    if PurePosixPath(file).name == "Pipfile.lock":
        group = document.get("default") if isinstance(document, dict) else None
        entries = [{"name": name, **entry} for name, entry in _mapping(group).items() if isinstance(entry, dict)]
    else:
        packages = document.get("package", [])
        entries = [entry for entry in packages if isinstance(entry, dict)] if isinstance(packages, list) else []
    for entry in entries:
        version = re.search(r"\d+(\.\d+)*", str(entry.get("version")))
        if version and _normal(str(entry.get("name"))) == package:
            yield _version(version[0])


def _bounds(text: str, package: str) -> Iterator[Version]:
    """Lower bounds, as pip (`django[argon2]>=4.2,<5`) and TOML (`django = {version = "^4.2"}`) write them."""
    name = re.escape(package).replace(r"\-", "[-_.]+")
    for pattern in (
        rf"(?:^[ \t]*|[\"']){name}(?:\[[^\]\n]*\])?[ \t]*\(?((?:[=~!<>]=|[<>])[^\"'#;\n]*)",
        rf"^[ \t]*[\"']?{name}[\"']?[ \t]*=[ \t]*(?:\{{[^\n]*?\bversion[ \t]*=[ \t]*)?[\"']([^\"'\n]*)[\"']",
    ):
        for found in re.finditer(pattern, text, re.MULTILINE | re.IGNORECASE):
            if bounds := BOUND.findall(found[1]) or PLAIN.findall(found[1]):
                yield max(map(_version, bounds))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _version(text: str) -> Version:
    return tuple(int(part) for part in text.split("."))
