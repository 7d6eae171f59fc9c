"""Runs Terraform in the folders of the live tree: init → plan → apply what was planned.

Each step tells what happens through events, and raises HomeportError with Terraform's own diagnosis. What a step that
died has left (a lock, a state that could not be written) is cleared by the next one, which says so; see recovery.py.
"""

import fcntl
import hashlib
import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from homeport.errors import HomeportError
from homeport.system.logged import run_logged
from homeport.terraform import recovery
from homeport.terraform.differences import Difference, read_differences
from homeport.terraform.events import Change, Diagnostic, Event, Message, read_message
from homeport.terraform.roots import STACKS
from homeport.terraform.tool import Tool

Listen = Callable[[Event], None]
CHANGED = 2  # exit code of `plan -detailed-exitcode`
NO_REGISTRY = "put the provider into a mirror folder, or let this machine reach the registry"
HINTS = {
    "no space left on device": "free some disk space, then run the same command again",
    "No valid credential sources": "log in to AWS, then run the same command again",
    "ExpiredToken": "log in to AWS again, then run the same command again",
    "Failed to query available provider packages": NO_REGISTRY,
    "Failed to install provider": NO_REGISTRY,
    "Failed to resolve provider packages": NO_REGISTRY,
    "no matching Route 53 Hosted Zone found": "`zones` are hosted zones of this account: for DNS elsewhere, none",
    "account ID not allowed": "these credentials belong to another account than homeport.yml names",
}


@dataclass(frozen=True)
class Stack:
    """One root of the live tree."""

    name: str
    folder: Path

    @property
    def own(self) -> Path:
        """Terraform's working folder, where Homeport keeps what it has to remember too."""
        return self.folder / ".terraform"


@dataclass(frozen=True)
class Plan:
    """What would be done to a stack, and the file that does exactly that."""

    stack: Stack
    file: Path
    changes: tuple[Change, ...]
    is_empty: bool


@dataclass
class _Heard:
    """What a run has said so far."""

    changes: list[Change] = field(default_factory=list)
    wrong: list[Diagnostic] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


def stacks_of(live: Path, environment: str) -> list[Stack]:
    """The stacks of an environment, in the order in which they are applied."""
    return [Stack(name, live / environment / name) for name in STACKS]


def init(tool: Tool, stack: Stack, listen: Listen) -> None:
    """Fetch what the stack needs; does nothing if nothing that matters for it has changed since the last time."""
    done, digest = stack.own / "homeport.init", _digest_for_init(tool, stack)
    if done.is_file() and done.read_text() == digest:
        return
    listen(Event(stack.name, "note", text="initialising"))
    _run(tool, stack, ["init", "-reconfigure"], listen)
    done.write_text(digest)


def plan(tool: Tool, stack: Stack, listen: Listen, *, destroy: bool = False, only: Sequence[str] = ()) -> Plan:
    """What would have to be done, to the modules `only` if there are any. The file is readable by its owner alone."""
    file = stack.own / "homeport.tfplan"
    file.unlink(missing_ok=True)
    arguments = ["plan", "-detailed-exitcode", f"-out={file}"]
    arguments += ["-destroy"] if destroy else []
    arguments += [f"-target={address}" for address in only]
    code, heard = _run(tool, stack, arguments, listen, expected=(0, CHANGED))
    if file.exists():
        file.chmod(0o600)
    return Plan(stack, file, tuple(heard.changes), is_empty=code == 0)


def read_plan(tool: Tool, planned: Plan) -> list[Difference]:
    """The plan attribute by attribute."""
    return read_differences(json.loads(_read(tool, planned.stack, ["show", "-json", "-no-color", str(planned.file)])))


def apply(tool: Tool, planned: Plan, listen: Listen) -> None:
    """Do what the plan says and nothing else. Terraform refuses a plan that the state has overtaken."""
    try:
        _run(tool, planned.stack, ["apply", str(planned.file)], listen)
    finally:
        planned.file.unlink(missing_ok=True)


def apply_unasked(tool: Tool, stack: Stack, listen: Listen) -> None:
    """Plan and apply in one run: for the account on this machine, where nobody has to agree."""
    _run(tool, stack, ["apply", "-auto-approve"], listen)


def read_state(tool: Tool, stack: Stack) -> dict[str, Any]:
    """The stack's state as Terraform keeps it; empty if nothing was ever applied. Needs `init`."""
    text = _read(tool, stack, ["state", "pull"])
    state: dict[str, Any] = json.loads(text) if text.strip() else {}
    return state


def read_outputs(tool: Tool, stack: Stack) -> dict[str, Any]:
    """Outputs of a stack by name; empty if nothing was ever applied. Needs `init`."""
    return {name: output["value"] for name, output in read_state(tool, stack).get("outputs", {}).items()}


def _run(
    tool: Tool, stack: Stack, arguments: list[str], listen: Listen, expected: tuple[int, ...] = (0,)
) -> tuple[int, _Heard]:
    """Run a command that speaks JSON; if a run that died holds the lock, take it away and run once more."""
    with _alone(stack):
        dead = recovery.find_dead_run(stack.own)
        if arguments[0] != "init" and recovery.push_errored_state(tool, stack.folder):
            listen(Event(stack.name, "note", text="pushed the state that the last run could not write"))
        code, heard = _listen_to(tool, stack, arguments, listen)
        if code not in expected and (lock := recovery.find_dead_lock(heard.wrong, dead)):
            recovery.unlock(tool, stack.folder, lock)
            listen(
                Event(
                    stack.name, "note", text=f"removed the lock of a run that died ({lock.operation}, {lock.created})"
                )
            )
            code, heard = _listen_to(tool, stack, arguments, listen)
    if code not in expected:
        raise _failure(stack, arguments[0], heard, code)
    return code, heard


@contextmanager
def _alone(stack: Stack) -> Iterator[None]:
    """One run per folder at a time."""
    stack.own.mkdir(parents=True, exist_ok=True)
    with (stack.own / "homeport.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HomeportError(f"{stack.folder}: another homeport is working on this stack", "wait for it") from None
        try:
            yield
        finally:
            fcntl.flock(
                file, fcntl.LOCK_UN
            )  # a child of another thread may still hold the file, until it runs its program


def _listen_to(tool: Tool, stack: Stack, arguments: list[str], listen: Listen) -> tuple[int, _Heard]:
    heard = _Heard()

    name = arguments[0]
    is_told = name == "apply" and "-auto-approve" not in arguments  # an apply of a plan tells the plan once more

    def on_line(line: str) -> None:
        message = read_message(stack.name, line)
        if not (is_told and isinstance(message, Change)):
            _hear(stack.name, message, heard, listen)

    begun = datetime.now(UTC)
    finished = run_logged(
        [str(tool.program), name, "-json", "-no-color", "-input=false", *arguments[1:]],
        folder=stack.folder,
        environment=tool.environment,
        log=stack.own / f"homeport.{name}.log",
        on_line=on_line,
        on_start=lambda pid: recovery.record_run(stack.own, pid, begun),
    )
    if finished.code >= 0:  # ended by itself, so it has let go of its lock
        recovery.forget_run(stack.own)
    if finished.interrupted:
        raise KeyboardInterrupt
    return finished.code, heard


def _hear(stack: str, message: Message | None, heard: _Heard, listen: Listen) -> None:
    match message:
        case Event(state="note", text=text):
            heard.said.append(text)
        case Event():
            listen(message)
        case Change(action="no-op"):
            pass
        case Change():
            heard.changes.append(message)
            listen(Event(stack, "planned", message.address, message.action))
        case Diagnostic(severity="error"):
            heard.wrong.append(message)


def _failure(stack: Stack, command: str, heard: _Heard, code: int) -> HomeportError:
    causes = [diagnostic.in_words() for diagnostic in heard.wrong] or heard.said[-5:]
    if not causes:
        causes = [f"terraform {command} was killed (signal {-code})" if code < 0 else f"exit code {code}"]
    text = "\n".join(f"{stack.name}: {cause}" for cause in dict.fromkeys(causes))
    if lock := recovery.find_lock(heard.wrong):
        return recovery.locked_error(stack.name, stack.folder, lock)
    hint = next((hint for cause, hint in HINTS.items() if cause.lower() in text.lower()), "")
    return HomeportError(
        text, hint or f"what was done is kept; mend the cause and run it again ({stack.own}/homeport.{command}.log)"
    )


def _read(tool: Tool, stack: Stack, arguments: list[str]) -> str:
    answer = subprocess.run(
        [str(tool.program), *arguments],
        cwd=stack.folder,
        env=dict(tool.environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        cause = "\n".join(answer.stderr.strip().splitlines()[-8:])
        raise HomeportError(f"{stack.name}: {' '.join(arguments)}: {cause}")
    return answer.stdout


def _digest_for_init(tool: Tool, stack: Stack) -> str:
    """Everything that `init` looks at: the root, the modules' demands, the program, and where providers come from."""
    modules = stack.folder.parent.parent / "modules"
    files = [*stack.folder.glob("*.tf"), *stack.folder.glob("*.tf.json"), *modules.glob("*/versions.tf")]
    digest = hashlib.sha256(f"{tool.program} {tool.version} {tool.environment.get('TF_CLI_CONFIG_FILE')}\n".encode())
    for file in sorted(files):
        digest.update(f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
