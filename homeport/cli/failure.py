"""The one place where errors become words and exit codes.

0 done · 1 could not · 2 wrong usage · 3 our bug (a log is named) · 130 interrupted.
"""

import errno
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click

from homeport.errors import HomeportError

COULD_NOT, USAGE, OUR_BUG, INTERRUPTED = 1, 2, 3, 130
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def errors_in_words() -> Iterator[None]:
    """Turn any exception of the block into a message on stderr and the exit code that belongs to it."""
    try:
        with _interrupts_raised():
            yield
    except HomeportError as error:
        _say(error.message, error.hint)
        sys.exit(COULD_NOT)
    except click.UsageError as error:
        error.show()
        sys.exit(USAGE)
    except click.ClickException as error:
        error.show()
        sys.exit(COULD_NOT)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(COULD_NOT)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in NO_SPACE:
            _say(f"{error.filename or 'a file'}: {error.strerror}", "free space (df -h), then type it again")
            sys.exit(COULD_NOT)
        _say(f"{type(error).__name__}: {error}", f"this is a bug of ours; please report it with {_write_log()}")
        sys.exit(OUR_BUG)


def run(command: click.Command) -> NoReturn:
    """Run what was typed, and leave with the exit code that belongs to how it ended."""
    with errors_in_words():
        sys.exit(command.main(standalone_mode=False))  # click answers with the code that a command left with


@contextmanager
def _interrupts_raised() -> Iterator[None]:
    """In this block Ctrl-C is a KeyboardInterrupt. Before and after it, what the entry point has set (`__main__`)."""
    before = signal.getsignal(signal.SIGINT)
    if callable(before):
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _say(message: str, hint: str) -> None:
    label = click.style("error:", fg="red", bold=True)
    for line in message.splitlines() or [""]:
        click.echo(f"{label} {line}", err=True)
    if hint:
        click.echo(f"\n{click.style('hint:', fg='cyan')} {hint}", err=True)


def _write_log() -> Path:
    with tempfile.NamedTemporaryFile("w", prefix="homeport-", suffix=".log", delete=False) as log:
        log.write(traceback.format_exc())
        return Path(log.name)
