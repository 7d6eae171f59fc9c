"""Terraform is run as it should be: events, plans, failures, Ctrl-C, and what a killed run leaves.

The stacks hold `terraform_data` only, which is built into Terraform; their state is in the real control plane's S3.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from homeport.errors import HomeportError
from homeport.local.aws import access_key
from homeport.terraform import recovery, run
from homeport.terraform.events import Change, Event
from homeport.terraform.state_bucket import ensure_state_bucket
from homeport.terraform.tool import Tool

pytestmark = pytest.mark.integration

ACCOUNT, BUCKET, REGION = "100000000001", "states-100000000001", "eu-west-1"
ROOT = """
terraform {{
  backend "s3" {{
    bucket         = "{bucket}"
    key            = "{key}"
    region         = "{region}"
    use_lockfile   = true
    use_path_style = true
  }}
}}

resource "terraform_data" "first" {{
  input = "{value}"
}}
"""
SLOW = """
resource "terraform_data" "slow" {
  provisioner "local-exec" {
    command = "echo started > started; while [ ! -e go ]; do sleep 0.1; done"
  }
}
"""
FAILS = """
resource "terraform_data" "fails" {
  provisioner "local-exec" {
    command = "echo the cause of it >&2; exit 3"
  }
}
"""


@pytest.fixture
def local_tool(tool: Tool, control_url: str) -> Tool:
    keys = {"AWS_ACCESS_KEY_ID": access_key(ACCOUNT), "AWS_SECRET_ACCESS_KEY": "local"}
    endpoint = {"AWS_ENDPOINT_URL": control_url, "AWS_EC2_METADATA_DISABLED": "true"}
    return Tool(tool.program, tool.version, {**tool.environment, **keys, **endpoint})


@pytest.fixture
def stack(tmp_path: Path, control_url: str) -> run.Stack:
    keys = {"aws_access_key_id": access_key(ACCOUNT), "aws_secret_access_key": "local"}
    ensure_state_bucket(boto3.client("s3", endpoint_url=control_url, region_name=REGION, **keys), BUCKET, REGION)
    folder = tmp_path / "test" / "apps"
    folder.mkdir(parents=True)
    write_root(folder)
    return run.Stack("apps", folder)


def write_root(folder: Path, more: str = "", value: str = "one") -> None:
    key = f"{folder.parent.parent.name}/apps.tfstate"
    (folder / "main.tf").write_text(ROOT.format(bucket=BUCKET, key=key, region=REGION, value=value) + more)


def apply_all(tool: Tool, stack: run.Stack, listen: run.Listen = lambda event: None) -> run.Plan:
    run.init(tool, stack, listen)
    planned = run.plan(tool, stack, listen)
    run.apply(tool, planned, listen)
    return planned


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def test_a_plan_is_told_applied_and_then_empty(local_tool: Tool, stack: run.Stack) -> None:
    heard: list[Event] = []
    planned = apply_all(local_tool, stack, heard.append)
    assert planned.changes == (Change("terraform_data.first", "create"),)
    assert [(e.state, e.action) for e in heard if e.address == "terraform_data.first"] == [
        ("planned", "create"),
        ("running", "create"),
        ("done", "create"),
    ]
    assert not planned.file.exists()
    assert run.plan(local_tool, stack, heard.append).is_empty
    assert run.read_state(local_tool, stack)["resources"][0]["name"] == "first"


def test_without_asking_the_plan_is_told_and_applied_in_one_run(local_tool: Tool, stack: run.Stack) -> None:
    heard: list[Event] = []
    run.init(local_tool, stack, heard.append)
    run.apply_unasked(local_tool, stack, heard.append)
    told = ["planned", "running", "done"]
    assert [e.state for e in heard if (e.address, e.action) == ("terraform_data.first", "create")] == told
    assert run.read_state(local_tool, stack)["resources"][0]["name"] == "first"
    run.apply_unasked(local_tool, stack, heard.append)
    assert [e.state for e in heard if (e.address, e.action) == ("terraform_data.first", "create")] == told


def test_init_runs_again_only_when_something_changed(local_tool: Tool, stack: run.Stack) -> None:
    heard: list[Event] = []
    run.init(local_tool, stack, heard.append)
    assert [event.text for event in heard] == ["initialising"]
    run.init(local_tool, stack, heard.append)
    assert len(heard) == 1
    write_root(stack.folder, value="two")
    run.init(local_tool, stack, heard.append)
    assert len(heard) == 2


def test_a_failure_says_what_where_and_why(local_tool: Tool, stack: run.Stack) -> None:
    write_root(stack.folder, FAILS)
    with pytest.raises(HomeportError) as caught:
        apply_all(local_tool, stack)
    message = caught.value.message
    assert "apps: terraform_data.fails (main.tf:" in message
    assert "local-exec provisioner error" in message and "the cause of it" in message
    assert len(message.splitlines()) < 15


def test_a_mistake_in_a_file_is_told_with_its_line(local_tool: Tool, stack: run.Stack) -> None:
    write_root(stack.folder, 'output "x" { value = local.nowhere }\n')
    with pytest.raises(HomeportError, match=r"\(main\.tf:\d+\): Reference to undeclared local value"):
        apply_all(local_tool, stack)


def test_a_plan_that_the_state_has_overtaken_is_refused(local_tool: Tool, stack: run.Stack) -> None:
    run.init(local_tool, stack, print)
    planned = run.plan(local_tool, stack, lambda event: None)
    kept = planned.file.with_name("kept.tfplan")
    planned.file.rename(kept)
    apply_all(local_tool, stack)
    with pytest.raises(HomeportError, match="Saved plan is stale"):
        run.apply(local_tool, run.Plan(stack, kept, planned.changes, False), lambda event: None)


def test_ctrl_c_lets_terraform_write_its_state(local_tool: Tool, stack: run.Stack) -> None:
    write_root(stack.folder, SLOW)

    def interrupt() -> None:
        wait_for((stack.folder / "started").exists)
        os.kill(os.getpid(), signal.SIGINT)
        (stack.folder / "go").touch()

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        apply_all(local_tool, stack)
    thread.join()
    names = {resource["name"] for resource in run.read_state(local_tool, stack)["resources"]}
    assert "first" in names
    assert recovery.find_dead_run(stack.own) is None
    again = run.plan(local_tool, stack, lambda event: None).changes
    assert {change.address for change in again} <= {"terraform_data.slow"}  # what was done is known


def test_the_lock_of_a_run_that_was_killed_is_removed_with_a_word(local_tool: Tool, stack: run.Stack) -> None:
    write_root(stack.folder, SLOW)

    def kill() -> None:
        wait_for((stack.folder / "started").exists)
        record = (stack.own / recovery.RECORD).read_text()
        os.kill(int(record.partition('"pid": ')[2].partition(",")[0]), signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    with pytest.raises(HomeportError, match="was killed"):
        apply_all(local_tool, stack)
    thread.join()
    (stack.folder / "go").touch()
    heard: list[Event] = []
    apply_all(local_tool, stack, heard.append)
    assert any("removed the lock of a run that died" in event.text for event in heard)


def test_a_lock_of_somebody_else_is_left_alone(local_tool: Tool, stack: run.Stack, control_url: str) -> None:
    apply_all(local_tool, stack)
    keys = {"aws_access_key_id": access_key(ACCOUNT), "aws_secret_access_key": "local"}
    s3 = boto3.client("s3", endpoint_url=control_url, region_name=REGION, **keys)
    key = f"{stack.folder.parent.parent.name}/apps.tfstate.tflock"
    lock = b'{"ID":"0b1c","Operation":"OperationTypeApply","Who":"ada@elsewhere","Created":"2026-01-31T12:00:00Z"}'
    s3.put_object(Bucket=BUCKET, Key=key, Body=lock)
    with pytest.raises(HomeportError, match="apps: the state is locked by ada@elsewhere") as caught:
        run.plan(local_tool, stack, lambda event: None)
    assert "force-unlock 0b1c" in caught.value.hint
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == lock


def test_a_state_that_could_not_be_written_is_pushed_before_anything_else(local_tool: Tool, stack: run.Stack) -> None:
    apply_all(local_tool, stack)
    state = run._read(local_tool, stack, ["state", "pull"])
    serial = run.read_state(local_tool, stack)["serial"]
    newer = state.replace(f'"serial": {serial}', f'"serial": {serial + 1}').replace('"one"', '"pushed"')
    (stack.folder / recovery.ERRORED).write_text(newer)
    heard: list[Event] = []
    planned = run.plan(local_tool, stack, heard.append)
    assert any("pushed the state" in event.text for event in heard)
    assert not (stack.folder / recovery.ERRORED).exists()
    assert '"pushed"' in run._read(local_tool, stack, ["state", "pull"])
    assert planned.changes == (Change("terraform_data.first", "update"),)


def test_two_at_once_are_refused(local_tool: Tool, stack: run.Stack) -> None:
    run.init(local_tool, stack, lambda event: None)
    with run._alone(stack), pytest.raises(HomeportError, match="another homeport is working on this stack"):
        run.plan(local_tool, stack, lambda event: None)


def test_destroy_is_planned_and_leaves_nothing(local_tool: Tool, stack: run.Stack) -> None:
    apply_all(local_tool, stack)
    planned = run.plan(local_tool, stack, lambda event: None, destroy=True)
    (difference,) = run.read_plan(local_tool, planned)
    assert (difference.address, difference.action) == ("terraform_data.first", "destroy")
    run.apply(local_tool, planned, lambda event: None)
    assert not run.read_state(local_tool, stack).get("resources")
