"""What a Terraform run that died leaves behind, and how the next one clears it.

A killed run leaves its lock in the bucket. We know that it is dead if it was ours: its process id and start time are in
`.terraform/homeport.run`, and no such process lives. Locks of others are never touched. A run that could not write its
state to the bucket leaves `errored.tfstate`, which must be pushed before anything else is planned.
"""

import getpass
import json
import re
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from homeport.errors import HomeportError
from homeport.system.files import replace_file
from homeport.terraform.events import Diagnostic
from homeport.terraform.tool import Tool

LOCK_SUMMARY = "Error acquiring the state lock"
RECORD = "homeport.run"
ERRORED = "errored.tfstate"


@dataclass(frozen=True)
class Lock:
    """Who holds a state, as Terraform tells it."""

    id: str
    operation: str
    who: str
    created: str


def find_lock(wrong: Sequence[Diagnostic]) -> Lock | None:
    """The lock that a run stumbled over, if that is why it failed."""
    for diagnostic in wrong:
        if diagnostic.summary == LOCK_SUMMARY:
            fields = dict(re.findall(r"^\s*(ID|Operation|Who|Created):\s*(.+?)\s*$", diagnostic.detail, re.MULTILINE))
            if "ID" in fields:
                return Lock(fields["ID"], fields.get("Operation", ""), fields.get("Who", ""), fields.get("Created", ""))
    return None


def find_dead_lock(wrong: Sequence[Diagnostic], dead: "Run | None") -> Lock | None:
    """The lock that a run stumbled over, if the run `dead` of this folder must have left it there."""
    lock = find_lock(wrong)
    if lock is None or dead is None or lock.who != dead.who:
        return None
    created = _parse(lock.created)
    return lock if created is not None and created >= dead.begun else None


@dataclass(frozen=True)
class Run:
    """A run of Terraform in this folder."""

    pid: int
    started: str  # of the process, in the kernel's own words; process ids are used again
    who: str
    begun: datetime


def record_run(own: Path, pid: int, begun: datetime) -> None:
    """Remember the run of this process. `begun` was before it: a lock that it took at once must not seem older."""
    record = {"pid": pid, "started": _started(pid), "who": _ourselves(), "begun": begun.isoformat()}
    replace_file(own / RECORD, json.dumps(record).encode())


def forget_run(own: Path) -> None:
    """The run ended by itself: it has let go of its lock."""
    (own / RECORD).unlink(missing_ok=True)


def find_dead_run(own: Path) -> Run | None:
    """The last run in this folder if it was killed. Raises HomeportError if it still runs."""
    try:
        record = json.loads((own / RECORD).read_text())
        run = Run(record["pid"], record["started"], record["who"], datetime.fromisoformat(record["begun"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if run.started and _started(run.pid) == run.started:
        raise HomeportError(
            f"{own.parent}: an earlier run (process {run.pid}) is still finishing its work", "wait until it has ended"
        )
    return run


def unlock(tool: Tool, folder: Path, lock: Lock) -> None:
    """Remove a lock whose holder is dead."""
    _run(tool, folder, ["force-unlock", "-force", lock.id], f"the lock {lock.id} cannot be removed")


def push_errored_state(tool: Tool, folder: Path) -> bool:
    """Bring home the state that an earlier run could not write. False if there is none."""
    errored = folder / ERRORED
    if not errored.exists():
        return False
    _run(tool, folder, ["state", "push", ERRORED], f"{errored} holds the state of an earlier run, and cannot be pushed")
    errored.unlink()
    return True


def locked_error(stack: str, folder: Path, lock: Lock) -> HomeportError:
    """The state is locked, and not by a dead run of ours."""
    return HomeportError(
        f"{stack}: the state is locked by {lock.who} since {lock.created} ({lock.operation})",
        f"wait for it; if that run is dead: terraform -chdir={folder} force-unlock {lock.id}",
    )


def _run(tool: Tool, folder: Path, arguments: list[str], problem: str) -> None:
    command = [str(tool.program), *arguments]
    answer = subprocess.run(
        command, cwd=folder, env=dict(tool.environment), stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if answer.returncode:
        cause = "\n".join(answer.stderr.strip().splitlines()[-6:])
        raise HomeportError(f"{problem}: {cause}", f"run it yourself: terraform -chdir={folder} {' '.join(arguments)}")


def _ourselves() -> str:
    """As Terraform writes itself into a lock."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def _started(pid: int) -> str:
    """When a living process was started; empty if there is none. `ps` knows it on every Unix."""
    answer = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = answer.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else started.strip()


def _parse(created: str) -> datetime | None:
    """`2026-01-31 12:00:00.123456789 +0000 UTC` as Go prints it."""
    found = re.match(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(\.\d{1,6})?\d* \+0000", created)
    return datetime.fromisoformat(f"{found[1]}{found[2] or ''}+00:00") if found else None
