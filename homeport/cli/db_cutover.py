"""`homeport db cutover`: the application moves over. What cannot be undone is said before it is done."""

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
from homeport.postgres.cutover.run import CutoverOptions, CutoverReport
from homeport.postgres.cutover.run import cutover as run_cutover
from homeport.postgres.state import describe
from homeport.postgres.status import FENCED, read_status

UNFIT = (None, "copied", "copying", "abandoned")  # where nothing follows that could be cut over


@click.command()
@takes_sides
@switch_option
@click.option("--dry-run", is_flag=True, help="Do everything but the fence and the switch, and time it.")
@with_options(*lock_options)
@accept_option
@click.option("--yes", is_flag=True, help="Agree to the freeze beforehand.")
@jobs_option
@state_option
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def cutover(  # noqa: PLR0913 one per option
    source: str,
    target: str,
    switch: str | None,
    dry_run: bool,
    lock_seconds: float,
    terminate: bool,
    accept_differences: bool,
    yes: bool,
    jobs: int,
    state: Path | None,
    as_json: bool,
) -> None:
    """Move the application from SOURCE to TARGET, which follows it.

    Proves that both sides are equal while the source serves; then refuses writes on the source, brings the last
    changes, proves what they touched, and switches. What fails before the switch opens the source again. Killed at any
    instant, type it again. Without --switch it says what to do, and asks whether that is done.
    """
    if not (yes or dry_run or sys.stdin.isatty()):
        raise click.UsageError("there is no terminal to ask at: --yes agrees to the freeze")
    sides = find_sides(source, target)
    file = state_file(state, sides.target)
    if not dry_run:
        for line in _foretell(sides, file, switch):
            click.echo(line, err=True)
    options = CutoverOptions(switch, lock_seconds, terminate, jobs, accept_differences)
    with interruptible():
        report = run_cutover(sides.source, sides.target, file, options, teller(), asker(yes=yes), dry_run=dry_run)
    click.echo(json.dumps(asdict(report)) if as_json else "\n".join(render(report, sides, dry_run=dry_run)))
    if not dry_run and report.phase != "switched":
        sys.exit(COULD_NOT)


def foretell(sides: Sides, switch: str | None) -> list[str]:
    """What will happen, and where the point of no return is."""
    how = "your command is run" if switch else "you are told what to do, and asked whether it is done"
    return [
        "what will happen:",
        f"  1. all rows of both sides are compared while {describe(sides.source)} serves",
        "  2. the fence: writes to the source are refused from here on; reads go on",
        "  3. last changes, sequences, proof of what they touched; what fails up to here opens the source again",
        f"  4. the point of no return: {describe(sides.target)} takes writes, and the switch is made: {how}",
        f"     from there on going back is `{render_command('db rollback', sides.shown)}`, which loses nothing either",
        "",
    ]


def _foretell(sides: Sides, file: Path, switch: str | None) -> list[str]:
    phase = read_status(sides.source, sides.target, file).phase
    if phase in UNFIT:  # it will say so
        return []
    if phase in FENCED:  # what was foretold has begun, or is over
        return [f"the move is {phase}: it goes on from there", ""]
    return foretell(sides, switch)


def render(report: CutoverReport, sides: Sides, *, dry_run: bool) -> list[str]:
    """The report in lines."""
    lines = [*render_steps(report.steps), *report.told]
    if dry_run:
        frozen = f"the real one would freeze writers for about {precise(report.freeze_seconds)}"
        return [*lines, "", f"{frozen}, and as long as the switch takes", _next("cutover", sides)]
    if report.phase != "switched":
        return [*lines, "", f"not switched (move {report.move} is {report.phase})", _next("status", sides)]
    frozen = f"switched; writers were refused for {precise(report.freeze_seconds)} (move {report.move})"
    back = f"to go back:   {render_command('db rollback', sides.shown)}"
    return [*lines, "", frozen, back, f"to stay there: {render_command('db clean', sides.shown)}"]


def _next(command: str, sides: Sides) -> str:
    return f"next: {render_command(f'db {command}', sides.shown)}"
