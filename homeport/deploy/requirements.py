"""What a folder of code asks to be installed, in which form, and which other folders that takes along."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from homeport.deploy.locks import READERS, read_lock
from homeport.errors import HomeportError

# What a folder installs from, the first that is there.
KINDS = ("uv.lock", "requirements.txt", "poetry.lock", "Pipfile.lock", "pyproject.toml")
ENDING = re.compile(r"\s+(#|;|--hash).*$")  # comments, markers and hashes behind a requirement
INCLUDE = re.compile(r"^(?:-r|-c|--requirement|--constraint)[ =]?\s*(?P<file>\S+)")
EDITABLE = re.compile(r"^(?:-e|--editable)[ =]\s*(?P<path>\S+)")
EXTRAS = re.compile(r"\[[^\]]*\]$")


@dataclass(frozen=True)
class Requirements:
    """How to install: `kind` is one of KINDS, or nothing."""

    kind: str
    local: tuple[Path, ...] = ()  # files and folders on this disk that are installed or read, in the folder or not


def find_requirements(folder: Path) -> Requirements:
    """By the first of KINDS that is there. Raises HomeportError if a lock or a local requirement is missing."""
    kind = _find_kind(folder)
    if kind == "requirements.txt":
        found = list(_of_file(folder / kind, folder, set()))
    elif kind in READERS:
        found = [folder / package.path for package in read_lock(folder, kind).packages if package.path]
    else:
        found = _of_project(folder) if kind else []
    return Requirements(kind, tuple(_closure(folder, found)))


def is_package(folder: Path) -> bool:
    """Whether the project says how to build it; if not, only what it depends on is installed."""
    project = read_project(folder)
    return "build-system" in project and project.get("tool", {}).get("poetry", {}).get("package-mode", True)


def read_project(folder: Path) -> dict[str, Any]:
    """The pyproject.toml of a folder; empty if there is none."""
    file = folder / "pyproject.toml"
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise HomeportError(f"{file}: cannot be read: {error}") from None


def refresh_options(folder: Path, requirements: Requirements) -> list[str]:
    """Options that make uv build local folders anew: its cache only looks at their pyproject.toml."""
    options: list[str] = []
    for name in local_names(folder, requirements):
        options += ["--refresh-package", name] if name else ["--refresh"]
    return options


def local_names(folder: Path, requirements: Requirements) -> list[str | None]:
    """Names of the packages that are built from folders on this disk; None for one that does not say its name."""
    folders = [path for path in requirements.local if path.is_dir()] + ([folder] if is_package(folder) else [])
    return [_name(path) for path in dict.fromkeys(path.resolve() for path in folders)]


def _find_kind(folder: Path) -> str:
    """Without a lock, neither Pipenv's nor Poetry's files say what is to be installed; Heroku refuses them too."""
    kind = next((kind for kind in KINDS if (folder / kind).is_file()), "")
    if kind == "pyproject.toml" and "project" not in (project := read_project(folder)):
        if "poetry" in project.get("tool", {}):
            raise HomeportError(f"{folder / kind}: is Poetry's, and no poetry.lock is beside it", "poetry lock")
        kind = kind if "build-system" in project else ""  # only settings of tools
    if not kind and (folder / "Pipfile").is_file():
        raise HomeportError(f"{folder / 'Pipfile'}: has no Pipfile.lock beside it", "pipenv lock")
    return kind


def _name(folder: Path) -> str | None:
    project = read_project(folder)
    name: str | None = project.get("project", {}).get("name") or project.get("tool", {}).get("poetry", {}).get("name")
    return name


def _closure(folder: Path, found: list[Path]) -> Iterator[Path]:
    """What is found, and what local folders ask for in turn, each once."""
    seen: set[Path] = set()
    waiting = list(found)
    while waiting:
        path = waiting.pop(0).resolve()
        if path in seen:
            continue
        seen.add(path)
        if not path.exists():
            raise HomeportError(f"{folder}: requires {path}, which does not exist")
        if path.is_dir():
            waiting += _of_project(path)
        yield path


def _of_file(file: Path, folder: Path, seen: set[Path]) -> Iterator[Path]:
    """Local paths in a requirements file, and the files that it includes."""
    file = file.resolve()
    if file in seen:
        return
    seen.add(file)
    try:
        lines = file.read_text(encoding="utf-8-sig").replace("\\\n", " ").splitlines()
    except FileNotFoundError:
        raise HomeportError(f"{file}: does not exist, but is included") from None
    except (OSError, UnicodeDecodeError) as error:
        raise HomeportError(f"{file}: cannot be read: {error}") from None
    for line in lines:
        text = ENDING.sub("", line.strip())
        if include := INCLUDE.match(text):
            included = file.parent / include["file"]
            yield included
            yield from _of_file(included, folder, seen)
        elif text and not text.startswith("#") and (path := _local_path(text)):
            yield folder / path


def _local_path(text: str) -> str:
    """The path of a requirement that is one: `./x`, `../x[extra]`, `-e ../x`, `name @ file:///x`; else empty."""
    if editable := EDITABLE.match(text):
        text = editable["path"]
    name, at, url = text.partition("@")
    if at and url.strip().startswith("file:"):
        text = url.strip()
    elif at and not name.startswith((".", "/")):
        return ""
    if text.startswith("file:"):
        return unquote(urlparse(text).path) or text.removeprefix("file:")
    path = EXTRAS.sub("", text)
    return path if path.startswith(("./", "../", "/")) or path in (".", "..") or path.endswith(".whl") else ""


def _of_project(folder: Path) -> list[Path]:
    """Folders that a pyproject.toml takes from disk: `[tool.uv.sources]` with a path, `name @ file:` dependencies."""
    project = read_project(folder)
    sources = project.get("tool", {}).get("uv", {}).get("sources", {})
    found = [folder / source["path"] for source in sources.values() if isinstance(source, dict) and "path" in source]
    for dependency in project.get("project", {}).get("dependencies", []):
        if path := _local_path(ENDING.sub("", str(dependency))):
            found.append(folder / path)
    return found
