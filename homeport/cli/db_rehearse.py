"""`homeport db rehearse`: a whole move but the switch, into a target that is not needed otherwise; how long each step
takes, and how long the real one would freeze.
"""

import json
from dataclasses import asdict
from pathlib import Path

import click

from homeport.cli.db_run import (
    capture_option,
    interruptible,
    jobs_option,
    lock_options,
    render_steps,
    teller,
    with_options,
)
from homeport.cli.db_server import find_sides, takes_sides
from homeport.cli.db_words import precise
from homeport.postgres.cutover.rehearse import RehearsalReport
from homeport.postgres.cutover.rehearse import rehearse as run_rehearse
from homeport.postgres.cutover.session import CutoverOptions
from homeport.postgres.follow.capture import Method
from homeport.postgres.server import Server


@click.command()
@takes_sides
@with_options(*lock_options[:1])
@jobs_option
@capture_option
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), help="The state file of this rehearsal.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def rehearse(
    source: str, target: str, lock_seconds: float, jobs: int, capture: Method, state: Path | None, as_json: bool
) -> None:
    """Do all of a move from SOURCE but the switch, into an empty TARGET, and say how long the real one freezes.

    The source serves on. The fence's locks are taken, timed and given back at once. At the end every trace is removed
    from the source, and everything that was copied from TARGET. Killed, type it again.
    """
    sides = find_sides(source, target)
    options = CutoverOptions(None, lock_seconds, False, jobs)
    file = state or rehearsal_file(sides.target)
    with interruptible():
        report = run_rehearse(sides.source, sides.target, file, options, teller(), capture=capture)
    click.echo(json.dumps(asdict(report)) if as_json else "\n".join(render(report)))


def rehearsal_file(target: Server) -> Path:
    """The state file of a rehearsal, if the user names none: not that of a move."""
    return Path(".homeport") / f"rehearsal-{target.host.replace('/', '_')}-{target.port}-{target.database}.sqlite"


def render(report: RehearsalReport) -> list[str]:
    """The report in lines."""
    frozen = f"the real one would freeze writers for about {precise(report.freeze_seconds_expected)}"
    return [*render_steps(report.steps), *report.told, "", f"{frozen}, and as long as the switch takes"]
