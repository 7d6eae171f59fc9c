"""`homeport db follow`: copy a database, then bring over every change, and say how far behind it is."""

import json
import time
from dataclasses import asdict
from pathlib import Path

import click

from homeport.cli.db_copy import read_options
from homeport.cli.db_run import accept_option, capture_option, interruptible, render_command, state_option
from homeport.cli.db_server import Sides, find_sides, state_file, takes_sides
from homeport.cli.db_words import TOLD_EVERY_SECONDS, Ticker, render_lag
from homeport.postgres.cutover.follow_back import follow_back
from homeport.postgres.follow.capture import Method
from homeport.postgres.follow.run import FollowOptions, Lag, Listener
from homeport.postgres.follow.run import follow as run_follow

CAUGHT_UP_SECONDS = 1.0


@click.command()
@takes_sides
@click.option("--until-caught-up", is_flag=True, help="End as soon as the lag is under a second.")
@click.option("--jobs", type=click.IntRange(1, 64), default=4, show_default=True, help="Tables copied at a time.")
@click.option("--limit-rate", metavar="BYTES/s", help="Copy no faster: bytes per second, with k, M or G.")
@click.option("--into-nonempty", metavar="DATABASE", help="Copy beside what the target holds; names its database.")
@click.option("--role", "roles", multiple=True, metavar="SOURCE=TARGET", help="Grants to this role go to that one.")
@click.option("--again", is_flag=True, help="Copy anew, whatever was copied.")
@click.option("--reload", "tables", multiple=True, metavar="SCHEMA.TABLE", help="Load this table whole; repeatable.")
@accept_option
@capture_option
@click.option("--back", is_flag=True, help="After the switch: the source follows the target.")
@state_option
@click.option("--json", "as_json", is_flag=True, help="Print the lag as JSON, a line now and then, and at the end.")
def follow(  # noqa: PLR0913 one per option
    source: str,
    target: str,
    until_caught_up: bool,
    jobs: int,
    limit_rate: str | None,
    into_nonempty: str | None,
    roles: tuple[str, ...],
    again: bool,
    tables: tuple[str, ...],
    accept_differences: bool,
    capture: Method,
    back: bool,
    state: Path | None,
    as_json: bool,
) -> None:
    """Copy database SOURCE into TARGET, then bring over every change, until it is stopped.

    Puts triggers on the source's tables that note which rows change, before it copies, or has a replication slot of the
    source tell, where it may. Stopped, killed or cut off,
    simply start it again, here or on another machine: changes wait in the source. The schema must not change meanwhile;
    if it does, that is told, and nothing is lost.
    """
    if back and (again or tables or into_nonempty or capture != "auto"):
        raise click.UsageError("--back brings changes to a source that was copied: it takes no option of a copy")
    options = FollowOptions(
        read_options(jobs, limit_rate, into_nonempty, roles), again, tables, accept_differences, capture
    )
    sides = find_sides(source, target)
    file = state_file(state, sides.target)
    ticker, lines = Ticker(), Lines(as_json)

    def tell(lag: Lag) -> None:
        ticker.lag(lag)
        lines.tell(lag)

    listener = Listener(ticker.note, ticker.progress, tell)
    try:
        with interruptible():
            lag = _run(sides, file, options, listener, back=back, until=CAUGHT_UP_SECONDS if until_caught_up else None)
    except KeyboardInterrupt:
        ticker.note(f"stopped; changes wait until you type: {_again(sides, back=back)}")
        raise
    finally:
        ticker.end()
    click.echo(json.dumps(asdict(lag)) if as_json else f"caught up: {render_lag(lag)}")


def _run(
    sides: Sides, file: Path, options: FollowOptions, listener: Listener, *, back: bool, until: float | None
) -> Lag:
    def stop(lag: Lag) -> bool:
        return until is not None and lag.seconds <= until

    if back:
        accepted = options.accept_differences
        return follow_back(sides.source, sides.target, file, listener, accept_differences=accepted, stop=stop)
    return run_follow(sides.source, sides.target, file, options, listener, stop=stop)


def _again(sides: Sides, *, back: bool) -> str:
    return render_command("db follow --back" if back else "db follow", sides.shown)


class Lines:
    """The lag as a line of JSON on stdout, now and then."""

    def __init__(self, wanted: bool) -> None:
        self._wanted, self._last = wanted, time.monotonic()

    def tell(self, lag: Lag) -> None:
        if self._wanted and time.monotonic() - self._last >= TOLD_EVERY_SECONDS:
            self._last = time.monotonic()
            click.echo(json.dumps(asdict(lag)))
