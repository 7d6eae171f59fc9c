"""`homeport db clean`: every trace of a move is removed."""

import sys
from pathlib import Path

import click

from homeport.cli.db_run import asker, state_option, teller
from homeport.cli.db_server import find_sides, state_file, takes_sides
from homeport.cli.failure import COULD_NOT
from homeport.postgres.cutover.clean import clean as run_clean
from homeport.postgres.state import describe


@click.command()
@takes_sides
@click.option("--target", "of_target", is_flag=True, help="Clean the target too.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@state_option
def clean(source: str, target: str, of_target: bool, yes: bool, state: Path | None) -> None:
    """Remove every trace of a move from SOURCE: triggers, functions, logs, the schema `homeport`. Rows stay.

    Ends the move: afterwards nothing follows, and there is no way back that keeps what was written since. With
    --target the target is cleaned as well; what was copied stays there.
    """
    sides = find_sides(source, target)
    both = " and ".join(describe(side) for side in [sides.source, *([sides.target] if of_target else [])])
    if not asker(yes=yes)(f"end this move, and remove its traces from {both}?"):
        sys.exit(COULD_NOT)
    run_clean(sides.source, sides.target, state_file(state, sides.target), teller(), of_target=of_target)
    click.echo(f"clean: {both}")
