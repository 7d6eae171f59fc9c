"""New texts → files, each replaced whole, and only if it is still what was read."""

import stat
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from homeport.doctor.patches import is_python
from homeport.doctor.walk import Sources, read_text
from homeport.errors import HomeportError
from homeport.system.files import replace_file

GIT_SECONDS = 10


def write_texts(folder: Path, sources: Sources, after: Mapping[str, str]) -> list[str]:
    """Write the files in `after` in their own encodings, and name those that changed.

    Raises HomeportError, before anything is written, if one of them is not as it was read or cannot be encoded.
    """
    contents: dict[str, bytes] = {}
    changed: list[str] = []
    for file, text in after.items():
        if not _is_as_read(folder / file, sources.texts[file]):
            changed.append(file)
        if file.endswith(".py") and not is_python(text):
            raise HomeportError(f"{file}: patches together would leave no Python", "write them one rule at a time")
        contents[file] = _encode(file, text, sources.encodings[file])
    if changed:
        places = "\n".join(f"{folder / file}: changed since it was read" for file in sorted(changed))
        raise HomeportError(places, "run the doctor again; nothing was written")
    return [file for file, content in contents.items() if _replace(folder / file, content)]


def find_uncommitted(folder: Path, files: Iterable[str]) -> list[str]:
    """Those of the files that git says are changed and not committed; none without git."""
    command = ["git", "status", "--porcelain", "-z", "--", *files]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=GIT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    entries = done.stdout.decode(errors="replace").split("\0") if done.returncode == 0 else []
    return [entry[3:] for entry in entries if len(entry) > 3]


def _is_as_read(path: Path, text: str) -> bool:
    try:
        return not path.is_symlink() and read_text(path)[0] == text
    except (OSError, SyntaxError, ValueError):
        return False


def _encode(file: str, text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        raise HomeportError(f"{file}: cannot be written as {encoding}: {error.reason}") from None


def _replace(path: Path, content: bytes) -> bool:
    mode = stat.S_IMODE(path.stat().st_mode)
    is_new = replace_file(path, content)
    path.chmod(mode)  # what was executable stays so
    return is_new
