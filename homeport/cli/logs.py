"""`homeport logs`: what services, functions and the gateway wrote."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

import click
from rich.text import Text

from homeport.cli.local import Local
from homeport.cli.output import answer_console
from homeport.errors import HomeportError
from homeport.local.logs import Line, follow_lines, read_lines
from homeport.model.problems import suggest

POLL_SECONDS = 0.5
COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "bright_cyan", "bright_green", "bright_magenta")


@click.command()
@click.argument("source", required=False, metavar="[SERVICE]")
@click.option("-t", "--tail", is_flag=True, help="Go on with new lines as they come.")
@click.option("-n", "--num", default=100, show_default=True, help="How many lines to begin with.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def logs(file: Path, source: str | None, tail: bool, num: int, as_json: bool) -> None:
    """Show the logs of SERVICE (a service, a function or `gateway`), or of all."""
    local = Local(file)
    groups = choose_groups(local.log_groups(), source)
    client = local.client("logs")
    lines = read_lines(client, groups, last=num)
    printer = Printer(as_json)
    for line in lines:
        printer(line)
    if tail:
        since = lines[-1].at_ms + 1 if lines else int(time.time() * 1000)
        for line in follow_lines(
            client, lambda: choose_groups(local.log_groups(), source), since_ms=since, wait=_pause
        ):
            printer(line)


class Printer:
    """Prints lines with their source in front, each source in a colour of its own."""

    def __init__(self, as_json: bool = False) -> None:
        self._as_json = as_json
        self._colours: dict[str, str] = {}

    def __call__(self, line: Line) -> None:
        if self._as_json:
            fields = {"at": line.at.isoformat(), "source": line.source, "stream": line.stream, "message": line.message}
            click.echo(json.dumps(fields))
            return
        colour = self._colours.setdefault(line.source, COLOURS[len(self._colours) % len(COLOURS)])
        name = f"{line.source}.{line.process}" if line.process not in ("", line.source) else line.source
        answer_console.print(Text.assemble((f"{line.at:%H:%M:%S} {name:<16} | ", colour), line.message), soft_wrap=True)


def choose_groups(groups: Mapping[str, str], source: str | None) -> dict[str, str]:
    """The log groups (`{log group: source}`) of one source, or all. Raises HomeportError if it has none."""
    if source is None:
        return dict(groups)
    chosen = {group: name for group, name in groups.items() if name == source}
    if not chosen:
        known = sorted(set(groups.values()))
        there = ", ".join(known) or "nothing yet"
        raise HomeportError(f"logs: {source} has no logs here{suggest(source, known)}", f"there are logs of: {there}")
    return chosen


def _pause() -> bool:
    time.sleep(POLL_SECONDS)
    return True
