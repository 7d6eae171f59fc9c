"""`homeport db rollback`: the application goes back to the source, with everything that was written since."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from homeport.cli.db_run import (
    accept_option,
    asker,
    interruptible,
    jobs_option,
    lock_options,
    render_command,
    render_steps,
    state_option,
    switch_option,
    teller,
    with_options,
)
from homeport.cli.db_server import Sides, find_sides, state_file, takes_sides
from homeport.cli.db_words import precise
from homeport.cli.failure import COULD_NOT
from homeport.postgres.cutover.back import rollback as run_rollback
from homeport.postgres.cutover.session import CutoverOptions, CutoverReport
from homeport.postgres.state import describe

BEFORE = ("", "copying", "following", "proving", "proven", "opened", "abandoned")


@click.command()
@takes_sides
@switch_option
@with_options(*lock_options)
@accept_option
@click.option("--yes", is_flag=True, help="Agree to the freeze beforehand.")
@jobs_option
@state_option
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def rollback(  # noqa: PLR0913 one per option
    source: str,
    target: str,
    switch: str | None,
    lock_seconds: float,
    terminate: bool,
    accept_differences: bool,
    yes: bool,
    jobs: int,
    state: Path | None,
    as_json: bool,
) -> None:
    """Go back to SOURCE.

    Before the switch: writes to the source are allowed again, and nothing has happened. After it: what was written to
    the target is brought to the source, proved, and the application switched back, with a freeze as short as that of
    the cutover. SOURCE and TARGET are what they were. Killed at any instant, type it again.
    """
    sides = find_sides(source, target)
    options = CutoverOptions(switch, lock_seconds, terminate, jobs, accept_differences)
    file = state_file(state, sides.target)
    with interruptible():
        report = run_rollback(sides.source, sides.target, file, options, teller(), asker(yes=yes))
    click.echo(json.dumps(asdict(report)) if as_json else "\n".join(render(report, sides)))
    if report.phase not in (*BEFORE, "returned"):
        sys.exit(COULD_NOT)


def render(report: CutoverReport, sides: Sides) -> list[str]:
    """The report in lines."""
    lines = [*render_steps(report.steps), *report.told]
    if report.phase in BEFORE:
        return [*lines, "", f"{describe(sides.source)} serves, as before (move {report.move})"]
    if report.phase != "returned":
        return [*lines, "", f"not yet back (move {report.move} is {report.phase})"]
    lines += ["", f"back; writers were refused for {precise(report.freeze_seconds)} (move {report.move})"]
    return [*lines, f"to give the move up: {render_command('db clean --target', sides.shown)}"]
