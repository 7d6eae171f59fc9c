"""A function's runtime (`python3.12`) → an interpreter of that version on this machine, with what Lambda's own has.

Each runtime gets a virtual environment with nothing but AWS's runtime client and boto3, linked from Homeport's own
installation: a function that forgot to bundle a library fails here as it would on AWS.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import uv

from homeport.errors import HomeportError

# What a Python function finds on AWS without bundling it. All but `runtime_client` are pure Python.
PROVIDED = (
    "awslambdaric", "simplejson", "snapshot_restore_py",
    "boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3",
)  # fmt: skip
OWN_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True)
class Interpreter:
    """A ready virtual environment; `note` says what is not as on AWS."""

    python: Path
    version: str
    note: str = ""


def prepare(runtime: str, store: Path) -> Interpreter:
    """Makes the virtual environment of `runtime` under `store` (some 50 ms, blocking)."""
    version = runtime.removeprefix("python")
    if version == runtime or not version.replace(".", "").isdigit():
        raise HomeportError(f"runtime {runtime}: not run on this machine, only Python is")
    store.mkdir(parents=True, exist_ok=True)
    folder = store / runtime
    draft = Path(tempfile.mkdtemp(prefix=".preparing-", dir=store))
    try:
        note = _create(draft / "venv", version)
        _link_provided(draft / "venv")
        shutil.rmtree(folder, ignore_errors=True)
        (draft / "venv").rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Interpreter(folder / "bin" / "python", OWN_VERSION if note else version, note)


def _create(folder: Path, version: str) -> str:
    """Creates the environment with that version, or with our own and a note that says so."""
    if version == OWN_VERSION:
        _run_uv(folder, getattr(sys, "_base_executable", sys.executable)).check_returncode()
        return ""
    if _run_uv(folder, version).returncode == 0:
        return ""
    _run_uv(folder, getattr(sys, "_base_executable", sys.executable)).check_returncode()
    return f"Python {version} is not on this machine: runs on {OWN_VERSION}"


def _run_uv(folder: Path, python: str) -> subprocess.CompletedProcess[bytes]:
    arguments = ["venv", "--quiet", "--no-config", "--no-project", "--no-python-downloads", "--offline"]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    # pyenv's shims answer only for the versions that are switched on, so its real interpreters come first.
    path = os.pathsep.join([*map(str, pyenv.glob("*/bin")), os.environ.get("PATH", os.defpath)])
    return subprocess.run(
        [uv.find_uv_bin(), *arguments, "--python", python, str(folder)],
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


def _link_provided(folder: Path) -> None:
    (packages,) = folder.glob("lib/python*/site-packages")
    for name in PROVIDED:
        source = _location(name)
        (packages / source.name).symlink_to(source)
    extension = _location("runtime_client")
    if packages.parent.name == f"python{OWN_VERSION}":
        (packages / extension.name).symlink_to(extension)
    else:  # AWS's C extension fits one version of Python only; ours speaks the same protocol on any
        (packages / "runtime_client.py").symlink_to(Path(__file__).with_name("runtime_client.py"))


def _location(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise HomeportError(f"{name}: is missing from Homeport's own installation", "make install")
    origin = Path(spec.origin)
    return origin.parent if spec.submodule_search_locations else origin
