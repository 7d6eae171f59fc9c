"""The reference pages are what the models and `--help` say."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from homeport.cli import COMMANDS, cli

PAGES = Path(__file__).parent.parent / "docs" / "reference"


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """Rendered in a process of its own: Click keeps what it rendered first, in whatever context that was."""
    code = "import json; from homeport.cli.docs import render_pages; print(json.dumps(render_pages()))"
    rendered = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    found: dict[str, str] = json.loads(rendered)
    return found


@pytest.mark.parametrize("name", ["homeport-yml.md", "commands.md"])
def test_the_reference_is_current(name: str, pages: dict[str, str]) -> None:
    assert (PAGES / name).read_text() == pages[name], "run `make docs`"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_a_help_text(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None and command.help
    for parameter in command.params:
        assert not isinstance(parameter, click.Option) or parameter.help, f"{name}: {parameter.name}"
