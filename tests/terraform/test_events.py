"""Lines of Terraform's machine-readable output → events."""

import json
from typing import Any

import pytest

from homeport.terraform.events import Change, Diagnostic, Event, read_message

ADDRESS = "module.network.aws_vpc.this"


def line(type_: str, **fields: Any) -> str:
    return json.dumps({"@level": "info", "@message": "…", "type": type_, **fields})


@pytest.mark.parametrize(
    ("type_", "state"),
    [
        ("refresh_start", "reading"),
        ("apply_start", "running"),
        ("apply_progress", "running"),
        ("apply_complete", "done"),
        ("apply_errored", "failed"),
    ],
)
def test_what_happens_to_a_resource_is_an_event(type_: str, state: str) -> None:
    hook = {"resource": {"addr": ADDRESS}, "action": "create", "elapsed_seconds": 3}
    event = read_message("foundation", line(type_, hook=hook))
    assert event == Event("foundation", state, ADDRESS, "create", 3.0)  # type: ignore[arg-type]


def test_a_planned_change_names_resource_and_action() -> None:
    change = {"resource": {"addr": ADDRESS}, "action": "replace"}
    assert read_message("apps", line("planned_change", change=change)) == Change(ADDRESS, "replace")


def test_a_diagnostic_says_where_and_why() -> None:
    found = {
        "severity": "error",
        "summary": "creating VPC",
        "detail": "VpcLimitExceeded\n\nThe maximum number of VPCs has been reached.",
        "address": ADDRESS,
        "range": {"filename": "main.tf", "start": {"line": 17}},
    }
    diagnostic = read_message("foundation", line("diagnostic", diagnostic=found))
    assert isinstance(diagnostic, Diagnostic)
    assert diagnostic.in_words() == (
        f"{ADDRESS} (main.tf:17): creating VPC\n  VpcLimitExceeded\n  The maximum number of VPCs has been reached."
    )


def test_a_long_cause_keeps_its_beginning_and_its_end() -> None:
    words = Diagnostic("error", "s", "\n".join(f"line {n}" for n in range(500))).in_words().splitlines()
    assert len(words) == 13
    assert words[1].strip() == "line 0" and words[-1].strip() == "line 499"


def test_a_line_that_is_not_json_is_a_note() -> None:
    assert read_message("apps", "panic: oh no") == Event("apps", "note", text="panic: oh no")


@pytest.mark.parametrize("text", ["", "   ", "[]", "3", "null", line("version"), line("outputs", outputs={})])
def test_what_nobody_needs_is_left_out(text: str) -> None:
    assert read_message("apps", text) is None
