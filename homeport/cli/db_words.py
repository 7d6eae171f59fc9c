"""Sizes, times, lag and progress of a move in words, and how they are told on stderr."""

import sys
import time
from collections.abc import Callable
from typing import Protocol

import click

from homeport.postgres.copy.progress import Progress

TOLD_EVERY_SECONDS = 5.0  # where progress is not a terminal's
WIDTH = 110


class Waiting(Protocol):
    """How far a side is behind the other: changes that wait, their size, and how old what it equals is."""

    @property
    def rows(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    @property
    def seconds(self) -> float: ...


class Ticker:
    """A line that is rewritten on a terminal; elsewhere one line now and then. `note` is told in any case."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._terminal = sys.stderr.isatty()
        self._last = clock() - TOLD_EVERY_SECONDS + 2.0
        self._open = False  # the cursor stands at the end of a line that may be rewritten

    def tell(self, line: str, *, last: bool = False) -> None:
        """What is true now; `last`: nothing follows it."""
        if self._terminal:
            click.echo(f"\r\033[K{line[:WIDTH]}", err=True, nl=last)
            self._open = not last
        elif self._clock() - self._last >= TOLD_EVERY_SECONDS:
            self._last = self._clock()
            click.echo(line, err=True)

    def note(self, line: str) -> None:
        """What happened."""
        click.echo(f"\r\033[K{line}" if self._open else line, err=True)
        self._open = False

    def progress(self, progress: Progress) -> None:
        """How far a copy is."""
        self.tell(render_progress(progress), last=progress.share >= 1)

    def lag(self, lag: Waiting) -> None:
        """How far a side is behind."""
        self.tell(render_lag(lag))

    def end(self) -> None:
        """Leave the line as it is."""
        if self._open:
            click.echo(err=True)
        self._open = False


def render_lag(lag: Waiting) -> str:
    """`lag 1,204 rows, 96 kB, 0.4 s`."""
    return f"lag {lag.rows:,} row{'' if lag.rows == 1 else 's'}, {render_bytes(lag.bytes)}, {duration(lag.seconds)}"


def render_bytes(size: float) -> str:
    """`999 bytes`, `1.0 kB`, `96 kB`, `2.5 GB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 999.5:
            return f"{size:.0f} {unit}" if unit == "bytes" or size >= 9.95 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def render_progress(progress: Progress) -> str:
    """One line: how much, how far, how long yet, and what is under way."""
    if progress.paused:
        return f"paused: {progress.paused}"
    left = progress.remaining_seconds
    remaining = "" if left is None else f", {time_left(left)} left"
    passed = f"{render_bytes(progress.bytes)} of about {render_bytes(progress.bytes_expected)}"
    return f"{progress.share:4.0%}{remaining} · rows {passed} · {progress.step}"


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min`, `2.5 h`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def precise(seconds: float) -> str:
    """`0.04 s`, `12.3 s`, `3 min`: of what is short, and was measured."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    return f"{seconds:.1f} s" if seconds < 120 else duration(seconds)


def time_left(seconds: float) -> str:
    """`45 s`, `1 min 15 s`, `2 h 5 min`: rounded, not shortened."""
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"
