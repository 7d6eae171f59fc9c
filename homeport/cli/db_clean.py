"""`homeport db clean`: every trace of a move is removed, whether it is over or given up."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from homeport.cli.db_run import asker, interruptible, render_steps, state_option, teller
from homeport.cli.db_server import Sides, find_sides, state_file, takes_sides
from homeport.cli.failure import COULD_NOT
from homeport.postgres.cutover.abandon import AbandonOptions, abandon
from homeport.postgres.cutover.clean import CleanReport
from homeport.postgres.cutover.clean import clean as run_clean
from homeport.postgres.rules.finding import counted
from homeport.postgres.state import describe
from homeport.postgres.status import Side, Status, read_status

NAMED_MAX = 20  # of what is dropped: so many are shown; --json has all
NOTHING = "nothing, there is nothing of Homeport"


@click.command()
@takes_sides
@click.option("--target", "of_target", is_flag=True, help="Clean the target too; what was copied stays there.")
@click.option("--abandon", "given_up", is_flag=True, help="Give up a move that is under way, at whatever step.")
@click.option(
    "--drop-copy", metavar="DATABASE", help="With --abandon: drop what was copied; names the target's database."
)
@click.option("--dry-run", is_flag=True, help="Say what would be removed; change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@state_option
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def clean(  # noqa: PLR0913 one per option
    source: str,
    target: str,
    of_target: bool,
    given_up: bool,
    drop_copy: str | None,
    dry_run: bool,
    yes: bool,
    state: Path | None,
    as_json: bool,
) -> None:
    """Remove every trace of a move from SOURCE: fence, triggers, functions, logs, the schema `homeport`. Rows stay.

    Ends the move: afterwards nothing follows, and there is no way back that keeps what was written since. With
    --target the target is cleaned as well; what was copied stays there.

    --abandon gives a move up at any step before the point of no return: a fenced source takes writes again. With
    --drop-copy the target gets back to what it held before the move; nobody may be using it, and it may hold nothing
    that this move has not brought. What will be removed is shown, and asked for. Killed at any instant, type it again.
    """
    if drop_copy is not None and not given_up:
        raise click.UsageError("--drop-copy belongs to a move that is given up: --abandon --drop-copy DATABASE")
    sides = find_sides(source, target)
    file = state_file(state, sides.target)
    options = AbandonOptions(of_target or drop_copy is not None, drop_copy)

    def run(tell: Callable[[str], None], *, dry_run: bool) -> CleanReport:
        if given_up:
            return abandon(sides.source, sides.target, file, options, tell, dry_run=dry_run)
        return run_clean(sides.source, sides.target, file, tell, of_target=of_target, dry_run=dry_run)

    looked = run(lambda line: None, dry_run=True)  # what speaks against it is said before anything else
    found = read_status(sides.source, sides.target, file)
    planned = foretell(sides, found, looked, of_target=options.of_target)
    if dry_run:
        click.echo(json.dumps(as_document(found, looked, dry_run=True)) if as_json else "\n".join(planned))
        return
    click.echo("\n".join(planned), err=True)
    if not asker(yes=yes)("go on?"):
        sys.exit(COULD_NOT)
    with interruptible():
        report = run(teller(), dry_run=False)
    both = " and ".join(describe(side) for side in [sides.source, *([sides.target] if options.of_target else [])])
    lines = [*render_steps(report.steps), f"clean: {both}"]
    click.echo(json.dumps(as_document(found, report, dry_run=False)) if as_json else "\n".join(lines))


def foretell(sides: Sides, found: Status, looked: CleanReport, *, of_target: bool) -> list[str]:
    """What will happen, in lines."""
    here, there = describe(sides.source), describe(sides.target)
    lines = [f"the move is {found.phase or 'not known to the target'}; what will happen:"]
    if found.source.fenced:
        lines.append(f"  {here} takes writes again")
    lines.append(f"  removed from {here}: {_left(found.source)}")
    if looked.dropped:
        lines.append(f"  dropped from {there}, with every row, also those written there since the copy:")
        lines += [f"    {name}" for name in looked.dropped[:NAMED_MAX]]
        more = len(looked.dropped) - NAMED_MAX
        lines += [f"    … and {counted(more, 'object')} more"] if more > 0 else []
    if of_target:
        lines.append(f"  removed from {there}: {_left(found.target)}")
    elif found.move:
        lines.append(f"  {there} keeps what was copied, and Homeport's record of it")
    return [*lines, ""]


def as_document(found: Status, report: CleanReport, *, dry_run: bool) -> dict[str, Any]:
    """The report as JSON; `left` is what was there of Homeport before."""
    return {
        "dry_run": dry_run,
        "move": report.move,
        "phase": found.phase,
        "source": {"database": found.source.database, "fenced": found.source.fenced, "left": found.source.left},
        "target": {"database": found.target.database, "left": found.target.left, "dropped": report.dropped},
        "steps": asdict(report)["steps"],
    }


def _left(side: Side) -> str:
    return side.problem or ", ".join(side.left) or NOTHING
