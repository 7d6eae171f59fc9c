"""Both planes as processes: functions declared, called and fed through boto3 only, as Terraform and services do it."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from homeport.local.aws import client

pytestmark = pytest.mark.integration

SOURCE = """
import json, boto3, os
def handler(event, context):
    print("got", json.dumps(event, sort_keys=True))
    if event == {"who": "me"}:
        return {"account": boto3.client("sts").get_caller_identity()["Account"]}
    if event == {"fail": True}:
        raise ValueError("as asked")
    return "ok"
"""
ROLE = "arn:aws:iam::100000000001:role/function"


class Planes:
    def __init__(self, kit: SimpleNamespace, home: Any) -> None:
        self.kit, self.home = kit, home
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        (home / "token").write_text("token")

    def start(self, plane: str) -> None:
        address = self.home / f"{plane}.json"
        address.unlink(missing_ok=True)
        command = [sys.executable, "-m", f"homeport.local.{plane}", "--home", str(self.home)]
        with (self.home / f"{plane}.log").open("ab") as log:
            self.running[plane] = subprocess.Popen(command, stderr=log, stdout=log)
        self.until(address.exists)

    def end(self, plane: str, number: int = signal.SIGTERM) -> None:
        process = self.running.pop(plane)
        process.send_signal(number)
        process.wait(40)

    def aws(self, service: str) -> Any:
        url = json.loads((self.home / "control.json").read_text())["url"]
        return client(service, url, self.kit.ACCOUNT, self.kit.REGION)

    def printed(self, name: str) -> list[Any]:
        """Events that the function printed, from CloudWatch Logs."""
        try:
            events = self.aws("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        except Exception:
            return []
        lines = [event["message"] for event in events]
        return [json.loads(line.removeprefix("got ")) for line in lines if line.startswith("got ")]

    def until(self, condition: Callable[[], Any], seconds: float = 40) -> Any:
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < deadline, (self.home / "data.log").read_text()[-3000:]
            time.sleep(0.05)
        return found


@pytest.fixture(scope="module")
def planes(kit: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planes]:
    planes = Planes(kit, tmp_path_factory.mktemp("planes"))
    planes.start("control")
    try:
        planes.start("data")
        yield planes
    finally:
        for plane in list(planes.running)[::-1]:
            planes.end(plane)


@pytest.fixture
def function(planes: Planes, kit: SimpleNamespace, request: pytest.FixtureRequest) -> str:
    """Name of a deployed function with the alias `live`, one for each test."""
    name = request.node.name.removeprefix("test_")[:60]
    lambda_ = planes.aws("lambda")
    iam = planes.aws("iam")
    if not any(role["RoleName"] == "function" for role in iam.list_roles()["Roles"]):
        iam.create_role(RoleName="function", AssumeRolePolicyDocument="{}")
    lambda_.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=ROLE,
        Handler="app.handler",
        Code={"ZipFile": kit.zipped({"app.py": SOURCE})},
        Publish=True,
    )
    lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return name


def test_a_function_is_invoked_and_acts_in_its_own_account(planes, function) -> None:
    answer = planes.aws("lambda").invoke(
        FunctionName=function, Qualifier="live", Payload=b'{"who": "me"}', LogType="Tail"
    )
    assert json.loads(answer["Payload"].read()) == {"account": "100000000001"}
    assert answer["ExecutedVersion"] == "1"
    assert b"REPORT RequestId" in base64.b64decode(answer["LogResult"])
    assert "FunctionError" not in answer


def test_a_failure_is_told_as_aws_does(planes, function) -> None:
    answer = planes.aws("lambda").invoke(FunctionName=function, Payload=b'{"fail": true}')
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.loads(answer["Payload"].read())["errorMessage"] == "as asked"


def test_an_asynchronous_invocation_is_made(planes, function) -> None:
    answer = planes.aws("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b'{"later": 1}')
    assert answer["StatusCode"] == 202
    planes.until(lambda: {"later": 1} in planes.printed(function))


def test_a_new_release_answers_after_the_alias_moved(planes, function, kit) -> None:
    lambda_ = planes.aws("lambda")
    code = kit.zipped({"app.py": "def handler(event, context): return 'second'"})
    version = lambda_.update_function_code(FunctionName=function, ZipFile=code, Publish=True)["Version"]
    lambda_.update_alias(FunctionName=function, Name="live", FunctionVersion=version)

    def answer() -> Any:
        return json.loads(lambda_.invoke(FunctionName=function, Qualifier="live")["Payload"].read())

    planes.until(lambda: answer() == "second", seconds=5)


def test_a_queue_feeds_a_function(planes, function) -> None:
    sqs, lambda_ = planes.aws("sqs"), planes.aws("lambda")
    url = sqs.create_queue(QueueName="fed")["QueueUrl"]
    lambda_.create_event_source_mapping(
        EventSourceArn="arn:aws:sqs:eu-west-1:100000000001:fed", FunctionName=f"{function}:live", BatchSize=5
    )
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    (event,) = planes.until(lambda: planes.printed(function))
    assert event["Records"][0]["body"] == "hello"
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    planes.until(
        lambda: set(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()) == {"0"}
    )


def test_a_topic_reaches_a_function(planes, function, kit) -> None:
    sns = planes.aws("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=f"{kit.arn_of(function)}:live")
    sns.publish(TopicArn=topic, Message="extra", Subject="s")
    (event,) = planes.until(lambda: planes.printed(function))
    assert event["Records"][0]["Sns"]["Message"] == "extra"


def test_a_schedule_reaches_a_function(planes, function, kit) -> None:
    at = datetime.now(UTC) + timedelta(seconds=3)
    planes.aws("scheduler").create_schedule(
        Name=function,
        ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": kit.arn_of(function), "RoleArn": ROLE, "Input": '{"scheduled": true}'},
        ActionAfterCompletion="DELETE",
    )
    planes.until(lambda: {"scheduled": True} in planes.printed(function))
    planes.until(lambda: planes.aws("scheduler").list_schedules()["Schedules"] == [])


def test_kill_9_of_the_data_plane_is_recovered_from(planes, function) -> None:
    lambda_ = planes.aws("lambda")
    lambda_.invoke(FunctionName=function)
    planes.end("data", signal.SIGKILL)
    lambda_.invoke(FunctionName=function, InvocationType="Event", Payload=b'{"meanwhile": 1}')
    planes.start("data")
    # A poll of the killed one may have leased it: then it is offered again when that lease of a minute ends.
    planes.until(lambda: {"meanwhile": 1} in planes.printed(function), seconds=90)
    assert json.loads(lambda_.invoke(FunctionName=function)["Payload"].read()) == "ok"


def test_nothing_is_left_of_a_stopped_data_plane(planes, function) -> None:
    planes.aws("lambda").invoke(FunctionName=function)
    pids = [int(path.stem) for path in (planes.home / "ledger").glob("*.json")]
    assert pids
    begun = time.monotonic()
    planes.end("data")
    assert time.monotonic() - begun < 10
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)  # noqa: PTH110
    planes.start("data")
