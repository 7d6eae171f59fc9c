"""`homeport init`: a commented homeport.yml to start from."""

import json
from pathlib import Path

import click

from homeport.errors import HomeportError
from homeport.model.starter import find_projects, render_starter


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def init(file: Path, as_json: bool) -> None:
    """Write a commented homeport.yml to start from.

    Folders with a Procfile or a manage.py become its services. A file that exists is never overwritten.
    """
    folder = file.parent
    if not folder.is_dir():
        raise HomeportError(f"{folder}: is not a folder", f"mkdir -p {folder}")
    projects = find_projects(folder)
    text = render_starter(folder.resolve().name, projects)
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise HomeportError(f"{file}: is already there", "homeport check") from None
    except OSError as error:
        raise HomeportError(f"{file}: cannot be written: {error.strerror}") from None
    found = [project.name for project in projects]
    if as_json:
        click.echo(json.dumps({"file": str(file), "services": found}, indent=2))
    else:
        click.echo(f"wrote {file}" + (f" with {', '.join(found)}" if found else ""))
    if found:
        click.echo("next: look through it, then `homeport check`", err=True)
    else:
        click.echo("no folder with a Procfile or manage.py was found", err=True)
        click.echo("next: declare a service, function or site in it, then `homeport check`", err=True)
