"""Terraform that does not come from Homeport runs too: the planes know AWS, and nothing of Homeport.

`foreign/` is applied to an account that only has an image in ECR; what is declared there answers, logs, listens,
scales and goes. The tests build on each other, as days do.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from homeport.deploy.bundle import build_bundle
from homeport.deploy.image import push_image
from homeport.local import aws, session
from homeport.local.account import MANAGEMENT_ACCOUNT, NO_TLS, local_environment
from homeport.local.home import Home
from homeport.local.inventory import read_live
from homeport.terraform.mirror import prepare_providers
from homeport.terraform.tool import Tool, find_tool
from tests.integration.conftest import need
from tests.provider import one_provider

pytestmark = pytest.mark.integration

FOREIGN = Path(__file__).with_name("foreign")
REGION = "us-east-1"
WAIT_SECONDS = 30


@dataclass(frozen=True)
class Foreign:
    """The configuration, applied."""

    home: Home
    planes: session.Planes
    folder: Path
    tool: Tool

    def aws(self, service: str) -> Any:
        return aws.client(service, self.planes.control_url, MANAGEMENT_ACCOUNT, REGION)

    def terraform(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.tool.program), *arguments],
            cwd=self.folder,
            env=dict(self.tool.environment),
            capture_output=True,
            text=True,
            timeout=300,
        )

    def check_plan(self, exit_code: int) -> None:
        """Plan; 0: there is nothing to do, 2: there are changes."""
        done = self.terraform("plan", "-detailed-exitcode", "-input=false", "-no-color")
        assert done.returncode == exit_code, done.stdout + done.stderr

    def output(self, name: str) -> str:
        return self.terraform("output", "-raw", name).stdout

    def live(self, kind: str) -> list[dict[str, Any]]:
        return [thing for thing in read_live(self.home) if thing["type"] == kind]

    def feed(self) -> list[dict[str, Any]]:
        """All that the data plane is told of."""
        headers = {"Authorization": f"Bearer {self.home.token.read_text()}"}
        answer = httpx.get(
            f"{self.planes.control_url}/_homeport/feed?after=0", headers=headers, trust_env=False, verify=NO_TLS
        )
        resources: list[dict[str, Any]] = answer.json()["resources"]
        return resources


@pytest.fixture(scope="module")
def foreign() -> Iterator[Foreign]:
    need("terraform")
    root = Path(tempfile.mkdtemp(prefix="homeport-foreign-"))
    root.chmod(0o755)  # an unprivileged PostgreSQL would have to pass
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEPORT_HOME", str(root))
        home = Home(root / "account")
        with session.locked(home):
            planes = session.start_planes(home, dies_with_us=True)
            try:
                with _tool(home, root / "provider") as tool:
                    yield _applied(home, planes, root, tool)
            finally:
                session.stop_planes(home)
                shutil.rmtree(root, ignore_errors=True)


@contextmanager
def _tool(home: Home, folder: Path) -> Iterator[Tool]:
    folder.mkdir()
    tool = find_tool(local_environment(home, REGION) | {"TF_IN_AUTOMATION": "1"})
    with one_provider(prepare_providers(tool, folder, inherited=os.environ, isolated=True), folder) as tool:
        yield tool


def _applied(home: Home, planes: session.Planes, root: Path, tool: Tool) -> Foreign:
    folder = root / "terraform"
    shutil.copytree(FOREIGN, folder, ignore=shutil.ignore_patterns("__pycache__"))
    foreign = Foreign(home, planes, folder, tool)
    variables = {"image": _image(foreign), "function_zip": str(_function_zip(folder))}
    (folder / "terraform.tfvars.json").write_text(json.dumps(variables))
    for command in (["init"], ["apply", "-auto-approve"]):
        done = foreign.terraform(*command, "-input=false", "-no-color")
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return foreign


def _image(foreign: Foreign) -> str:
    foreign.home.bundles.mkdir(parents=True)
    bundle = build_bundle(FOREIGN / "hello", "3.11", foreign.home.bundles)
    foreign.aws("ecr").create_repository(repositoryName="somebody/hello")
    return push_image(foreign.aws("ecr"), "somebody/hello", bundle.digest).reference


def _function_zip(folder: Path) -> Path:
    archive = folder / "echo.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(FOREIGN / "echo.py", "echo.py")
    return archive


@pytest.fixture
def front(foreign: Foreign) -> Iterator[httpx.Client]:
    """The load balancer's listener."""
    listener = next(one for one in foreign.live("elbv2:listener") if one["arn"] == foreign.output("listener"))
    with httpx.Client(base_url=listener["address"], trust_env=False, timeout=35) as client:
        yield client


def eventually(look: Callable[[], Any], what: str) -> Any:
    """The first true answer of `look`; fails saying what was waited for."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    pytest.fail(f"{what}: not within {WAIT_SECONDS} s")


def greeters(front: httpx.Client) -> set[int]:
    """Process ids of those who answer."""
    answers = [front.get("/hello/you") for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}
    return {int(answer.text.rpartition(" ")[2]) for answer in answers}


def test_the_secret_s_key_arrives_in_the_container(front: httpx.Client) -> None:
    """Its tasks start after the apply, as they do on AWS: until then the listener has nobody to ask."""
    eventually(lambda: front.get("/hello").status_code != 503, "the first task to answer")
    assert front.get("/hello").text.startswith("moin from ")


def test_both_tasks_answer_through_the_listener(front: httpx.Client) -> None:
    eventually(lambda: len(greeters(front)) == 2, "both tasks to answer")


def test_what_no_rule_takes_gets_the_fixed_response(front: httpx.Client) -> None:
    answer = front.get("/elsewhere")
    assert (answer.status_code, answer.text) == (404, "nothing here")


def test_each_task_logs_to_a_stream_of_its_own(foreign: Foreign) -> None:
    def messages() -> list[str]:
        found = foreign.aws("logs").filter_log_events(logGroupName="hello-logs", logStreamNamePrefix="hello/hello/")
        return [e["logStreamName"] for e in found["events"] if e["message"] == "hello is listening"]

    assert eventually(lambda: len(set(messages())) == 2, "a line of each task")


def test_the_stage_s_path_leads_to_the_function_with_payload_1_0(foreign: Foreign) -> None:
    endpoint = foreign.aws("apigatewayv2").get_apis()["Items"][0]["ApiEndpoint"]
    answer = httpx.post(f"{endpoint}/v1/some/where", trust_env=False, timeout=35)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"path": "/v1/some/where", "method": "POST"}
    assert httpx.get(f"{endpoint}/some/where", trust_env=False).status_code == 404  # there is no $default stage


def test_a_published_message_reaches_the_function_which_keeps_it(foreign: Foreign) -> None:
    s3 = foreign.aws("s3")
    foreign.aws("sns").publish(TopicArn=foreign.output("topic"), Message="read all about it")

    def kept() -> bytes | None:
        try:
            return bytes(s3.get_object(Bucket="kept-by-echo", Key="message")["Body"].read())
        except s3.exceptions.NoSuchKey:
            return None

    assert eventually(kept, "the message") == b"read all about it"
    s3.delete_object(Bucket="kept-by-echo", Key="message")


def test_a_second_plan_finds_nothing_to_do(foreign: Foreign) -> None:
    foreign.check_plan(0)


def test_scaled_in_one_task_ends_and_the_other_goes_on(foreign: Foreign, front: httpx.Client) -> None:
    before = greeters(front)
    main = foreign.folder / "main.tf"
    main.write_text(main.read_text().replace("desired_count         = 2", "desired_count         = 1"))
    foreign.check_plan(2)
    done = foreign.terraform("apply", "-auto-approve", "-input=false", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr
    left = eventually(lambda: len(alive := {pid for pid in before if is_alive(pid)}) == 1 and alive, "one task ends")
    assert greeters(front) == left
    foreign.check_plan(0)


def test_destroyed_it_leaves_no_process_and_no_resource(foreign: Foreign) -> None:
    assert children(foreign.planes.pids["data"]), "tasks and functions are children of the data plane"
    done = foreign.terraform("destroy", "-auto-approve", "-input=false", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr
    eventually(lambda: not children(foreign.planes.pids["data"]), "all processes end")
    assert read_live(foreign.home) == []
    tasks = [one for one in foreign.feed() if one["type"] == "ecs:task"]
    assert tasks, "stopped tasks stay listed"
    eventually(
        lambda: {task["state"]["lastStatus"] for task in foreign.feed() if task["type"] == "ecs:task"} <= {"STOPPED"},
        "all tasks are told to be stopped",
    )
    left = {(one["type"], name_of(one)) for one in foreign.feed() if one["type"] != "ecs:task"}
    assert left == {  # neither is Terraform's: the image was there before, and Lambda makes its log group itself
        ("ecr:image", "somebody/hello"),
        ("logs:log-group", "/aws/lambda/echo"),
    }
    assert foreign.terraform("state", "list").stdout == ""


def name_of(resource: dict[str, Any]) -> str:
    state = resource["state"]
    return str(state.get("repositoryName") or state.get("logGroupName") or resource["arn"])


def is_alive(pid: int) -> bool:
    return parent_of(pid) is not None


def children(pid: int) -> set[int]:
    """Children, of any depth: nobody in a chain whose end is `pid` is a zombie."""
    parents = {int(path.name): parent_of(int(path.name)) for path in Path("/proc").glob("[0-9]*")}
    found: set[int] = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def parent_of(pid: int) -> int | None:
    """None if there is no such process, or only its zombie."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return None
    return None if state == "Z" else int(parent)
