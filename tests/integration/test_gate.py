"""The gate: what Homeport emits, and more, is real Terraform that the local account takes, shows and forgets exactly.

Two trees at once, on one control plane: `gate/`, which holds every type of resource, and the live tree of MagicBook.
Each is applied, planned, changed, planned; then the control plane is stopped and started; each is planned again, and
destroyed. A plan must find no changes every time. It happens once, for all tests here (about five minutes, most of
which are waits built into the AWS provider).
"""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from homeport.local.account import control_url, local_environment
from homeport.local.home import Home
from homeport.model import names
from homeport.model.load import load_platform
from homeport.terraform import run
from homeport.terraform.live import render_live_tree, write_live_tree
from homeport.terraform.mirror import prepare_providers
from homeport.terraform.run import Stack, stacks_of
from homeport.terraform.tool import Tool, find_tool
from tests.integration.control_plane import ACCOUNT, REGION, Control
from tests.provider import one_provider

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
GATE = Path(__file__).with_name("gate")
EXAMPLE = ROOT / "examples" / "magicbook"
FIRST_DAY = "local: {api: {domains: [api.magicbook.example]}}"
SECOND_DAY = """local:
    services:
      catalog:
        domains: [api.magicbook.example, "*.magicbook.example"]
        processes: {web: {cpu: 512, memory_mb: 1024, scale: {min: 2, max: 8}}}
        architecture: arm64
        schedules: {outbox: {schedule: cron(0 3 * * ? *), timezone: Europe/Berlin, enabled: false}}
    functions:
      quote: {memory_mb: 1024, architecture: arm64}
    caches:
      shelf-cache: {replicas: 1}
"""
STEPS = ("apply", "plan", "change", "plan after the change", "plan after a restart", "destroy")
# What AWS, too, goes on showing when it is deleted; a database's final snapshot is what outlives it.
SHOWN = ("natgateway/", "cluster/", "service/", "task-definition/", "key/", "snapshot:")


@dataclass
class Tree:
    """Stacks that stand on each other, and what was seen of them: step → differences, or the error."""

    stacks: dict[Stack, Tool]
    change: Callable[[], None]
    seen: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def first_days(self) -> None:
        self.do("apply", self.apply)
        self.do("plan", self.plan)
        self.do("change", lambda: (self.change(), self.apply())[1])
        self.do("plan after the change", self.plan)

    def last_day(self) -> None:
        self.do("plan after a restart", self.plan)
        self.do("destroy", self.destroy)

    def do(self, step: str, work: Callable[[], str]) -> None:
        """Nothing is done any more after something went wrong, but a destroy is always tried."""
        if "failed" in self.seen.values() and step != "destroy":
            self.seen[step] = "not reached"
            return
        began = time.monotonic()
        try:
            self.seen[step] = work()
        except Exception as error:
            self.seen[step] = "failed"
            self.seen[f"{step}: error"] = f"{error}\n{getattr(error, 'hint', '')}"
        self.seconds[step] = time.monotonic() - began

    def apply(self) -> str:
        for stack, tool in self.stacks.items():
            run.init(tool, stack, ignore)
            run.apply(tool, run.plan(tool, stack, ignore), ignore)
        return ""

    def plan(self) -> str:
        """What Terraform would do; nothing, if all is well."""
        found = []
        for stack, tool in self.stacks.items():
            planned = run.plan(tool, stack, ignore)
            if not planned.is_empty:
                differences = run.read_plan(tool, planned)
                found += [f"{stack.name}: {one}" for one in differences or ("Terraform does not call the plan empty",)]
        return "\n".join(found)

    def destroy(self) -> str:
        """What the state still holds when all is destroyed."""
        left = []
        for stack, tool in reversed(self.stacks.items()):
            run.init(tool, stack, ignore)
            run.apply(tool, run.plan(tool, stack, ignore, destroy=True), ignore)
            resources = run.read_state(tool, stack).get("resources", [])
            left += [f"{stack.name}: {resource['type']}" for resource in resources if resource["mode"] == "managed"]
        return "\n".join(left)


@dataclass
class Gate:
    """What is left to look at when all of it has happened."""

    trees: dict[str, Tree]
    left: list[str]
    log: str
    memory_mb: int


def ignore(_: object) -> None:
    """Nobody listens to Terraform's events here."""


@pytest.fixture(scope="module")
def gate() -> Iterator[Gate]:
    if not (shutil.which("terraform") or shutil.which("tofu")):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("neither terraform nor tofu is installed")
    folder = Path(tempfile.mkdtemp(prefix="homeport-gate-"))
    control = Control(Home(folder / "home"))
    control.home.path.mkdir()
    control.home.token.write_text("token-of-the-gate")
    control.start()
    try:
        with ExitStack() as providers:
            trees = {
                "gate": _gate_tree(control, folder, providers),
                "magicbook": _live_tree(control, folder, providers),
            }
            _at_once(tree.first_days for tree in trees.values())
            control.restart()
            _at_once(tree.last_day for tree in trees.values())
        yield Gate(trees, _left_over(control), control.log(), control.memory_mb())
    finally:
        control.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _at_once(works: Iterator[Callable[[], None]]) -> None:
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(work) for work in works]:
            done.result()


def _tools(control: Control, folder: Path, providers: ExitStack, stacks: list[Stack]) -> dict[Stack, Tool]:
    """By stack the tool, each with a provider that runs until the end."""
    tool = find_tool(local_environment(control.home, REGION) | {"TF_IN_AUTOMATION": "1"})
    tool = prepare_providers(tool, folder, inherited=os.environ, isolated=True)
    found = {}
    for stack in stacks:
        own = Path(tempfile.mkdtemp(dir=folder))
        found[stack] = providers.enter_context(one_provider(tool, own, stack.folder))
    return found


def _gate_tree(control: Control, folder: Path, providers: ExitStack) -> Tree:
    root = folder / "gate"
    shutil.copytree(GATE, root)
    control.client("s3").create_bucket(Bucket="gate-state", CreateBucketConfiguration={"LocationConstraint": REGION})
    second_day = root / "second_day.auto.tfvars"
    tools = _tools(control, folder, providers, [Stack("gate", root)])
    return Tree(tools, lambda: _write(second_day, "changed = true\n"))


def _live_tree(control: Control, folder: Path, providers: ExitStack) -> Tree:
    file, live = folder / "magicbook" / "homeport.yml", folder / "live"
    shutil.copytree(EXAMPLE, file.parent, ignore=shutil.ignore_patterns("live", ".homeport", "__pycache__"))
    first_day = file.read_text()

    def write() -> None:
        url = control_url(control.home)
        write_live_tree(live, "local", render_live_tree(load_platform(file), "local", cognito_endpoint=url))

    def change() -> None:
        assert FIRST_DAY in first_day
        _write(file, re.sub(f"{re.escape(FIRST_DAY)}.*\n", SECOND_DAY, first_day))
        write()

    write()
    bucket = names.state_bucket("magicbook", "local", ACCOUNT)
    control.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    return Tree(_tools(control, folder, providers, stacks_of(live, "local")), change)


def _write(file: Path, text: str) -> None:
    file.write_text(text)


def _left_over(control: Control) -> list[str]:
    """What has a tag of ours, as every resource of both trees had; what runs; what others made for our resources."""
    pages = control.client("resourcegroupstaggingapi").get_paginator("get_resources").paginate()
    tagged = [item for page in pages for item in page["ResourceTagMappingList"]]
    ours = [item["ResourceARN"] for item in tagged if any(t["Key"].startswith("homeport:") for t in item["Tags"])]
    left = [arn for arn in ours if not arn.split(":", 5)[5].startswith(SHOWN)]
    interfaces = control.client("ec2").describe_network_interfaces()["NetworkInterfaces"]
    alarms = control.client("cloudwatch").describe_alarms()["MetricAlarms"]
    left += [item["NetworkInterfaceId"] for item in interfaces] + [item["AlarmArn"] for item in alarms]
    return [*left, *control.client("ecs").list_clusters()["clusterArns"], *control.feed()]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("tree", ["gate", "magicbook"])
def test_every_step_ends_as_it_should(gate: Gate, tree: str, step: str) -> None:
    found = gate.trees[tree]
    assert found.seen[step] == "", found.seen.get(f"{step}: error", found.seen[step])


def test_nothing_is_left_of_what_was_destroyed(gate: Gate) -> None:
    assert gate.left == []


def test_terraform_asked_for_nothing_that_the_local_account_does_not_have(gate: Gate) -> None:
    complaints = [line for line in gate.log.splitlines() if "not implemented" in line or "Traceback" in line]
    assert complaints == []


def test_the_control_plane_stays_small(gate: Gate) -> None:
    assert gate.memory_mb < 550  # of the 700 MB that both planes may have together
