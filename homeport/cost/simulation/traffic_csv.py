"""CSV → a profile: a first line `time,requests` or `time,requests,p50_ms,p95_ms`, then a line for each step.

Times are ISO 8601 or seconds since 1970, in equal steps. All mistakes at once, each with its line.
"""

import csv
import math
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from homeport.cost.simulation.lines import read_lines
from homeport.cost.simulation.profile import (
    DAYS_MAX,
    PROBLEMS_MAX,
    Profile,
    find_number_problem,
    find_step_problem,
    find_time,
)
from homeport.cost.simulation.service_time import ServiceTime, lognormal, mixture
from homeport.errors import HomeportError

COLUMNS = (["time", "requests"], ["time", "requests", "p50_ms", "p95_ms"])
LINES_MAX = DAYS_MAX * 1440 * 60
HINT = "the first line is time,requests or time,requests,p50_ms,p95_ms; then a line for each step, 0 where none came"
Step = tuple[int, float, float, float | None, float | None]  # line, time, requests, p50, p95


def is_header(line: bytes) -> bool:
    """Whether a file that begins so is a CSV, whatever its name."""
    return line.removeprefix(b"\xef\xbb\xbf").replace(b" ", b"").lower().startswith(b"time,")


def read_csv(file: Path) -> Profile:
    """The profile in `file`. Raises HomeportError with file and line, up to 20 mistakes at once."""
    problems: list[str] = []
    steps = list(_steps(file, problems))
    length = steps[1][1] - steps[0][1] if len(steps) > 1 else 0.0
    if len(steps) < 2 and not problems:
        problems.append(f"{file}: has {len(steps)} step{'' if len(steps) == 1 else 's'}; expected at least 2")
    elif length > 0 and (problem := find_step_problem(length)):
        problems.append(f"{file}:{steps[1][0]}: {problem}")
    problems += [f"{file}:{line}: {text}" for line, text in _order_problems(steps, length)]
    if problems:
        more = [f"{file}: and {len(problems) - PROBLEMS_MAX} more"] if len(problems) > PROBLEMS_MAX else []
        raise HomeportError("\n".join(problems[:PROBLEMS_MAX] + more), HINT)
    start = datetime.fromtimestamp(steps[0][1], UTC)
    return Profile(start, int(length), np.array([step[2] for step in steps]), _service(steps), f"CSV {file.name}")


def _steps(file: Path, problems: list[str]) -> Iterator[Step]:
    header: list[str] | None = None
    for line, text in read_lines(file):
        try:
            cells = next(csv.reader([text.decode("utf-8-sig")]), [])
        except (UnicodeDecodeError, csv.Error):
            problems.append(f"{file}:{line}: is not text")
            cells = []
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = [cell.strip().lower() for cell in cells]
            if header not in COLUMNS:
                problems.append(f"{file}:{line}: the columns are {', '.join(header[:8])}; expected time and requests")
                return
            continue
        if step := _step(file, line, [cell.strip() for cell in cells], len(header), problems):
            yield step
        if line > LINES_MAX or len(problems) > PROBLEMS_MAX:
            return


def _step(file: Path, line: int, cells: list[str], width: int, problems: list[str]) -> Step | None:
    if len(cells) != width:
        problems.append(f"{file}:{line}: has {len(cells)} columns; expected {width}")
        return None
    moment, requests, *latencies = cells
    time = find_time(moment)
    found = [f"time: {moment[:40]!r} is not a time"] if time is None else []
    found.append(find_number_problem(requests, "requests"))
    latencies = [latency for latency in latencies if latency]
    found += [find_number_problem(latency, "p50_ms, p95_ms") for latency in latencies]
    if len(latencies) == 1:
        found.append("p50_ms, p95_ms: one of them is missing")
    elif not any(found) and latencies and not 0.1 <= float(latencies[0]) <= float(latencies[1]) <= 100_000:
        found.append(f"p50_ms is {latencies[0]}, p95_ms {latencies[1]}; expected 0.1 ≤ p50 ≤ p95 ≤ 100,000")
    problems += [f"{file}:{line}: {text}" for text in found if text]
    if any(found) or time is None:
        return None
    p50, p95 = (float(latencies[0]), float(latencies[1])) if latencies else (None, None)
    return line, time, float(requests), p50, p95


def _order_problems(steps: list[Step], length: float) -> Iterator[tuple[int, str]]:
    for before, step in zip(steps, steps[1:], strict=False):
        passed = step[1] - before[1]
        if passed <= 0:
            yield step[0], f"time goes back, or stands still: {_show(step[1])} after {_show(before[1])}"
        elif length > 0 and abs(passed - length) > 1e-6:
            yield step[0], f"a gap: {_show(step[1])} after {_show(before[1])}; expected {_show(before[1] + length)}"


def _service(steps: list[Step]) -> ServiceTime | None:
    """The service times of all steps together, each step counting by its requests."""
    weights: dict[tuple[float, float], float] = defaultdict(float)
    for _, _, requests, p50, p95 in steps:
        if p50 is not None and p95 is not None and requests > 0:
            weights[round(math.log10(p50), 2), round(math.log10(p95), 2)] += requests
    if not weights:
        return None
    parts = [(weight, lognormal(10**p50, 10 ** max(p50, p95))) for (p50, p95), weight in weights.items()]
    return mixture(parts, "p50 and p95 of each step")


def _show(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
