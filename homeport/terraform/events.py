"""Terraform's machine-readable output → events that a progress display understands.

https://developer.hashicorp.com/terraform/internals/machine-readable-ui
"""

import json
from dataclasses import dataclass
from typing import Any, Literal

State = Literal["reading", "planned", "running", "done", "failed", "note"]
DETAIL_LINES_MAX = 12
_HOOKS: dict[str, State] = {
    "refresh_start": "reading",
    "apply_start": "running",
    "apply_progress": "running",
    "apply_complete": "done",
    "apply_errored": "failed",
}


@dataclass(frozen=True)
class Event:
    """Something happened to one resource of a stack; or, with no address, to the stack (`text` says what)."""

    stack: str
    state: State
    address: str = ""
    action: str = ""
    elapsed_seconds: float = 0.0
    text: str = ""


@dataclass(frozen=True)
class Change:
    """What a plan would do to one resource: create, update, replace, delete, read, …"""

    address: str
    action: str


@dataclass(frozen=True)
class Diagnostic:
    """What Terraform says is wrong, and where."""

    severity: str
    summary: str
    detail: str = ""
    address: str = ""
    place: str = ""

    def in_words(self) -> str:
        """`where: what`, and the cause below it; never longer than a screen."""
        where = " ".join(filter(None, [self.address, f"({self.place})" if self.place else ""]))
        lines = [line for line in self.detail.strip().splitlines() if line.strip()]
        if len(lines) > DETAIL_LINES_MAX:
            lines = [*lines[: DETAIL_LINES_MAX - 4], "…", *lines[-3:]]
        first = f"{where}: {self.summary}" if where else self.summary
        return "\n".join([first, *(f"  {line}" for line in lines)])


Message = Event | Change | Diagnostic


def read_message(stack: str, line: str) -> Message | None:
    """What a line of output says; None if it is of no interest. A line that is not JSON is a note."""
    try:
        message = json.loads(line)
    except ValueError:
        return Event(stack, "note", text=line.strip()) if line.strip() else None
    if not isinstance(message, dict):
        return None
    kind = message.get("type")
    if kind == "diagnostic":
        return _read_diagnostic(message.get("diagnostic", {}))
    if kind == "planned_change":
        change = message["change"]
        return Change(change["resource"]["addr"], change["action"])
    if kind in _HOOKS:
        hook = message["hook"]
        action = hook.get("action", "read")
        return Event(stack, _HOOKS[kind], hook["resource"]["addr"], action, float(hook.get("elapsed_seconds", 0)))
    return None


def _read_diagnostic(found: dict[str, Any]) -> Diagnostic:
    where = found.get("range") or {}
    place = f"{where['filename']}:{where['start']['line']}" if where.get("filename") else ""
    return Diagnostic(
        found.get("severity", "error"),
        found.get("summary", ""),
        found.get("detail", ""),
        found.get("address", ""),
        place,
    )
