"""A Procfile as commands by process, by Heroku's grammar: `<process>: <command>` per line.

https://devcenter.heroku.com/articles/procfile
"""

import re
from dataclasses import dataclass
from pathlib import Path

from homeport.errors import HomeportError

LINE = re.compile(r"^([A-Za-z0-9_-]+):\s*(.+)$")
BYTES_MAX = 100_000


@dataclass(frozen=True)
class Line:
    """One line of a Procfile."""

    number: int
    process: str
    command: str


def load_procfile(folder: Path) -> dict[str, Line]:
    """Lines by process; empty if the folder has no Procfile. Raises HomeportError with every line that is none."""
    file = folder / "Procfile"
    if file.exists() and not file.is_file():
        raise HomeportError(f"{file}: is not a regular file")  # to read a pipe would wait for ever
    try:
        raw = file.read_bytes()[:BYTES_MAX]
        text = raw.decode("utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise HomeportError(f"{file}: cannot be read: {error}") from None
    lines: dict[str, Line] = {}
    wrong: list[str] = []
    for number, written in enumerate(text.splitlines(), start=1):
        stripped = written.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = LINE.match(stripped)
        if not match:
            wrong.append(f"{file}:{number}: {stripped[:60]!r} is not `process: command`")
        elif match[1] in lines:
            wrong.append(f"{file}:{number}: {match[1]} is written twice; first in line {lines[match[1]].number}")
        else:
            lines[match[1]] = Line(number, match[1], match[2].strip())
    if wrong:
        raise HomeportError("\n".join(wrong), "https://devcenter.heroku.com/articles/procfile")
    return lines
