"""A function's code → the zip that Lambda takes: source and requirements, the same bytes whenever the same goes in.

Requirements are installed for Lambda's machine (Amazon Linux, on the architecture that is asked for): wheels only.
https://docs.aws.amazon.com/lambda/latest/dg/python-package.html and lambda-runtimes.html
"""

import base64
import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from homeport.deploy.bundle import digest_tree
from homeport.deploy.locks import READERS, write_requirements
from homeport.deploy.requirements import Requirements, is_package, local_names, refresh_options
from homeport.deploy.sources import SourceFile, copy_files
from homeport.deploy.store import failures_in_words, locked
from homeport.deploy.uv import run_uv
from homeport.errors import HomeportError

FORMAT = 2  # in the hash: raise it when packages are made differently
AMAZON_LINUX_2 = "manylinux2014"  # up to Python 3.11; it has glibc 2.26, so wheels for 2.17 run
AMAZON_LINUX_2023 = "manylinux_2_34"  # from Python 3.12
MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}  # Lambda's word → that of wheels
MOMENT = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold
NO_WHEELS = "no usable wheels"
UNPACKED_MAX = 250 * 1024 * 1024  # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html


@dataclass(frozen=True)
class Package:
    """A zip in the store."""

    digest: str  # of what went in
    path: Path
    sha256: str  # of the zip, base64: Lambda's CodeSha256
    built: bool


def build_package(
    source: Path,
    python: str,
    store: Path,
    *,
    architecture: str = "x86_64",
    say: Callable[[str], None] = lambda text: None,
) -> Package:
    """The zip of the code in `source` for Lambda's Python `python`, built if the store does not have it.

    Safe to call from several threads and processes at once. Raises HomeportError, with uv's own words.
    """
    machine = lambda_platform(python, architecture)
    more = {"format": str(FORMAT), "python": python, "platform": machine, "kind": "lambda"}
    digest, files, requirements = digest_tree(source, store / ".hashes", more)
    path = store / f"{digest}.zip"
    built = False
    if not path.is_file():
        with failures_in_words(source), locked(store, digest):
            if not path.is_file():
                _build(source.resolve(), files, requirements, (python, machine), path, say)
                built = True
    return Package(digest, path, code_sha256(path), built)


def lambda_platform(python: str, architecture: str = "x86_64") -> str:
    """uv's name for the machine that Lambda runs this Python on."""
    linux = AMAZON_LINUX_2023 if int(python.partition(".")[2]) >= 12 else AMAZON_LINUX_2
    return f"{MACHINES[architecture]}-{linux}"


def code_sha256(path: Path) -> str:
    """What Lambda calls CodeSha256."""
    with path.open("rb") as stream:
        return base64.b64encode(hashlib.file_digest(stream, "sha256").digest()).decode()


def write_zip(folder: Path, target: Path) -> None:
    """Zip everything in `folder`: names sorted, times and owners left out."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), MOMENT)
            mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            entry.external_attr = (0o100000 | mode) << 16
            entry.create_system = 3  # Unix, whatever this machine is
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)


def _build(
    source: Path,
    files: list[SourceFile],
    requirements: Requirements,
    runs_on: tuple[str, str],
    target: Path,
    say: Callable[[str], None],
) -> None:
    folder = Path(tempfile.mkdtemp(prefix=f".{target.stem}.", dir=target.parent))
    try:
        content = folder / "content"
        content.mkdir()
        if requirements.kind:
            say("installing requirements")
            _install(source, requirements, runs_on, content)
        copy_files(source, files, content)
        _check_size(source, content)
        write_zip(content, folder / "code.zip")
        (folder / "code.zip").rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _install(source: Path, requirements: Requirements, runs_on: tuple[str, str], content: Path) -> None:
    """`runs_on` is the version of Python and uv's name for the machine."""
    python, machine = runs_on
    what, wanted = str(source), ["-r", requirements.kind]
    if requirements.kind == "uv.lock":
        wanted = ["-r", _export(source, content.parent)]
    elif requirements.kind in READERS:
        wanted = write_requirements(source, requirements.kind, content.parent / "requirements.txt")
    elif requirements.kind == "pyproject.toml" and is_package(source):
        wanted = ["."]
    command = ["pip", "install", "--quiet", "--target", str(content), "--python-platform", machine]
    command += ["--python-version", python, "--link-mode", "copy", "--no-compile-bytecode", "--no-editable"]
    command += [*_wheels_only(source, requirements), *refresh_options(source, requirements), *wanted]
    try:
        run_uv(command, source, what)
    except HomeportError as error:
        hint = f"Lambda runs Python {python} on {machine}; choose versions with a wheel for it"
        raise HomeportError(error.message, hint if NO_WHEELS in error.message else error.hint) from None
    for made_here in [*content.rglob("__pycache__"), content / "bin", content / ".lock"]:
        shutil.rmtree(made_here, ignore_errors=True) if made_here.is_dir() else made_here.unlink(missing_ok=True)
    for record in content.glob("*.dist-info/*"):
        if record.name in ("RECORD", "direct_url.json", "uv_cache.json", "uv_build.json", "REQUESTED"):
            record.unlink()  # they hold paths, times and what was just removed


def _export(source: Path, folder: Path) -> str:
    """The lock as a requirements file; the project itself is the function's source."""
    options = ["--locked", "--no-emit-project", "--no-default-groups", "--no-hashes", "--no-editable"]
    target = folder / "requirements.txt"
    run_uv(["export", "--quiet", *options, "--output-file", str(target)], source, str(source))
    return str(target)


def _wheels_only(source: Path, requirements: Requirements) -> list[str]:
    """Nothing is compiled for this machine by mistake; only folders on this disk are built: pure Python, please."""
    names = local_names(source, requirements)
    return [] if None in names else ["--only-binary", ":all:", *(f"--no-binary={name}" for name in names)]


def _check_size(source: Path, content: Path) -> None:
    size = sum(path.stat().st_size for path in content.rglob("*") if path.is_file())
    if size > UNPACKED_MAX:
        mib = 1024 * 1024
        raise HomeportError(
            f"{source}: is {size // mib} MiB with its requirements; Lambda takes {UNPACKED_MAX // mib} MiB",
            "leave out requirements, or make it a service",
        )
