"""`manage.py check --deploy` in the project's own environment → findings. The only place where a project's code runs.

It gets a minute, a megabyte of output, an empty home folder and none of the user's variables but PATH and language:
no credentials of AWS, Heroku or a database can be read from it, so settings must be importable without them.
"""

import os
import re
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from homeport.doctor.finding import Finding, Severity

RULE = "django-check"
SECONDS_MAX = 60.0
BYTES_MAX = 1_000_000
PASSED_ON = re.compile(r"^(PATH|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR)$")
LINE = re.compile(r"^(.{1,200}?): \(([\w.]+)\) (.+)$")
HEADING = re.compile(r"^(CRITICALS|ERRORS|WARNINGS|INFOS):$")
CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
WHY = "Django's own checks for a deployment say so."


@dataclass(frozen=True)
class Ran:
    """What the command said, and how it ended: its exit code, or None if it was stopped."""

    output: str
    code: int | None


def run_checks(
    folder: Path, python: Path | None, settings: str | None = None, *, seconds: float = SECONDS_MAX
) -> tuple[Finding, ...]:
    """Findings of Django's own checks; one that says so if they could not run."""
    manage = _find_manage(folder)
    if manage is None:
        return (_failed("manage.py", "there is no manage.py to run checks with", "name the folder that holds it"),)
    place = manage.relative_to(folder).as_posix()
    interpreter = python or find_python(folder, manage.parent)
    if interpreter is None:
        todo = "make one (`python -m venv .venv`, then install the requirements), or name one with --python"
        return (_failed(place, "the project has no environment of its own to run checks in", todo),)
    with tempfile.TemporaryDirectory(prefix="homeport-") as home:
        environment = clean_environment(os.environ, Path(home), settings)
        ran = _run([str(interpreter), "-B", manage.name, "check", "--deploy"], manage.parent, environment, seconds)
    return parse_checks(ran, place)


def find_python(folder: Path, beside: Path) -> Path | None:
    """The interpreter of the project's virtual environment."""
    places = [at / name / "bin" / "python" for at in (beside, folder) for name in (".venv", "venv", "env")]
    return next((path.absolute() for path in places if path.exists()), None)


def clean_environment(own: Mapping[str, str], home: Path, settings: str | None = None) -> dict[str, str]:
    """Only what a program needs to start; a SECRET_KEY that means nothing."""
    passed = {name: value for name, value in own.items() if PASSED_ON.match(name)}
    named = {"DJANGO_SETTINGS_MODULE": settings} if settings else {}
    return {
        **passed,
        **named,
        "HOME": str(home),
        "SECRET_KEY": "only-while-checking-0123456789-abcdefghijklmnopqrstuvwxyz",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def parse_checks(ran: Ran, place: str) -> tuple[Finding, ...]:
    """What `manage.py check` printed → findings; a failure to run becomes one finding."""
    if ran.code is None:
        todo = f"it has {SECONDS_MAX:.0f} seconds and {BYTES_MAX:,} bytes; run `manage.py check --deploy` yourself"
        return (_failed(place, "the checks did not come to an end", todo),)
    severity: Severity = "warning"
    found: list[Finding] = []
    for line in ran.output.splitlines():
        if heading := HEADING.match(line):
            severity = "error" if heading[1] in ("CRITICALS", "ERRORS") else "warning"
        elif said := LINE.match(line):
            subject = "" if said[1] == "?" else f"{said[1]}: "
            title = f"{said[2]}: {subject}{CREDENTIALS.sub('***@', said[3])}"
            found.append(Finding(RULE, place, 0, 0, severity, title, WHY, _hint(said[2])))
    if found or ran.code == 0:
        return tuple(found)
    if re.search(r"No module named '?django\b|Couldn't import Django", ran.output):
        todo = "install the requirements into it, or name another interpreter with --python"
        return (_failed(place, "the project's environment cannot import Django", todo),)
    last = CREDENTIALS.sub("***@", (ran.output.strip().splitlines() or ["it said nothing"])[-1])[:300]
    todo = "checks run without the user's variables: give settings defaults that a build can do with"
    return (_failed(place, f"the checks could not run: {last}", todo),)


def _hint(identifier: str) -> str:
    return f"https://docs.djangoproject.com/en/stable/ref/checks/ explains {identifier}"


def _failed(place: str, title: str, todo: str) -> Finding:
    return Finding(RULE, place, 0, 0, "warning", title, "Without them, only what can be read is judged.", todo)


def _find_manage(folder: Path) -> Path | None:
    """manage.py at a depth of at most three folders, as Heroku's buildpack looks for it."""
    for pattern in ("manage.py", "*/manage.py", "*/*/manage.py"):
        found = sorted(path for path in folder.glob(pattern) if not path.parent.name.startswith("."))
        if found:
            return found[0]
    return None


def _run(command: list[str], folder: Path, environment: Mapping[str, str], seconds: float) -> Ran:
    try:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return Ran(f"{command[0]} cannot be started: {error.strerror}", 127)
    with child:
        output = _read_bounded(child, seconds)
        if output is None:
            _kill(child)
        return Ran((output or b"").decode(errors="replace"), None if output is None else child.wait())


def _read_bounded(child: subprocess.Popen[bytes], seconds: float) -> bytes | None:
    """All that it says until it closes its output; None if that takes too long or is too much."""
    assert child.stdout is not None
    deadline = time.monotonic() + seconds
    chunks: list[bytes] = []
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while sum(map(len, chunks)) <= BYTES_MAX:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                return None
            chunk = os.read(child.stdout.fileno(), 65_536)
            if not chunk:
                return b"".join(chunks)
            chunks.append(chunk)
    return None


def _kill(child: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
