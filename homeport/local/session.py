"""Starting and stopping the two planes of the local account.

Steps of `start_planes`: take the lock (two `homeport up` at once: the second is refused) → sweep what a crash left →
control plane and data plane, side by side. Each plane writes its address file when it is ready. Killed at any instant,
the next start sweeps and goes on from the saved state.
"""

import contextlib
import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from homeport.errors import HomeportError
from homeport.local import ledger
from homeport.local.account import find_url
from homeport.local.home import Home
from homeport.local.ports import Ports
from homeport.system import interrupts, lock, process

PLANES = ("control", "data")  # in the order of a start
READY_TIMEOUT_SECONDS = 30.0
STOP_TIMEOUT_SECONDS = {"data": 45.0, "control": 20.0}  # data: a task's stop timeout first
LAST_LINES = 5
PASSED_ON = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")
PASSED_ON_PREFIXES = ("XDG_", "HOMEPORT_")


@dataclass(frozen=True)
class Planes:
    """Addresses and process ids of the running planes."""

    control_url: str
    data_url: str
    pids: Mapping[str, int]


@contextlib.contextmanager
def locked(home: Home) -> Iterator[None]:
    """Hold the home for one `up`, `down` or `apply`; a second one is refused with the first one's process id."""
    create(home)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(lock.held_alone(home.lock))
        except lock.Held as held:
            raise HomeportError(
                f"{home.path}: another homeport (process {held.holder}) is working on this platform",
                "stop it with Ctrl-C there, or: homeport down (`homeport up --detach` leaves room for the next `up`)",
            ) from None
        yield


def holder(home: Home) -> int | None:
    """Process id of the homeport that holds the lock, if any."""
    return lock.holder(home.lock)


def create(home: Home) -> None:
    """Make the home's folder and token, private to this user where nobody else needs to look."""
    home.path.mkdir(parents=True, exist_ok=True)
    if not home.token.exists():
        descriptor = os.open(home.token, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))


def find_planes(home: Home) -> Planes | None:
    """The running planes, or None unless both run."""
    control, data = find_url(home, "control"), find_url(home, "data")
    if control is None or data is None:
        return None
    return Planes(control, data, {plane: _pid(home, plane) for plane in ("control", "data")})


def start_planes(home: Home, *, dies_with_us: bool, progress: Callable[[str], None] = lambda _: None) -> Planes:
    """Start whatever does not run yet, and wait until both planes answer. Call with the lock held.

    Both start side by side: most of it is imports, and the data plane waits for the other one's address by itself.
    """
    if find_url(home, "data") is None:
        ledger.sweep(home)
    started: dict[str, int] = {}
    try:
        for plane in PLANES:
            if find_url(home, plane) is None:
                progress(f"starting the {plane} plane")
                with interrupts.held():  # until we know whom to stop
                    started[plane] = _start(home, plane, dies_with_us)
        for plane, child in started.items():
            _wait_ready(home, plane, child)
    except BaseException:
        for plane, child in reversed(started.items()):
            process.stop(child, timeout_seconds=STOP_TIMEOUT_SECONDS[plane])
        raise
    if (planes := find_planes(home)) is None:
        raise HomeportError("a plane stopped right after its start", f"see the logs in {home.log}; then: homeport up")
    return planes


def stop_planes(home: Home, progress: Callable[[str], None] = lambda _: None) -> bool:
    """Stop both planes in order, also those that are only starting, then whatever they left. True if anything ran."""
    stopped = False
    for plane in reversed(PLANES):
        if (pid := lock.holder(home.lock_of(plane))) is not None:
            progress(f"stopping the {plane} plane")
            stopped = True
            process.stop(pid, timeout_seconds=STOP_TIMEOUT_SECONDS[plane])
        (home.path / f"{plane}.json").unlink(missing_ok=True)
    ledger.sweep(home)
    return stopped


def _start(home: Home, plane: str, dies_with_us: bool) -> int:
    """Its process id; the address of an earlier one is gone by then."""
    (home.path / f"{plane}.json").unlink(missing_ok=True)
    command = [sys.executable, "-m", f"homeport.local.{plane}", "--home", str(home.path)]
    if plane == "control":  # its address is in Terraform's state (queue URLs), so it has to stay the same
        command += ["--port", str(Ports(home).of("homeport:control"))]
    return process.start(command, log=_log(home, plane), environment=_environment(), dies_with_us=dies_with_us)


def _wait_ready(home: Home, plane: str, child: int) -> None:
    log = _log(home, plane)
    deadline = time.monotonic() + READY_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if find_url(home, plane):
            return
        if (code := process.exit_code(child)) is not None:
            raise _stopped(plane, code, log)
        time.sleep(0.02)
    raise HomeportError(f"the {plane} plane is not ready after {READY_TIMEOUT_SECONDS:.0f} s", f"see {log}")


def _log(home: Home, plane: str) -> Path:
    return home.log / f"{plane}.log"


def _environment() -> dict[str, str]:
    """What the planes may know of the user's environment: no AWS profile, key or proxy among it."""
    return {
        key: value for key, value in os.environ.items() if key in PASSED_ON or key.startswith(PASSED_ON_PREFIXES)
    } | {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}


def _pid(home: Home, plane: str) -> int:
    return int(json.loads((home.path / f"{plane}.json").read_text())["pid"])


def _stopped(plane: str, code: int, log: Path) -> HomeportError:
    """The plane's own words, if its last ones are of the kind that a user can act on; else the end of its log."""
    lines = log.read_text(errors="replace").splitlines()[-LAST_LINES:]
    _, is_there, own = "\n".join(["", *lines]).rpartition("\nerror: ")
    if not is_there:
        return HomeportError("\n".join([f"the {plane} plane stopped at start (exit {code}):", *lines]), f"see {log}")
    message, _, hint = own.partition("\n\nhint: ")
    return HomeportError(f"the {plane} plane stopped at start: {message.strip()}", hint.strip() or f"see {log}")
