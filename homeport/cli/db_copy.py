"""`homeport db copy`: copy a database, and say how far it is."""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from homeport.errors import HomeportError

if TYPE_CHECKING:
    from homeport.postgres.copy.progress import Progress

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
TOLD_EVERY_SECONDS = 5.0  # where progress is not a terminal's


@click.command("copy")
@click.argument("source", envvar="HOMEPORT_SOURCE")
@click.argument("target", envvar="HOMEPORT_TARGET")
@click.option("--jobs", type=click.IntRange(1, 64), default=4, show_default=True, help="Tables and indexes at a time.")
@click.option("--limit-rate", metavar="BYTES/s", help="Read no faster: bytes per second, with k, M or G.")
@click.option("--into-nonempty", metavar="DATABASE", help="Copy beside what the target holds; names its database.")
@click.option("--role", "roles", multiple=True, metavar="SOURCE=TARGET", help="Grants to this role go to that one.")
@click.option("--state", "state", type=click.Path(dir_okay=False, path_type=Path), help="The state file of this move.")
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
    """Copy database SOURCE into TARGET (URLs), as it is at one instant.

    Everything but foreign tables' rows and roles. Stopped or killed, simply start it again, here or on another machine.
    To keep passwords out of the process list, give - and write the URL to stdin, or set HOMEPORT_SOURCE and
    HOMEPORT_TARGET.
    """
    from homeport.postgres.copy.run import Options
    from homeport.postgres.copy.run import copy as run_copy
    from homeport.postgres.server import parse_url

    renamed = dict(_pair(role) for role in roles)
    options = Options(jobs, read_rate(limit_rate), into_nonempty, roles=renamed)
    one, other = (parse_url(_url(text), what) for text, what in ((source, "the source"), (target, "the target")))
    file = state or Path(".homeport") / f"move-{other.host.replace('/', '_')}-{other.port}-{other.database}.sqlite"
    report = run_copy(one, other, file, options, tell_progress())
    if as_json:
        click.echo(json.dumps(asdict(report)))
        return
    for line in report.told:
        click.echo(f"left out: {line}")
    how = "was complete already" if report.resumed and not report.seconds else f"took {report.seconds:.1f} s"
    click.echo(
        f"copied {report.tables} tables, {render_bytes(report.bytes)} of rows; {how} (move {report.move}, {file})"
    )


def read_rate(text: str | None) -> int | None:
    """`500k`, `20M`, `1G` or plain bytes → bytes per second. HomeportError if it is none."""
    if text is None:
        return None
    number, unit = (text[:-1], text[-1].lower()) if text[-1:].isalpha() else (text, "")
    try:
        rate = int(float(number) * UNITS[unit])
    except (KeyError, ValueError):
        rate = 0
    if rate <= 0:
        raise HomeportError(f"--limit-rate: {text} is not a number of bytes per second", "write it like 20M")
    return rate


def render_bytes(size: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def render_progress(progress: "Progress") -> str:
    """One line: how much, how far, how long yet, and what is under way."""
    if progress.paused:
        return f"paused: {progress.paused}"
    left = progress.remaining_seconds
    remaining = "" if left is None else f", {_duration(left)} left"
    passed = f"{render_bytes(progress.bytes)} of about {render_bytes(progress.bytes_expected)}"
    return f"{progress.share:4.0%}{remaining} · rows {passed} · {progress.step}"


def tell_progress(clock: Callable[[], float] = time.monotonic) -> Callable[["Progress"], None]:
    """A line that is rewritten on a terminal; elsewhere one line now and then."""
    terminal = sys.stderr.isatty()
    last = clock() - TOLD_EVERY_SECONDS + 2.0

    def tell(progress: "Progress") -> None:
        nonlocal last
        if terminal:
            click.echo(f"\r\033[K{render_progress(progress)[:110]}", err=True, nl=progress.share >= 1)
        elif clock() - last >= TOLD_EVERY_SECONDS:
            last = clock()
            click.echo(render_progress(progress), err=True)

    return tell


def _url(text: str) -> str:
    return sys.stdin.readline() if text == "-" else text


def _pair(text: str) -> tuple[str, str]:
    name, equals, other = text.partition("=")
    if not (name and equals and other):
        raise HomeportError(f"--role: {text} is not SOURCE=TARGET")
    return name, other


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return (
        f"{rest} s"
        if not minutes
        else f"{minutes // 60} h {minutes % 60} min"
        if minutes >= 60
        else f"{minutes} min {rest} s"
    )
