"""`homeport django`: homeport-django, as it ships with Homeport, in a service's folder."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from homeport.deploy.django_package import NAME, Placed, find_shipped, place_package

SETTINGS = "globals().update(platform_settings(BASE_DIR))"


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option("--force", is_flag=True, help="Overwrite files of the copy that were edited.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def django(path: Path, force: bool, as_json: bool) -> None:
    """Put homeport-django into the service in PATH: settings, messages and sign-in, in one line each.

    Copies it to vendor/homeport-django and adds that to requirements.txt; for uv, Poetry and Pipenv it says what to
    type. Typed again, after Homeport was upgraded, it brings the copy up to date; files of it that were edited are
    not overwritten. Commit the copy with the service.
    """
    placed = place_package(path, shipped=find_shipped(), force=force)
    if as_json:
        click.echo(json.dumps(asdict(placed), indent=2))
    else:
        click.echo("\n".join(_report(placed)))


def _report(placed: Placed) -> list[str]:
    count = len(placed.written) + len(placed.removed)
    lines = [f"{placed.folder}: {NAME} {placed.version}, {f'{count} files changed' if count else 'unchanged'}"]
    lines += [f"{file}: names it now" for file in placed.requirements]
    lines += [f"next: {placed.todo}"] if placed.todo else []
    if placed.requirements or placed.todo:
        lines.append(
            f"then: `from homeport_django.settings import platform_settings` and `{SETTINGS}` in the settings;"
        )
        lines.append(f"      more in {placed.folder}/README.md")
    return lines
