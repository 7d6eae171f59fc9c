"""The folder of one db instance: made by initdb once, and told apart from an earlier instance of the same name.

`<home>/rds/<identifier>/` holds `data/` (the server's own), `admin` (the superuser's password, 0600) and
`instance.json`, written last: without it the folder is half made and is made again.
"""

import json
import logging
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from homeport.errors import HomeportError
from homeport.local.data.rds.instance import Instance
from homeport.local.data.supervisor import User
from homeport.local.home import Home

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Folder:
    """Paths of one db instance."""

    path: Path

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def admin(self) -> Path:
        return self.path / "admin"

    @property
    def mark(self) -> Path:
        return self.path / "instance.json"

    def password(self) -> str:
        """The superuser's."""
        return self.admin.read_text()


def folder_of(home: Home, identifier: str) -> Folder:
    return Folder(home.databases / identifier)


def is_complete(folder: Folder, instance: Instance) -> bool:
    """Whether there is a data folder of this instance. An earlier instance's is put aside, a half-made one removed."""
    if not folder.mark.exists():
        shutil.rmtree(folder.path, ignore_errors=True)
        return False
    created = json.loads(folder.mark.read_text()).get("created")
    if created != instance.created:
        aside = folder.path.with_name(f"{folder.path.name}.removed-{time.time_ns()}")
        log.warning("%s: created anew; the data of the one before is in %s", instance.identifier, aside)
        folder.path.rename(aside)
        return False
    return True


def check_version(folder: Folder, instance: Instance) -> None:
    """A data folder is of one major version for ever."""
    found = (folder.data / "PG_VERSION").read_text().strip()
    if found != instance.major:
        raise HomeportError(
            f"{instance.identifier}: EngineVersion is {instance.major}, its data are of PostgreSQL {found}; "
            "a major version is not upgraded on this machine",
            f"declare version {found} again, or destroy the database and create it anew",
        )


def remove_stale_lock(folder: Folder) -> None:
    """A killed server leaves a file with its process id; PostgreSQL believes it if another process has that id now."""
    file = folder.data / "postmaster.pid"
    try:
        where = Path(f"/proc/{int(file.read_text().split()[0])}/cwd").readlink()
    except (OSError, ValueError, IndexError):
        return  # no file or no such process, which PostgreSQL sees by itself
    if where != folder.data:
        file.unlink()


def prepare(folder: Folder, user: User | None, password: str) -> Path:
    """Make the folders for initdb; the file in which it finds the superuser's password, to be removed after it."""
    for ours in (folder.path.parent, folder.path):
        ours.mkdir(parents=True, exist_ok=True)
        ours.chmod(0o711)  # to walk through, not to look into
    _write_private(folder.admin, password, None)
    folder.data.mkdir(mode=0o700)
    given = folder.path / "given"
    _write_private(given, password, user)
    own(folder.data, user)
    return given


def complete(folder: Folder, instance: Instance) -> None:
    draft = folder.mark.with_suffix(".new")
    draft.write_text(json.dumps({"arn": instance.arn, "created": instance.created, "major": instance.major}))
    draft.replace(folder.mark)


def write(file: Path, content: str, user: User | None) -> None:
    """A file of the server, private to it."""
    draft = file.with_name(f"{file.name}.new")
    draft.unlink(missing_ok=True)
    _write_private(draft, content, user)
    draft.replace(file)


def remove(folder: Folder, kept_as: Path | None) -> None:
    """Remove a deleted instance's data, or move them to `kept_as`."""
    if kept_as is None:
        shutil.rmtree(folder.path, ignore_errors=True)
        return
    kept_as.parent.mkdir(parents=True, exist_ok=True)
    folder.path.rename(kept_as)


def check_reachable(folder: Path, user: User | None) -> None:
    """The server's user must be able to walk to its data; nobody else's permissions are changed for it."""
    if user is None:
        return
    for parent in [folder, *folder.parents]:
        if not parent.exists():
            continue
        status = parent.stat()
        bit = 0o100 if status.st_uid == user.uid else 0o010 if status.st_gid == user.gid else 0o001
        if not status.st_mode & bit:
            raise HomeportError(
                f"{parent}: closed to the unprivileged user that PostgreSQL needs (uid {user.uid})",
                "set HOMEPORT_HOME to a folder that others may enter, or run homeport as an ordinary user",
            )


def own(path: Path, user: User | None) -> None:
    if user:
        os.chown(path, user.uid, user.gid)


def _write_private(file: Path, content: str, user: User | None) -> None:
    descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(content)
    own(file, user)
