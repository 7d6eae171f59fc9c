"""homeport-django as it ships with Homeport → a copy in a service's folder that its requirements name.

A copy, because a service's image must not need a package index that has it. `copied.json` in the copy holds the hashes
of what was copied: what differs from that was edited, and is not overwritten unasked. Stopped half-way, the next run
goes on: each file is either as it was copied, as it ships now, or edited.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from homeport.deploy.requirements import find_requirements, read_project
from homeport.errors import HomeportError
from homeport.system.files import remove_empty_folders, replace_file

NAME = "homeport-django"
TARGET = f"vendor/{NAME}"  # in the service's folder
RECORD = "copied.json"
PARTS = ("pyproject.toml", "README.md", "homeport_django/**/*")  # its tests stay at home
MADE_BY_TOOLS = ("__pycache__",)
REQUIRED = re.compile(r"^[^#\n]*(?<![\w-])homeport[-_]django(?![\w-])", re.MULTILINE)
UV, POETRY, PIPENV = "uv add --no-workspace", "poetry add", "pipenv install"  # what keeps a lock adds to it itself


@dataclass(frozen=True)
class Change:
    """What is to be done to the copy, and what stands in the way: files by path relative to it."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    edited: tuple[str, ...]


@dataclass(frozen=True)
class Placed:
    """What was done. `requirements` are the files that name the copy now; `todo` is what to type for a lock."""

    folder: str
    version: str
    written: tuple[str, ...]
    removed: tuple[str, ...]
    requirements: tuple[str, ...]
    todo: str


def place_package(folder: Path, *, shipped: Path, force: bool = False) -> Placed:
    """Copy the package in `shipped` into a service's folder, or bring a copy up to date, and require it.

    Raises HomeportError, before anything is written, for a copy that somebody edited; not with `force`.
    """
    if not folder.is_dir():
        raise HomeportError(f"{folder}: is not a folder", "name the folder that holds manage.py")
    wanted, target = _read(shipped), folder / TARGET
    try:
        found = _read(target)
        change = compare(wanted, found, _read_record(target))
        if change.edited and not force:
            lines = [f"{target / file}: was edited; a newer one would replace it" for file in change.edited]
            raise HomeportError("\n".join(lines), f"keep your change elsewhere, then: homeport django {folder} --force")
        _write(target, wanted, change)
        tool = find_tool(folder)
        requirements = () if tool else _require(folder)
        asked = bool(tool) and not _is_required([folder / ("Pipfile" if tool == PIPENV else "pyproject.toml")])
    except OSError as error:
        raise HomeportError(f"{error.filename or target}: cannot be written: {error.strerror}") from None
    version = tomllib.loads(wanted["pyproject.toml"].decode())["project"]["version"]
    todo = f"{tool} ./{TARGET}" if asked else ""
    return Placed(str(target), version, change.written, change.removed, requirements, todo)


def find_shipped() -> Path:
    """The folder of homeport-django: in an installed Homeport inside of the package, in a checkout beside it."""
    package = Path(__file__).parents[1]
    inside = package / "packages" / NAME
    return inside if inside.is_dir() else package.parent / "packages" / NAME


def compare(wanted: Mapping[str, bytes], found: Mapping[str, bytes], recorded: Mapping[str, str]) -> Change:
    """What makes a copy what is wanted; `recorded` are the hashes of what was copied before.

    A file that is gone was not edited, and files that were never copied are the user's: they stay.
    """
    written = tuple(file for file, content in wanted.items() if found.get(file) != content)
    removed = tuple(file for file in found if file in recorded and file not in wanted)
    touched = [file for file in (*written, *removed) if file in found]
    edited = tuple(file for file in touched if _hash(found[file]) != recorded.get(file))
    return Change(written, removed, edited)


def find_tool(folder: Path) -> str:
    """The command that adds a requirement to the folder; empty where requirements.txt is what is installed from."""
    if (folder / "uv.lock").is_file():
        return UV
    if (folder / "requirements.txt").is_file():
        return ""
    project = read_project(folder)
    if (folder / "poetry.lock").is_file() or "poetry" in project.get("tool", {}):
        return POETRY
    if (folder / "Pipfile").is_file():
        return PIPENV
    return UV if "project" in project else ""


def _read(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for part in PARTS for path in folder.glob(part) if path.is_file())
    relative = {path.relative_to(folder): path for path in paths}
    return {
        name.as_posix(): path.read_bytes() for name, path in relative.items() if not {*MADE_BY_TOOLS} & {*name.parts}
    }


def _read_record(target: Path) -> dict[str, str]:
    try:
        recorded: dict[str, str] = json.loads((target / RECORD).read_text())
    except (OSError, ValueError):
        return {}
    return recorded


def _write(target: Path, wanted: Mapping[str, bytes], change: Change) -> None:
    for file in change.written:
        replace_file(target / file, wanted[file])
    for file in change.removed:
        (target / file).unlink()
        remove_empty_folders(target / file, target)
    record = {file: _hash(content) for file, content in wanted.items()}
    replace_file(target / RECORD, f"{json.dumps(record, indent=2)}\n".encode())


def _require(folder: Path) -> tuple[str, ...]:
    """Name the copy in requirements.txt, and in requirements.in if that is what it is compiled from."""
    known = find_requirements(folder)
    if known.kind and _is_required([folder / known.kind, *known.local]):
        return ()
    files = [name for name in ("requirements.in", "requirements.txt") if (folder / name).is_file()]
    files = files or ["requirements.txt"]
    for file in (folder / name for name in files):
        text = file.read_bytes().decode() if file.is_file() else ""
        end = "\r\n" if "\r\n" in text else "\n"
        text += f"{'' if not text or text.endswith(end) else end}./{TARGET}{end}"
        replace_file(file, text.encode())
    return tuple(files)


def _is_required(files: list[Path]) -> bool:
    return any(REQUIRED.search(file.read_text(errors="replace")) for file in files if file.is_file())


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
