"""What the commands that change something in a move share: their options, how they ask, tell and are interrupted."""

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from homeport.cli.db_words import precise

Command = TypeVar("Command", bound=Callable[..., Any])
SWITCHED = "is the application switched"  # a question about a fact, which --yes cannot know

state_option = click.option(
    "--state", type=click.Path(dir_okay=False, path_type=Path), help="The state file of this move."
)
jobs_option = click.option(
    "--jobs", type=click.IntRange(1, 64), default=4, show_default=True, help="Connections to each side."
)
lock_options = (
    click.option(
        "--lock-seconds",
        type=click.FloatRange(0.05, 60),
        default=1.0,
        show_default=True,
        help="How long one attempt to fence may keep writers waiting.",
    ),
    click.option("--terminate", is_flag=True, help="End sessions of the application that keep the fence out."),
)
switch_option = click.option(
    "--switch",
    metavar="COMMAND",
    help="Run by the shell to switch the application; DATABASE_URL in its environment is the new one.",
)


accept_option = click.option(
    "--accept-differences",
    is_flag=True,
    help="Go on although functions, views, indexes… were changed, or differ: you have made the same change on the"
    " other side. Of rows and tables no difference is accepted.",
)


capture_option = click.option(
    "--capture",
    type=click.Choice(["auto", "slot", "triggers"]),
    default="auto",
    show_default=True,
    help="How changes are captured; auto: by a replication slot where the source allows one, else by triggers.",
)


def with_options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options at once, in this order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def asker(*, yes: bool) -> Callable[[str], bool]:
    """How a question is answered: by --yes, by the person at the terminal, or by an error that asks for --yes."""

    def ask(question: str) -> bool:
        is_fact = question.startswith(SWITCHED)
        if yes and not is_fact:
            return True
        if sys.stdin.isatty():
            return bool(click.confirm(question, err=True))
        if is_fact:
            return False
        raise click.UsageError(f"{question} There is no terminal to ask at: --yes agrees")

    return ask


def teller(clock: Callable[[], float] = time.monotonic) -> Callable[[str], None]:
    """Lines on stderr, each with the seconds since the beginning."""
    began = clock()
    return lambda line: click.echo(f"{clock() - began:8.1f} s  {line}", err=True)


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM and a closed terminal interrupt as Ctrl-C does, once: what has to be undone then, is undone."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def render_steps(steps: Sequence[tuple[str, float]]) -> list[str]:
    """How long each step took, in lines."""
    width = max((len(name) for name, _ in steps), default=0)
    return [f"{name:<{width}}  {precise(seconds):>8}" for name, seconds in steps]


def render_command(command: str, shown: str) -> str:
    """A command of this move, to be typed."""
    return f"homeport {command} {shown}".rstrip()
