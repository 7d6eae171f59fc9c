"""`homeport db status`: where a move stands, and what to type next."""

import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from homeport.cli.db_run import render_command, state_option
from homeport.cli.db_server import find_sides, state_file, takes_sides
from homeport.cli.db_words import render_bytes
from homeport.cli.failure import COULD_NOT
from homeport.postgres.status import BACKWARD, Side, Status, read_status


@click.command()
@takes_sides
@state_option
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON, with the move's history.")
def status(source: str, target: str, state: Path | None, as_json: bool) -> None:
    """Say where the move from SOURCE to TARGET stands: phase, lag, fence, what is left on either side, what is next.

    Changes nothing, and may be asked while another process works on the move. Exits with 1 if a side cannot be reached.
    """
    sides = find_sides(source, target)
    found = read_status(sides.source, sides.target, state_file(state, sides.target))
    document = as_document(found, sides.shown)
    click.echo(json.dumps(document, indent=2) if as_json else "\n".join(render(found, sides.shown)))
    if found.source.problem or found.target.problem:
        sys.exit(COULD_NOT)


def render(found: Status, shown: str) -> list[str]:
    """All of it in lines."""
    lines = [f"move     {found.move or 'none'}", f"phase    {_phase(found)}"]
    if found.move and not (found.source.problem or found.target.problem):
        lines.append(f"lag      {_waiting(found)}")
    lines += [f"{name:<8} {line}" for name, side in _sides(found) for line in _side(side)]
    if found.events:
        last = found.events[-1]
        lines.append(f"history  {len(found.events)} steps, the last: {last.step}, {_time(last.at)}")
    lines += [f"note     {note}" for note in found.notes]
    return [*lines, f"next     {render_command(found.next.command, shown)}", f"         {found.next.because}"]


def as_document(found: Status, shown: str) -> dict[str, Any]:
    """All of it as JSON."""
    return asdict(found) | {"next": {**asdict(found.next), "type": render_command(found.next.command, shown)}}


def _phase(found: Status) -> str:
    if found.phase is None:
        return "not known: the target cannot be reached" if found.target.problem else "not begun"
    since = f", since {_time(found.since)}" if found.since else ""
    return f"{found.phase}{f' ({found.step})' if found.step else ''}{since}"


def _waiting(found: Status) -> str:
    side, where = (found.target, "target") if found.phase in BACKWARD else (found.source, "source")
    if not side.is_captured:
        return f"not known: the {where}'s changes are not captured"
    whole = f", and {side.whole} tables to be loaded whole" if side.whole else ""
    rows = "1 row" if side.rows == 1 else f"{side.rows:,} rows"
    kept = f", and {render_bytes(side.kept)} of WAL for its replication slot" if side.kept else ""
    return f"{rows}, {render_bytes(side.bytes)}, in the {where}'s logs{whole}{kept}"


def _sides(found: Status) -> list[tuple[str, Side]]:
    return [("source", found.source), ("target", found.target)]


def _side(side: Side) -> list[str]:
    if side.problem:
        return [f"{side.database}: {side.problem}"]
    what = ["changes are captured" if side.is_captured else "changes are not captured"]
    if side.fences:
        what.append(f"fence in force on {side.fenced} of {side.fences} tables")
    what += [f"at work: {', '.join(side.working)}"] if side.working else []
    left = ", ".join(side.left) if side.left else "nothing of Homeport"
    return [f"{side.database}: {'; '.join(what)}", f"left there: {left}"]


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")
