"""A folder → the texts in it that may matter to the doctor, and what could not be read. Bounded in number and size."""

import io
import os
import tokenize
from dataclasses import dataclass, field
from pathlib import Path

from homeport.errors import HomeportError

FILES_MAX = 20_000
BYTES_MAX = 1_000_000
DEPTH_MAX = 12
SKIPPED_FOLDERS = {
    *(".git", ".hg", ".svn", ".venv", "venv", "env", ".env", "virtualenv", "node_modules", "bower_components"),
    *("__pycache__", "site-packages", ".tox", ".nox", ".idea", ".vscode", ".mypy_cache", ".pytest_cache", "migrations"),
    *("staticfiles", "dist", "build", ".terraform", "tests", "test", "docs", "fixtures", "locale"),
    "homeport-django",  # the copy that `homeport django` made
}
NAMES = {
    *("Procfile", "ProcfileMulti", "app.json", "heroku.yml", "requirements.txt", "Pipfile", "Pipfile.lock"),
    *("poetry.lock", "uv.lock", "pyproject.toml", "gunicorn.conf", "Dockerfile"),
}


@dataclass(frozen=True)
class Unreadable:
    """A file or folder that was not read. `line` is 0 if it is the whole of it."""

    file: str
    reason: str
    line: int = 0


@dataclass(frozen=True)
class Sources:
    """Decoded texts by path relative to the folder, line endings as they are; and how to encode each again."""

    texts: dict[str, str]
    encodings: dict[str, str] = field(default_factory=dict)
    unreadable: tuple[Unreadable, ...] = ()


def read_sources(folder: Path) -> Sources:
    """Read the Python files, Procfiles and dependency files of a project. Raises HomeportError if `folder` is none.

    Links are not followed. Virtual environments, migrations, tests and what tools made are skipped.
    """
    if not folder.is_dir():
        raise HomeportError(f"{folder}: is not a folder", "name the folder that holds manage.py")
    texts: dict[str, str] = {}
    encodings: dict[str, str] = {}
    unreadable: list[Unreadable] = []
    for path in _find_files(folder, unreadable):
        relative = path.relative_to(folder).as_posix()
        try:
            texts[relative], encodings[relative] = read_text(path)
        except (OSError, SyntaxError, ValueError) as error:
            unreadable.append(Unreadable(relative, _reason(error)))
    return Sources(texts, encodings, tuple(unreadable))


def read_text(path: Path) -> tuple[str, str]:
    """Text and encoding; Python's own rules (PEP 263) for Python files. Raises ValueError for what is no text."""
    size = path.stat().st_size
    if size > BYTES_MAX and path.suffix == ".py":
        raise ValueError(f"has {size:,} bytes; more than {BYTES_MAX:,} are not read")
    with path.open("rb") as stream:
        content = stream.read(BYTES_MAX)
    if b"\0" in content:
        raise ValueError("is binary")
    if path.suffix == ".py":
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    else:
        encoding = "utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "utf-8"
    return content.decode(encoding), encoding


def _find_files(folder: Path, unreadable: list[Unreadable]) -> list[Path]:
    def tell(error: OSError) -> None:
        where = Path(error.filename or folder)
        unreadable.append(Unreadable(where.relative_to(folder).as_posix(), _reason(error)))

    found: list[Path] = []
    for here, folders, names in os.walk(folder, onerror=tell):
        at = Path(here)
        deep = len(at.relative_to(folder).parts) >= DEPTH_MAX
        folders[:] = [] if deep else sorted(name for name in folders if name not in SKIPPED_FOLDERS)
        for name in sorted(names):
            path = at / name
            if _may_matter(path) and not path.is_symlink() and path.is_file():
                found.append(path)
        if len(found) > FILES_MAX:
            unreadable.append(Unreadable(".", f"has more than {FILES_MAX:,} files; the rest was not read"))
            return found[:FILES_MAX]
    return found


def _may_matter(path: Path) -> bool:
    if path.suffix == ".txt":
        return "requirements" in (path.stem, path.parent.name)
    return path.suffix in (".py", ".ini") or path.name in NAMES or path.name.startswith(("Procfile", "gunicorn"))


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"is not {error.encoding}"
    return str(error.strerror or error) if isinstance(error, OSError) else str(error)
