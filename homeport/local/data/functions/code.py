"""A published zip → a folder that functions run from, unpacked once per content."""

import base64
import binascii
import shutil
import stat
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from homeport.errors import HomeportError

UNPACKED_BYTES_MAX = 262_144_000  # AWS's own limit for a function's code and layers


def folder_name(code_sha256: str) -> str:
    """Hex digest of a function's `CodeSha256`, which AWS writes in base64."""
    try:
        digest = base64.b64decode(code_sha256, validate=True).hex()
    except (binascii.Error, ValueError):
        digest = ""
    if len(digest) != 64:
        raise HomeportError(f"CodeSha256: {code_sha256!r} is not a SHA-256 digest in base64")
    return digest


def unpack(archive: Path, folder: Path, bytes_max: int = UNPACKED_BYTES_MAX) -> Path:
    """Unpacks `archive` into `folder` unless it is there; a folder that exists is whole, whatever was killed when."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=folder.parent))
    draft.chmod(0o755)
    try:
        _extract(archive, draft, bytes_max)
        draft.rename(folder)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise HomeportError(
            f"{archive.name}: cannot be unpacked: {error}", "build and deploy the function again"
        ) from error
    except OSError as error:
        if not folder.is_dir():  # else another start was faster, and its folder has the same content
            raise HomeportError(f"{archive.name}: cannot be unpacked: {error.strerror or error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def remove_unused(store: Path, used: set[str]) -> None:
    """Removes unpacked code that no version refers to, and what a killed unpacking left."""
    for folder in store.iterdir() if store.is_dir() else ():
        if folder.name not in used:
            shutil.rmtree(folder, ignore_errors=True)


def _extract(archive: Path, folder: Path, bytes_max: int) -> None:
    with zipfile.ZipFile(archive) as opened:
        members = opened.infolist()
        size = sum(member.file_size for member in members)
        if size > bytes_max:
            raise HomeportError(f"{archive.name}: unpacks to {size} bytes, Lambda allows {bytes_max}")
        for member in members:
            _extract_member(opened, member, folder)


def _extract_member(opened: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    path = PurePosixPath(member.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in member.filename:
        raise HomeportError(f"{opened.filename}: {member.filename!r} leads out of the archive")
    target = folder / path
    if not target.parent.resolve().is_relative_to(folder.resolve()):
        raise HomeportError(f"{opened.filename}: {member.filename!r} leads out of the archive")
    if member.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    mode = member.external_attr >> 16
    if stat.S_ISLNK(mode):
        _extract_link(opened.read(member).decode(), target, folder)
        return
    if target.is_symlink():
        target.unlink()  # never write through a link of the archive's own
    with opened.open(member) as source, target.open("wb") as destination:
        shutil.copyfileobj(source, destination)
    # Read-only as under /var/task, so that a function which writes beside its code fails here too.
    target.chmod(0o555 if mode & 0o111 else 0o444)


def _extract_link(pointee: str, target: Path, folder: Path) -> None:
    if not (target.parent / pointee).resolve().is_relative_to(folder.resolve()):
        raise HomeportError(f"{target.name}: links to {pointee!r}, out of the archive")
    target.symlink_to(pointee)
