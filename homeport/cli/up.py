"""`homeport up` and `homeport down`: the platform, running on this machine, and not any more."""

import json
import shutil
import threading
import time
from pathlib import Path

import click

from homeport.cli.board import Board
from homeport.cli.bring_up import Outcome, bring_up
from homeport.cli.local import Local
from homeport.cli.logs import Printer
from homeport.cli.output import progress_console
from homeport.cli.overview import print_overview, read_overview
from homeport.errors import HomeportError
from homeport.local import session
from homeport.local.logs import follow_lines
from homeport.system import interrupts, process

# A database alone is something to work with, too.
RUN = ("services", "functions", "sites", "databases", "caches", "topics", "buckets", "users")
POLL_SECONDS = 0.5
DOWN_TIMEOUT_SECONDS = 60.0


@click.command()
@click.option("-d", "--detach", is_flag=True, help="Leave it running in the background.")
@click.pass_obj
def up(file: Path, detach: bool) -> None:
    """Bring the platform up on this machine, and stream its logs until Ctrl-C."""
    local = Local(file)
    check_something_runs(local)  # that and mistakes of the file come before anything starts
    with interrupts.interruptible(), session.locked(local.home):
        keep = False
        try:
            with Board() as board:
                outcome = bring_up(local, board, detached=detach)
            view = read_overview(local)
            print_overview(view)
            if view.problem:
                outcome.failures.append(HomeportError(view.problem, f"free space: df -h {local.home.path}"))
            _report(outcome)
            keep = detach
            if not detach:
                _stream(local)
        finally:
            with interrupts.held():  # whoever presses Ctrl-C again gets what was stopped, not what was left behind
                interrupts.heard()
                if not keep:
                    _stop(local)
    if outcome.failures:
        raise _failed(outcome)


@click.command()
@click.option("--delete", is_flag=True, help="Also delete the local account: databases, buckets, users, mail.")
@click.option("--yes", is_flag=True, help="Delete without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def down(file: Path, delete: bool, yes: bool, as_json: bool) -> None:
    """Stop what `homeport up` started. State stays for the next `up`."""
    local = Local(file)
    if delete and not yes:
        click.confirm(f"Delete the local account of {file} in {local.home.path}, databases included?", abort=True)
    if (holder := session.holder(local.home)) is not None:
        # It is an `up`: it stops the planes itself.
        process.stop(holder, timeout_seconds=DOWN_TIMEOUT_SECONDS)
    with session.locked(local.home):
        stopped = _stop(local) or holder is not None
        if delete:
            shutil.rmtree(local.home.path)
    click.echo("stopped" if stopped else "nothing was running", err=True)
    if delete:
        click.echo(f"deleted {local.home.path}", err=True)
    if as_json:
        deleted = str(local.home.path) if delete else None
        click.echo(json.dumps({"stopped": stopped, "deleted": deleted}, indent=2))


def check_something_runs(local: Local) -> None:
    """Refuse a platform that declares nothing: its network and gateway would be built for nobody."""
    if not any(getattr(local.platform, kind) for kind in RUN):
        raise HomeportError(
            f"{local.file}: declares no service, function or site: nothing would run",
            "declare one in it; a folder with a Procfile or manage.py is found by `homeport init` where no file is yet",
        )


def _stream(local: Local) -> None:
    click.echo("\nstreaming logs; Ctrl-C stops everything\n", err=True)
    stopped = threading.Event()

    def wait() -> bool:
        stopped.wait(POLL_SECONDS)
        return session.find_planes(local.home) is not None

    printer = Printer()
    for line in follow_lines(
        local.client("logs"), local.log_groups, since_ms=int(time.time() * 1000) - 2000, wait=wait
    ):
        printer(line)
    raise HomeportError(
        "the account on this machine has stopped", f"see the logs in {local.home.log}; then: homeport up"
    )


def _stop(local: Local) -> bool:
    return session.stop_planes(local.home, lambda text: progress_console.print(text, markup=False))


def _report(outcome: Outcome) -> None:
    for warning in outcome.warnings:
        click.echo(f"warning: {warning}", err=True)
    for error in outcome.failures:
        click.echo(f"{click.style('error:', fg='red', bold=True)} {error.message}", err=True)
        if error.hint:
            click.echo(f"{click.style('hint:', fg='cyan')} {error.hint}", err=True)


def _failed(outcome: Outcome) -> HomeportError:
    count = len(outcome.failures)
    causes = "the cause is above" if count == 1 else f"{count} causes are above"
    return HomeportError(f"not everything is up: {causes}", "mend the cause, then: homeport up")
