"""An access log → a profile: requests in each minute, and the service times as they were.

Lines of Heroku's router (`… heroku[router]: at=info … service=12ms status=200 …`), and of gunicorn, nginx and Apache in
the common or combined format, with the duration as `rt=0.123` or `request_time=0.123`, or as the last number of the
line: with a point in seconds (nginx's $request_time, gunicorn's %(L)s), without in microseconds (%(D)s). Other lines
are skipped and counted. Memory does not grow with the file: a number for each minute, and one histogram.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from homeport.cost.simulation.lines import read_lines
from homeport.cost.simulation.profile import DAYS_MAX, Profile
from homeport.cost.simulation.service_time import GRID, Floats, ServiceTime, cells_of, empirical
from homeport.errors import HomeportError

BATCH = 1000
DISORDER_MINUTES = 5  # a request is logged when it ends, by whoever served it
HINT = "expected lines of Heroku's router, or in the common or combined log format; a CSV ends in .csv"
TIME = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d):\d\d(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?")
SERVICE = re.compile(rb"\bservice=(\d*)(?:ms)? status=(\d{3})")
COMMON = re.compile(
    rb"\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d):\d\d ([+-]\d{4})\] "
    rb'"[^"\\]*(?:\\.[^"\\]*)*" (\d{3}) (?:\d+|-)(?=\s|$)(.*)$'
)
NAMED = re.compile(rb"\b(?:rt=|request_time[=:])\"?(\d+(?:\.\d+)?)")
LAST = re.compile(rb"(?:^|\s)(\d+(\.\d+)?)\s*$")
SWITCHED = b"101"  # a WebSocket: its duration is no service time


@dataclass
class Tally:
    """What is kept of a log while it is read."""

    requests: dict[int, int] = field(default_factory=dict)  # by minutes since 1970
    cells: Floats = field(default_factory=lambda: np.zeros(len(GRID) + 1))
    seconds: float = 0.0
    squares: float = 0.0
    skipped: int = 0
    newest: int = 0
    waiting: list[float] = field(default_factory=list)  # durations, taken in many at a time

    def add(self, minute: int, seconds: float | None) -> None:
        """Take one request in."""
        self.requests[minute] = self.requests.get(minute, 0) + 1
        if minute > self.newest:
            self.newest = minute
        if seconds is not None:
            self.waiting.append(seconds)
            if len(self.waiting) == BATCH:
                self.settle()

    def settle(self) -> None:
        """Take in the durations that wait."""
        seconds = np.array(self.waiting)
        self.waiting.clear()
        self.cells += np.bincount(cells_of(seconds), minlength=len(self.cells))
        self.seconds += float(seconds.sum())
        self.squares += float((seconds**2).sum())


def read_access_log(file: Path) -> Profile:
    """The profile of a log; raises HomeportError with file and line if it is none, or its time goes back."""
    tally = _tally(file, read_lines(file))
    if not tally.requests:
        raise HomeportError(f"{file}:1: none of {tally.skipped} lines is a request", HINT)
    first, last = min(tally.requests), max(tally.requests)
    if last == first:
        number = sum(tally.requests.values())
        raise HomeportError(
            f"{file}: has {number} request{'s' if number > 1 else ''} within one minute; expected at least two minutes",
            "give it the log of a whole day, better of a week",
        )
    requests = np.zeros(last - first + 1)
    requests[np.array(list(tally.requests)) - first] = list(tally.requests.values())
    notes = ["durations of a log hold what requests waited in the server"] if tally.cells.any() else []
    if tally.skipped:
        notes.append(f"{tally.skipped:,} of {tally.skipped + int(requests.sum()):,} lines are no requests")
    start = datetime.fromtimestamp(first * 60, UTC)
    return Profile(start, 60, requests, _service(tally, file), f"access log {file.name}", tuple(notes))


def _tally(file: Path, lines: Iterable[tuple[int, bytes]]) -> Tally:
    tally = Tally()
    times: dict[tuple[bytes, bytes], int] = {}
    for number, line in lines:
        try:
            found = _read_router(line, times) or _read_common(line, times)
        except ValueError:
            raise HomeportError(f"{file}:{number}: has a date that does not exist", HINT) from None
        if found is None:
            tally.skipped += bool(line)
            continue
        minute, seconds = found
        if minute < tally.newest - DISORDER_MINUTES:
            raise HomeportError(
                f"{file}:{number}: time goes back by {tally.newest - minute} minutes, to {_show(minute)}",
                "sort the log by time; rotated files are joined oldest first",
            )
        tally.add(minute, seconds)
        if minute - next(iter(tally.requests)) > DAYS_MAX * 1440:
            raise HomeportError(f"{file}:{number}: is more than {DAYS_MAX} days after the first line", HINT)
    tally.settle()
    return tally


def _read_router(line: bytes, times: dict[tuple[bytes, bytes], int]) -> tuple[int, float | None] | None:
    if b"router" not in line or b" at=" not in line:
        return None
    time, served = TIME.search(line), SERVICE.search(line)
    if time is None or served is None:
        return None
    key = (time[1], time[2] or b"Z")
    service, status = served.groups()
    if key not in times:
        moment = datetime.fromisoformat(key[0].decode() + key[1].decode())
        times[key] = int(moment.timestamp()) // 60
    return times[key], int(service) / 1000 if service and status != SWITCHED else None


def _read_common(line: bytes, times: dict[tuple[bytes, bytes], int]) -> tuple[int, float | None] | None:
    if not (match := COMMON.search(line)):
        return None
    clock, zone, status, rest = match.groups()
    key = (clock, zone)
    if key not in times:
        moment = datetime.strptime(f"{clock.decode()} {zone.decode()}", "%d/%b/%Y:%H:%M %z")
        times[key] = int(moment.timestamp()) // 60
    return times[key], None if status == SWITCHED else _duration(rest)


def _duration(rest: bytes) -> float | None:
    """Seconds, if what follows the size says so."""
    if (b"rt=" in rest or b"request_time" in rest) and (named := NAMED.search(rest)):
        return float(named[1])
    if last := LAST.search(rest.rpartition(b'"')[2]):
        return float(last[1]) if last[2] else float(last[1]) / 1e6
    return None


def _service(tally: Tally, file: Path) -> ServiceTime | None:
    if not tally.seconds:
        return None
    return empirical(tally.cells, tally.seconds, tally.squares, f"{int(tally.cells.sum()):,} durations of {file.name}")


def _show(minute: int) -> str:
    return datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%d %H:%M UTC")
