"""A folder of code → the files that belong to it and one hash over them: what git would keep, and no secrets.

Hashes are kept by size and modification time, so that looking at unchanged sources again costs next to nothing.
"""

import hashlib
import json
import os
import shutil
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pathspec

from homeport.errors import HomeportError

# Never part of an image, whatever .gitignore says: made by tools, or secret.
SKIPPED_FOLDERS = {
    *(".git", ".hg", ".svn", ".venv", "venv", "__pycache__", "node_modules", ".tox", ".nox", ".idea", ".vscode"),
    *(".mypy_cache", ".pytest_cache", ".ruff_cache", ".terraform"),
}
SKIPPED_ENDINGS = (".pyc", ".pyo", ".egg-info", ".sqlite3-journal")
SKIPPED_NAMES = {".DS_Store"}
EXAMPLES = (".example", ".sample", ".template", ".dist")  # of a .env file: without secrets
RACY_NS = 2_000_000_000  # a file younger than this may change again within its modification time


@dataclass(frozen=True)
class SourceFile:
    """One file: path relative to its folder, `x` if it is executable, `l` for a link, and the hash of its content."""

    path: str
    mode: str
    digest: str


def find_files(folder: Path, cache: Path | None = None, *, gitignore: bool = True) -> list[SourceFile]:
    """Files of `folder` by path. Raises HomeportError for what cannot be read or points out of the folder.

    `cache` is a folder in which hashes are kept. Without `gitignore`, what git ignores counts too: built websites.
    """
    hashes = _Hashes(folder, cache)
    try:
        files = [hashes.look_at(path, relative) for path, relative in _walk(folder.resolve(), gitignore)]
    except OSError as error:
        raise HomeportError(f"{error.filename or folder}: cannot be read: {error.strerror}") from None
    hashes.save()
    return sorted((file for file in files if file), key=lambda file: file.path)


def digest_files(files: list[SourceFile]) -> str:
    """One hash over paths, modes and contents."""
    every = hashlib.sha256()
    for file in files:
        every.update(f"{file.path}\0{file.mode}\0{file.digest}\n".encode("utf-8", "surrogateescape"))
    return every.hexdigest()


def copy_files(folder: Path, files: list[SourceFile], target: Path) -> None:
    """Copy the files as they were when they were hashed. Raises HomeportError if one has changed since."""
    for file in files:
        source, copy = folder / file.path, target / file.path
        copy.parent.mkdir(parents=True, exist_ok=True)
        if file.mode == "l":
            copy.symlink_to(source.readlink())
            continue
        try:
            shutil.copyfile(source, copy)
        except FileNotFoundError:
            raise _changed(source) from None
        if _hash(copy) != file.digest:
            raise _changed(source)
        copy.chmod(0o755 if file.mode == "x" else 0o644)


def _changed(file: Path) -> HomeportError:
    return HomeportError(f"{file}: changed while it was built", "run it again")


class _Hashes:
    """Hashes of one folder's files, remembered by what `stat` says of them."""

    def __init__(self, folder: Path, cache: Path | None) -> None:
        self.folder = folder.resolve()
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()
        self.file = cache / f"{name}.json" if cache else None
        self.known: dict[str, list[int | str]] = _read(self.file)
        self.seen: dict[str, list[int | str]] = {}

    def look_at(self, path: Path, relative: str) -> SourceFile | None:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            return self._link(path, relative)
        if not stat.S_ISREG(status.st_mode):
            return None  # sockets and pipes are not code
        key: list[int | str] = [status.st_size, status.st_mtime_ns, status.st_ino]
        known = self.known.get(relative)
        digest = str(known[3]) if known and known[:3] == key else _hash(path)
        if time.time_ns() - status.st_mtime_ns > RACY_NS:
            self.seen[relative] = [*key, digest]
        return SourceFile(relative, "x" if status.st_mode & stat.S_IXUSR else "-", digest)

    def save(self) -> None:
        """Best effort: without it, the next look only takes longer."""
        if self.file is None or self.seen == self.known:
            return
        temporary = self.file.with_suffix(f".{os.getpid()}.{id(self)}")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(self.seen))
            temporary.replace(self.file)
        except OSError:
            temporary.unlink(missing_ok=True)

    def _link(self, path: Path, relative: str) -> SourceFile:
        target = path.readlink()
        if target.is_absolute() or not (path.parent / target).resolve().is_relative_to(self.folder):
            raise HomeportError(f"{path}: links to {target}, outside of its folder", "put the file itself there")
        return SourceFile(relative, "l", hashlib.sha256(os.fsencode(target)).hexdigest())


def _read(file: Path | None) -> dict[str, list[int | str]]:
    try:
        known: dict[str, list[int | str]] = json.loads(file.read_text()) if file else {}
    except (OSError, ValueError):
        return {}
    return known


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _walk(root: Path, gitignore: bool) -> Iterator[tuple[Path, str]]:
    """Every file that belongs to the folder, with its path relative to it."""
    rules = _rules_above(root) if gitignore else {}
    for here, folders, names in os.walk(root, onerror=_raise):
        at = Path(here)
        if gitignore and ".gitignore" in names:
            _add_rules(rules, at)
        links = {name for name in folders if (at / name).is_symlink()}
        folders[:] = [n for n in folders if n not in links and not _is_skipped(n) and not _ignored(rules, at / n, "/")]
        for name in [*names, *links]:
            if not _is_skipped(name) and not _ignored(rules, at / name, ""):
                yield at / name, (at / name).relative_to(root).as_posix()


def _is_skipped(name: str) -> bool:
    is_secret = name == ".env" or (name.startswith(".env.") and not name.endswith(EXAMPLES))
    return is_secret or name in SKIPPED_FOLDERS or name in SKIPPED_NAMES or name.endswith(SKIPPED_ENDINGS)


def _raise(error: OSError) -> None:
    raise error


def _rules_above(folder: Path) -> dict[Path, pathspec.GitIgnoreSpec]:
    """Rules of the folders between the repository's root and this one; none if it is in no repository."""
    rules: dict[Path, pathspec.GitIgnoreSpec] = {}
    root = next((parent for parent in [folder, *folder.parents] if (parent / ".git").exists()), None)
    if root and root != folder:
        for parent in folder.parents:
            if (parent / ".gitignore").is_file():
                _add_rules(rules, parent)
            if parent == root:
                break
    # A folder that git ignores as a whole is there for a reason: somebody named it in homeport.yml.
    return {} if _ignored(rules, folder, "/") else rules


def _add_rules(rules: dict[Path, pathspec.GitIgnoreSpec], folder: Path) -> None:
    text = (folder / ".gitignore").read_text(errors="replace")
    try:
        rules[folder] = pathspec.GitIgnoreSpec.from_lines(text.splitlines())
    except ValueError as error:
        raise HomeportError(f"{folder / '.gitignore'}: is not understood: {error}") from None


def _ignored(rules: dict[Path, pathspec.GitIgnoreSpec], path: Path, ending: str) -> bool:
    """As git decides: the nearest .gitignore that says anything about a path has the last word."""
    for parent in path.parents:
        if spec := rules.get(parent):
            said = spec.check_file(f"{path.relative_to(parent).as_posix()}{ending}").include
            if said is not None:
                return said
    return False
