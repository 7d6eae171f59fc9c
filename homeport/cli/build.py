"""`homeport build`: the images of services and the packages of functions, named by what went in."""

import json
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from homeport.deploy.bundle import build_bundle
from homeport.deploy.function import build_function
from homeport.errors import HomeportError
from homeport.local.home import find_home
from homeport.model.load import load_platform
from homeport.model.platform import Platform, Service
from homeport.model.problems import suggest

BUILDERS = 4  # uv itself uses every core


@dataclass(frozen=True)
class Built:
    """One line of the answer."""

    name: str
    kind: str
    digest: str
    path: str
    built: bool
    warnings: list[str]


@click.command()
@click.argument("names", nargs=-1, metavar="[SERVICE|FUNCTION]...")
@click.option("--json", "as_json", is_flag=True, help="Print digests and paths as JSON.")
@click.pass_obj
def build(file: Path, names: tuple[str, ...], as_json: bool) -> None:
    """Build the images of services and the packages of functions.

    Without names: all of them. What has not changed is not built again.
    """
    platform = load_platform(file)
    store = find_home(file).bundles
    wanted = _choose(platform, names)
    with ThreadPoolExecutor(BUILDERS) as pool:
        running = [pool.submit(build_one, platform, name, file.parent, store) for name in wanted]
    built = _collect(running)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in built], indent=2))
        return
    for one in built:
        click.echo(f"{one.name}  {one.digest[:12]}  {'built' if one.built else 'unchanged'}")
        for warning in one.warnings:
            click.echo(f"warning: {one.name}: {warning}", err=True)


def build_one(platform: Platform, name: str, root: Path, store: Path) -> Built:
    """Build one service or function of the platform whose folders are relative to `root`."""

    def say(text: str) -> None:
        click.echo(f"{name}: {text}", err=True)

    part: Service | None = platform.services.get(name)
    if part:
        python = part.python or platform.python
        bundle = build_bundle(root / part.path, python, store, settings=part.environment, say=say)
        return Built(name, "service", bundle.digest, str(bundle.path), bundle.built, bundle.manifest.warnings)
    package = build_function(platform, name, root, store, is_here=False, say=say)
    return Built(name, "function", package.digest, str(package.path), package.built, [])


def _choose(platform: Platform, names: tuple[str, ...]) -> list[str]:
    known = [name for _, name, _ in platform.with_code()]
    for name in names:
        if name not in known:
            raise HomeportError(f"{name}: is not a service or function{suggest(name, known)}", "homeport check")
    return list(dict.fromkeys(names)) or known


def _collect(running: list[Future[Built]]) -> list[Built]:
    """Results of all; all failures in one error."""
    failures = [error for job in running if (error := job.exception())]
    for error in failures:
        if not isinstance(error, HomeportError):
            raise error
    if failures:
        raise HomeportError("\n".join(str(error) for error in failures), getattr(failures[0], "hint", ""))
    return [job.result() for job in running]
