"""How a command ends → the exit code of the process."""

import click
import pytest

from homeport.cli.failure import run
from homeport.errors import HomeportError


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        (None, 0),
        (click.exceptions.Exit(1), 1),
        (HomeportError("could not", "try again"), 1),
        (click.UsageError("which?"), 2),
        (ValueError("odd"), 3),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_ending_has_its_exit_code(
    ending: BaseException | None, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    @click.command()
    def command() -> None:
        if ending:
            raise ending

    monkeypatch.setattr("sys.argv", ["homeport"])
    with pytest.raises(SystemExit) as left:
        run(command)
    assert (left.value.code or 0) == code
