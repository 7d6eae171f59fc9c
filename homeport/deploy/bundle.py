"""A service's code → a bundle: its source, a virtual environment and a manifest, in a store, named by what went in.

Steps: hash everything that matters (sources, requirements, local packages, Python, machine); if the store has that
hash, done. Else, under a lock, build beside it and rename. What stops half-way leaves at most a folder whose name
begins with a dot, which the next build of the same hash removes; a folder named by a hash is always whole.
"""

import hashlib
import json
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from homeport.deploy.locks import READERS, write_requirements
from homeport.deploy.requirements import KINDS, Requirements, find_requirements, is_package, refresh_options
from homeport.deploy.sources import SourceFile, copy_files, digest_files, find_files
from homeport.deploy.static import collect_static
from homeport.deploy.store import failures_in_words, locked
from homeport.deploy.uv import Python, find_python, run_uv
from homeport.errors import HomeportError

FORMAT = 3  # in the hash: raise it when bundles are made differently
BUILD_SETTINGS = ("DISABLE_COLLECTSTATIC", "DJANGO_SETTINGS_MODULE")  # what of a service's environment a build may see


@dataclass(frozen=True)
class Manifest:
    """What a bundle was made of."""

    digest: str
    python: str
    interpreter: str
    requirements: str
    platform: str
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Bundle:
    """A built image: `path` holds app/, venv/ and manifest.json."""

    digest: str
    path: Path
    manifest: Manifest
    built: bool  # now, or was it there already


@dataclass(frozen=True)
class _Recipe:
    source: Path
    files: list[SourceFile]
    requirements: Requirements
    python: Python
    wanted: str
    settings: Mapping[str, str]
    digest: str


def build_bundle(
    source: Path,
    python: str,
    store: Path,
    *,
    settings: Mapping[str, str] | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Bundle:
    """The bundle of the code in `source` for Python `python` (`3.12`), built if the store does not have it.

    `settings` are the service's plain settings, of which a build sees BUILD_SETTINGS; `say` is told of each slow step.
    Safe to call from several threads and processes at once. Raises HomeportError, with uv's own words.
    """
    recipe = _recipe(source, python, store, settings or {})
    path = store / recipe.digest
    if not path.is_dir():
        with failures_in_words(source), locked(store, recipe.digest):
            if not path.is_dir():
                _build(recipe, store, say)
                return Bundle(recipe.digest, path, read_manifest(path), built=True)
    return Bundle(recipe.digest, path, read_manifest(path), built=False)


def read_manifest(path: Path) -> Manifest:
    """The manifest of a bundle in the store."""
    return Manifest(**json.loads((path / "manifest.json").read_text()))


def digest_tree(source: Path, cache: Path, more: Mapping[str, str]) -> tuple[str, list[SourceFile], Requirements]:
    """Hash over a folder, what it requires from disk, and `more`; the files and requirements that it covers."""
    if not source.is_dir():
        raise HomeportError(f"{source}: is not a folder")
    files = find_files(source, cache)
    requirements = find_requirements(source)
    parts = {"files": digest_files(files)} | dict(more)
    for index, path in enumerate(requirements.local):
        parts[f"local {index}"] = _digest_path(path, cache)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest(), files, requirements


def _recipe(source: Path, wanted: str, store: Path, settings: Mapping[str, str]) -> _Recipe:
    seen = {name: settings[name] for name in BUILD_SETTINGS if name in settings}
    python = find_python(wanted)
    more = {
        "format": str(FORMAT),
        "python": f"{wanted} {python.version}",
        "platform": _platform(),
        "settings": json.dumps(seen, sort_keys=True),
    }
    digest, files, requirements = digest_tree(source, store / ".hashes", more)
    return _Recipe(source.resolve(), files, requirements, python, wanted, seen, digest)


def _digest_path(path: Path, cache: Path) -> str:
    return digest_files(find_files(path, cache)) if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()


def _platform() -> str:
    return f"{sys.platform}-{platform.machine()}"


def _build(recipe: _Recipe, store: Path, say: Callable[[str], None]) -> None:
    for leftover in store.glob(f".{recipe.digest}.*"):
        if leftover.suffix != ".lock":
            shutil.rmtree(leftover, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{recipe.digest}.", dir=store))
    try:
        folder.chmod(0o755)
        copy_files(recipe.source, recipe.files, folder / "app")
        (folder / "app").mkdir(exist_ok=True)
        say("installing requirements")
        _install(recipe, folder / "venv")
        warnings = [*_warnings(recipe), *collect_static(folder / "app", folder / "venv", recipe.settings, say)]
        manifest = Manifest(
            recipe.digest, recipe.python.version, recipe.python.path, recipe.requirements.kind, _platform(), warnings
        )
        (folder / "manifest.json").write_text(json.dumps(asdict(manifest), indent=2))
        folder.rename(store / recipe.digest)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _install(recipe: _Recipe, venv: Path) -> None:
    """The scripts of a relocatable environment find it next to themselves, so that it can be renamed into place.

    Compiled here, once: tasks may not write into a bundle, and each of their starts would compile everything again.
    """
    what = str(recipe.source)
    run_uv(
        ["venv", "--quiet", "--relocatable", "--no-project", "--python", recipe.python.path, str(venv)],
        venv.parent,
        what,
    )
    kind = recipe.requirements.kind
    if kind == "uv.lock":
        command = ["sync", "--quiet", "--compile-bytecode", "--locked", "--no-editable", "--no-default-groups"]
        command += [] if is_package(recipe.source) else ["--no-install-project"]
        command += refresh_options(recipe.source, recipe.requirements)
        run_uv(command, recipe.source, what, {"UV_PROJECT_ENVIRONMENT": str(venv)})
    elif kind:
        command = ["pip", "install", "--quiet", "--compile-bytecode", "--no-editable"]
        command += [*refresh_options(recipe.source, recipe.requirements), *_wanted(recipe, venv.parent)]
        run_uv(command, recipe.source, what, {"VIRTUAL_ENV": str(venv)})


def _wanted(recipe: _Recipe, folder: Path) -> list[str]:
    """What `uv pip install` is to install; a lock that is not uv's is converted to a file in `folder`."""
    kind, source = recipe.requirements.kind, recipe.source
    project = ["."] if kind in ("poetry.lock", "pyproject.toml") and is_package(source) else []
    if kind in READERS:
        return [*write_requirements(source, kind, folder / "requirements.txt"), *project]
    return project or ["-r", kind]


def _warnings(recipe: _Recipe) -> list[str]:
    warnings = []
    if recipe.python.version != recipe.wanted:
        warnings.append(f"python {recipe.wanted} is not installed here; {recipe.python.version} stands in for it")
    if not recipe.requirements.kind:
        warnings.append(f"installs nothing: {recipe.source} has no {', '.join(KINDS[:-1])} or {KINDS[-1]}")
    return warnings
