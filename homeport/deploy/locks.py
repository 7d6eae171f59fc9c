"""Pipfile.lock and poetry.lock → the lines of a requirements file: exact versions with their hashes, main group only.

Their own tools install from them without resolving anew, and so is what is rendered here: it is complete.
https://pipenv.pypa.io/en/latest/locking.html and https://python-poetry.org/docs/basic-usage/#installing-with-poetrylock
"""

import json
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from homeport.errors import HomeportError

PYPI = "https://pypi.org/"  # uv's own default, for which the user may have set another
POETRY_LOCK = (2, 1)  # before, a lock does not say which package is for production


@dataclass(frozen=True)
class Package:
    """One package of a lock: of a `version` from an index, from a `url`, or from a `path` on this disk."""

    name: str
    version: str = ""
    url: str = ""
    path: str = ""
    markers: str = ""
    hashes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lock:
    """What a lock installs, and where from: `indexes` besides PyPI, the first one instead of it if `replaces_pypi`."""

    packages: tuple[Package, ...]
    indexes: tuple[str, ...] = ()
    replaces_pypi: bool = False


def read_lock(folder: Path, kind: str) -> Lock:
    """The lock `kind` (a key of READERS) in `folder`. Raises HomeportError, with the command that makes it anew."""
    file = folder / kind
    convert, tool = READERS[kind]
    try:
        return convert(file, file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise HomeportError(f"{file}: cannot be read: {error}", f"{tool} lock") from None
    except (AttributeError, KeyError, TypeError) as error:
        raise HomeportError(f"{file}: is no lock that {tool} writes: {error!r}", f"{tool} lock") from None


def write_requirements(folder: Path, kind: str, target: Path) -> list[str]:
    """Write the lock in `folder` to `target` as a requirements file; what makes `uv pip install` install just that."""
    target.write_text(render_requirements(read_lock(folder, kind), folder))
    return ["--no-deps", "-r", str(target)]


def render_requirements(lock: Lock, folder: Path) -> str:
    """Text of a requirements file that may stand anywhere; paths in the lock are relative to `folder`."""
    options = ["--index-url", *["--extra-index-url"] * len(lock.indexes)]
    used = options if lock.replaces_pypi else options[1:]
    lines = [f"{option} {index}" for option, index in zip(used, lock.indexes, strict=False)]
    return "\n".join([*lines, *(_line(package, folder) for package in lock.packages), ""])


def _convert_pipfile_lock(file: Path, text: str) -> Lock:
    document = json.loads(text)
    urls = [str(source["url"]) for source in document.get("_meta", {}).get("sources", [])]
    indexes = tuple(url for url in urls if not url.startswith(PYPI))
    return Lock(tuple(_of_pipfile(document["default"])), indexes, replaces_pypi=indexes == tuple(urls))


def _of_pipfile(default: dict[str, Any]) -> Iterator[Package]:
    for name, entry in default.items():
        full = f"{name}[{','.join(entry['extras'])}]" if entry.get("extras") else name
        yield Package(
            full,
            version=entry.get("version", "").removeprefix("=="),
            url=_git_url(entry["git"], entry.get("ref", ""), entry.get("subdirectory", ""))
            if "git" in entry
            else entry.get("file", ""),
            path=entry.get("path", ""),
            markers=entry.get("markers", ""),
            hashes=tuple(entry.get("hashes", ())) if "version" in entry else (),
        )


def _convert_poetry_lock(file: Path, text: str) -> Lock:
    document = tomllib.loads(text)
    version = str(document["metadata"]["lock-version"])
    if tuple(int(part) for part in version.split(".")) < POETRY_LOCK:
        raise HomeportError(
            f"{file}: is of version {version}, which does not say what is for production; expected 2.1 or newer",
            "let Poetry 2 write it anew (poetry lock --regenerate), or: poetry export --output requirements.txt",
        )
    wanted = [entry for entry in document.get("package", []) if "main" in entry["groups"] and not entry["optional"]]
    sources = [entry.get("source", {}) for entry in wanted]
    urls = dict.fromkeys(str(source["url"]) for source in sources if source.get("type") == "legacy")
    indexes = tuple(url for url in urls if not url.startswith(PYPI))
    return Lock(tuple(_of_poetry(entry) for entry in wanted), indexes)


def _of_poetry(entry: dict[str, Any]) -> Package:
    markers = entry.get("markers", "")
    markers = markers.get("main", "") if isinstance(markers, dict) else markers
    source = entry.get("source", {})
    kind = source.get("type", "legacy")
    if kind == "legacy":
        hashes = tuple(str(file["hash"]) for file in entry.get("files", ()))
        return Package(entry["name"], version=entry["version"], markers=markers, hashes=hashes)
    if kind in ("directory", "file"):
        return Package(entry["name"], path=source["url"], markers=markers)
    url = source["url"]
    if kind == "git":
        url = _git_url(url, source["resolved_reference"], source.get("subdirectory", ""))
    return Package(entry["name"], url=url, markers=markers)


def _git_url(url: str, reference: str, subdirectory: str) -> str:
    return f"git+{url}{f'@{reference}' if reference else ''}{f'#subdirectory={subdirectory}' if subdirectory else ''}"


def _line(package: Package, folder: Path) -> str:
    """Of a path the name is left out: Pipenv's names of such packages are not always their own."""
    if package.path:
        what = f"file://{quote(str((folder / package.path).resolve()))}"
    elif package.url:
        what = f"{package.name} @ {package.url}"
    else:
        what = f"{package.name}=={package.version}"
    markers = f" ; {package.markers}" if package.markers else ""
    return " ".join([what + markers, *(f"--hash={digest}" for digest in package.hashes)])


READERS: dict[str, tuple[Callable[[Path, str], Lock], str]] = {
    "poetry.lock": (_convert_poetry_lock, "poetry"),
    "Pipfile.lock": (_convert_pipfile_lock, "pipenv"),
}
