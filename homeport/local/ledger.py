"""Child processes of the data plane, written down one file each, so that a crash leaves nothing behind.

`<home>/ledger/<pid>.json` holds the process id *and* the moment that process started: a process id alone may belong to
a stranger by the time it is read. The kernel already kills the children of a killed data plane where it can
(PR_SET_PDEATHSIG, Linux); `sweep` finishes what is left: grandchildren, other systems, databases still shutting down.
"""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from homeport.local.home import Home

PATIENCE_SECONDS = 10.0  # for an orderly end, before SIGKILL
LOOK_SECONDS = 0.02


@dataclass(frozen=True)
class Entry:
    """One child, leader of its process group. `signal` is what asks it to end: SIGINT is PostgreSQL's fast shutdown."""

    pid: int
    started: str
    what: str
    signal: int = signal.SIGKILL


def record(home: Home, pid: int, what: str, *, stop_signal: int = signal.SIGKILL) -> None:
    """Write a running child down."""
    home.ledger.mkdir(parents=True, exist_ok=True)
    started = start_time(pid)
    if started is None:
        return  # already gone
    temporary = home.ledger / f"{pid}.new"
    temporary.write_text(json.dumps(asdict(Entry(pid, started, what, stop_signal))))
    temporary.replace(home.ledger / f"{pid}.json")


def forget(home: Home, pid: int) -> None:
    """Strike a child out that has ended."""
    (home.ledger / f"{pid}.json").unlink(missing_ok=True)


def sweep(
    home: Home, *, clock: Callable[[], float] = time.monotonic, wait: Callable[[float], None] = time.sleep
) -> list[str]:
    """End every recorded process that still runs, with its group; what they were. Strangers are left alone."""
    entries = list(_entries(home))
    running = [entry for entry in entries if _is_running(entry)]
    for entry in running:
        _kill_group(entry.pid, entry.signal)
    deadline = clock() + PATIENCE_SECONDS
    while any(_is_running(entry) for entry in running) and clock() < deadline:
        wait(LOOK_SECONDS)
    for entry in running:
        if _is_running(entry):
            _kill_group(entry.pid, signal.SIGKILL)
    for entry in entries:
        forget(home, entry.pid)
    return [entry.what for entry in running]


def start_time(pid: int) -> str | None:
    """When a process started, in the system's own words; None if there is no such process or it is a zombie."""
    try:
        # The name, in brackets, may hold anything: what counts comes after the last bracket.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    except (FileNotFoundError, ProcessLookupError):
        if Path("/proc/self/stat").exists():
            return None
    answer = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True)  # macOS
    return answer.stdout.strip() or None


def _entries(home: Home) -> list[Entry]:
    found = []
    for file in sorted(home.ledger.glob("*.json")):
        try:
            found.append(Entry(**json.loads(file.read_text())))
        except (ValueError, TypeError):
            file.unlink(missing_ok=True)  # cut short by a full disk
    return found


def _is_running(entry: Entry) -> bool:
    started = start_time(entry.pid)
    return started == entry.started or (started is None and _has_orphans(entry))


def _has_orphans(entry: Entry) -> bool:
    """Whether the group lives on without its leader. Its number is not given out again as long as it does."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # ended while we looked
        if fields[0] not in "ZX" and fields[2] == str(entry.pid) and int(fields[19]) >= int(entry.started):
            return True
    return False


def _kill_group(pid: int, number: int) -> None:
    """Signal the group that `pid` leads; SIGINT goes to the leader alone, who tells its own children."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if number == signal.SIGKILL or start_time(pid) is None:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
