"""Locks and states of runs that died: ours are cleared, others' are not touched."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.terraform import recovery, run
from homeport.terraform.events import Diagnostic
from homeport.terraform.tool import Tool

DETAIL = """Error message: operation error S3: PutObject, https response error StatusCode: 412
Lock Info:
  ID:        0b1c-22
  Path:      shop-prod-terraform-1/apps/terraform.tfstate
  Operation: OperationTypeApply
  Who:       {who}
  Version:   1.11.4
  Created:   {created}
  Info:

Terraform acquires a state lock to protect the state from being written
by multiple users at the same time."""


def locked(who: str, created: datetime) -> list[Diagnostic]:
    detail = DETAIL.format(who=who, created=created.strftime("%Y-%m-%d %H:%M:%S.%f123 +0000 UTC"))
    return [Diagnostic("error", "Something else"), Diagnostic("error", recovery.LOCK_SUMMARY, detail)]


def dead_run(own: Path) -> recovery.Run:
    """The record of a process that was really started, and killed."""
    own.mkdir(exist_ok=True)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    recovery.record_run(own, child.pid, datetime.now(UTC))
    child.kill()
    child.wait()
    assert child.stdin
    child.stdin.close()
    run = recovery.find_dead_run(own)
    assert run is not None
    return run


def test_who_holds_the_lock_is_read_from_what_terraform_says() -> None:
    lock = recovery.find_lock(locked("ada@host", datetime(2026, 1, 2, 3, 4, 5, 6, UTC)))
    assert lock is not None
    assert (lock.id, lock.operation, lock.who) == ("0b1c-22", "OperationTypeApply", "ada@host")
    assert recovery.find_lock([Diagnostic("error", "Something else")]) is None


def test_the_lock_of_our_own_dead_run_is_found(tmp_path: Path) -> None:
    run = dead_run(tmp_path / "own")
    assert recovery.find_dead_lock(locked(run.who, run.begun + timedelta(seconds=1)), run) is not None


def test_a_lock_that_may_be_anothers_is_left_alone(tmp_path: Path) -> None:
    run = dead_run(tmp_path / "own")
    later = run.begun + timedelta(seconds=1)
    assert recovery.find_dead_lock(locked("somebody@else", later), run) is None
    assert recovery.find_dead_lock(locked(run.who, run.begun - timedelta(seconds=1)), run) is None
    assert recovery.find_dead_lock(locked(run.who, later), None) is None
    assert recovery.find_dead_lock([], run) is None
    unreadable = [Diagnostic("error", recovery.LOCK_SUMMARY, DETAIL.format(who=run.who, created="yesterday"))]
    assert recovery.find_dead_lock(unreadable, run) is None


def test_a_run_that_still_lives_is_waited_for(tmp_path: Path) -> None:
    recovery.record_run(tmp_path, os.getpid(), datetime.now(UTC))
    with pytest.raises(HomeportError, match=f"an earlier run \\(process {os.getpid()}\\) is still finishing"):
        recovery.find_dead_run(tmp_path)


def test_a_lock_that_was_taken_before_the_run_was_remembered_is_not_older_than_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked, program = tmp_path / "locked", tmp_path / "terraform"
    program.write_text(
        f"#!{sys.executable}\nimport datetime, os, pathlib, signal\n"
        f"file = pathlib.Path({str(locked) + '.new'!r})\n"
        "file.write_text(datetime.datetime.now(datetime.UTC).isoformat())\n"
        f"file.rename({str(locked)!r})\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    program.chmod(0o755)

    def look_late(pid: int) -> str:
        while not locked.exists():
            time.sleep(0.01)
        return "long ago"

    monkeypatch.setattr(recovery, "_started", look_late)
    stack = run.Stack("apps", tmp_path)
    with pytest.raises(HomeportError, match="was killed"):
        run.init(Tool(program, "1.11.4", {}), stack, lambda event: None)
    monkeypatch.undo()
    dead = recovery.find_dead_run(stack.own)
    assert dead is not None
    assert dead.begun <= datetime.fromisoformat(locked.read_text())


def test_a_process_id_that_is_used_again_is_not_taken_for_the_run(tmp_path: Path) -> None:
    run = dead_run(tmp_path)
    record = json.loads((tmp_path / recovery.RECORD).read_text())
    earlier = "Thu Jan  1 00:00:00 1970"  # our process may have started in the second in which the dead one did
    (tmp_path / recovery.RECORD).write_text(json.dumps(record | {"pid": os.getpid(), "started": earlier}))
    assert recovery.find_dead_run(tmp_path) == replace(run, pid=os.getpid(), started=earlier)


def test_a_run_that_ended_by_itself_is_forgotten(tmp_path: Path) -> None:
    recovery.record_run(tmp_path, os.getpid(), datetime.now(UTC))
    recovery.forget_run(tmp_path)
    assert recovery.find_dead_run(tmp_path) is None


@pytest.mark.parametrize("record", ["", "{", "[]", '{"pid": "x"}', "\x00"])
def test_a_broken_record_is_none(tmp_path: Path, record: str) -> None:
    (tmp_path / recovery.RECORD).write_text(record)
    assert recovery.find_dead_run(tmp_path) is None


def test_a_state_locked_by_another_names_holder_and_way_out() -> None:
    lock = recovery.Lock("0b1c-22", "OperationTypeApply", "ada@host", "2026-01-02")
    error = recovery.locked_error("apps", Path("/live/prod/apps"), lock)
    assert error.message == "apps: the state is locked by ada@host since 2026-01-02 (OperationTypeApply)"
    assert error.hint.endswith("terraform -chdir=/live/prod/apps force-unlock 0b1c-22")
