"""`homeport schema`: the JSON Schema of homeport.yml, for editors."""

import json

import click

from homeport.model.schema import render_schema


@click.command()
def schema() -> None:
    """Print the JSON Schema of homeport.yml.

    Editors complete and check while one types, if the file starts with the line
    `# yaml-language-server: $schema=homeport.schema.json`.
    """
    click.echo(json.dumps(render_schema(), indent=2))
