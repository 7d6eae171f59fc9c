"""The reference pages are what the models and `--help` say."""

from pathlib import Path

import click
import pytest

from homeport.cli import COMMANDS, cli
from homeport.cli.docs import render_pages

PAGES = Path(__file__).parent.parent / "docs" / "reference"


@pytest.mark.parametrize("name", ["homeport-yml.md", "commands.md"])
def test_the_reference_is_current(name: str) -> None:
    assert (PAGES / name).read_text() == render_pages()[name], "run `python -m homeport.cli.docs`"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_a_help_text(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None and command.help
    for parameter in command.params:
        assert not isinstance(parameter, click.Option) or parameter.help, f"{name}: {parameter.name}"
