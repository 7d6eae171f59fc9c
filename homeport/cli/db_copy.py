"""`homeport db copy`: copy a database, and say how far it is."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from homeport.cli.db_server import find_sides, state_file, takes_sides
from homeport.cli.db_words import Ticker, render_bytes
from homeport.errors import HomeportError
from homeport.postgres.copy.run import Options, Report
from homeport.postgres.copy.run import copy as run_copy
from homeport.postgres.rules.finding import counted

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}


@click.command("copy")
@takes_sides
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    help="Tables and indexes at a time: as many as the target has processors.",
)
@click.option("--limit-rate", metavar="BYTES/s", help="Read no faster: bytes per second, with k, M or G.")
@click.option("--into-nonempty", metavar="DATABASE", help="Copy beside what the target holds; names its database.")
@click.option("--role", "roles", multiple=True, metavar="SOURCE=TARGET", help="Grants to this role go to that one.")
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), help="The state file of this move.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def copy(  # noqa: PLR0913 one per option
    source: str,
    target: str,
    jobs: int,
    limit_rate: str | None,
    into_nonempty: str | None,
    state: Path | None,
    roles: tuple[str, ...],
    as_json: bool,
) -> None:
    """Copy database SOURCE into TARGET, as it is at one instant.

    Everything but foreign tables' rows and roles. Stopped or killed, simply start it again, here or on another machine.
    What the application writes afterwards is not brought over: `homeport db follow` copies and follows.
    """
    options = read_options(jobs, limit_rate, into_nonempty, roles)
    sides = find_sides(source, target)
    file = state_file(state, sides.target)
    report = run_copy(sides.source, sides.target, file, options, Ticker().progress)
    click.echo(json.dumps(asdict(report)) if as_json else "\n".join(render(report, file)))


def read_options(jobs: int, limit_rate: str | None, into_nonempty: str | None, roles: tuple[str, ...]) -> Options:
    """What was typed, for a copy. HomeportError if a rate or a pair of roles is none."""
    return Options(jobs, read_rate(limit_rate), into_nonempty, roles=dict(_pair(role) for role in roles))


def read_rate(text: str | None) -> int | None:
    """`500k`, `20M`, `1G` or plain bytes → bytes per second. HomeportError if it is none."""
    if text is None:
        return None
    number, unit = (text[:-1], text[-1].lower()) if text[-1:].isalpha() else (text, "")
    try:
        rate = int(float(number) * UNITS[unit])
    except (KeyError, ValueError, OverflowError):
        rate = 0
    if rate <= 0:
        raise HomeportError(f"--limit-rate: {text} is not a number of bytes per second", "write it like 20M")
    return rate


def render(report: Report, file: Path) -> list[str]:
    """The report in lines."""
    how = "was complete already" if report.resumed and not report.seconds else f"took {report.seconds:.1f} s"
    copied = f"copied {counted(report.tables, 'table')}, {render_bytes(report.bytes)} of rows"
    return [*(f"left out: {line}" for line in report.told), f"{copied}; {how} (move {report.move}, {file})"]


def _pair(text: str) -> tuple[str, str]:
    name, equals, other = text.partition("=")
    if not (name and equals and other):
        raise HomeportError(f"--role: {text} is not SOURCE=TARGET")
    return name, other
