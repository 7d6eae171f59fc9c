"""Groups whose commands are imported late know all their names nevertheless."""

import pytest
from click.testing import CliRunner

from homeport.cli import cli


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("chekc", "No such command 'chekc'. Did you mean 'check'?"),
        ("db chekc", "No such command 'chekc'. Did you mean 'check'?"),
        ("prices refrsh", "No such command 'refrsh'. Did you mean 'refresh'?"),
        ("nonsense", "No such command 'nonsense'."),
    ],
)
def test_a_misspelt_command_is_told_with_what_was_meant(typed: str, said: str) -> None:
    done = CliRunner().invoke(cli, typed.split())
    assert done.exit_code == 2
    assert done.stderr.splitlines()[-1] == f"Error: {said}"
