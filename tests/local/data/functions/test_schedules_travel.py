"""Schedules against a control plane's real queues, with a clock that tests set."""

import json
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from homeport.local.aws import client
from homeport.local.data.context import Resource
from homeport.local.data.functions.schedules import Schedules

pytestmark = pytest.mark.integration

BEGIN = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


class Stage:
    def __init__(self, kit: SimpleNamespace, control: str, tmp_path: Any) -> None:
        self.kit, self.now = kit, BEGIN
        self.aws = lambda service, account=kit.ACCOUNT, region=kit.REGION: client(service, control, account, region)
        self.sqs = self.aws("sqs")
        self.schedules = Schedules(kit.make_context(tmp_path, aws=self.aws), now=lambda: self.now)
        self.url, self.queue = self.make_queue()

    def make_queue(self) -> tuple[str, str]:
        name = f"s-{uuid.uuid4().hex[:8]}"
        url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        return url, f"arn:aws:sqs:{self.kit.REGION}:{self.kit.ACCOUNT}:{name}"

    def schedule(self, expression: str, target: dict[str, Any] | None = None, **state: Any) -> Resource:
        arn = f"arn:aws:scheduler:{self.kit.REGION}:{self.kit.ACCOUNT}:schedule/default/one"
        state = {
            "Name": "one",
            "GroupName": "default",
            "State": "ENABLED",
            "ScheduleExpression": expression,
            "CreationDate": BEGIN.timestamp(),
            "Target": {"Arn": self.queue, "Input": "ping", **(target or {})},
            **state,
        }
        return Resource(arn, "scheduler:schedule", self.kit.ACCOUNT, self.kit.REGION, state)

    def rule(self, expression: str | None, **state: Any) -> Resource:
        arn = f"arn:aws:events:{self.kit.REGION}:{self.kit.ACCOUNT}:rule/two"
        target = {"Id": "1", "Arn": self.queue, "Input": "pong"}
        state = {"Name": "two", "ScheduleExpression": expression, "Targets": [target], **state}
        return Resource(arn, "events:rule", self.kit.ACCOUNT, self.kit.REGION, state)

    async def follow(self, *resources: Resource) -> None:
        await self.schedules.reconcile(self.kit.world_of(*resources))

    async def move(self, **passed: float) -> None:
        """Lets time pass, and what is due run to its end."""
        self.now += timedelta(**passed)
        self.schedules.tick()
        await self.kit.until(lambda: not self.schedules._tasks)

    def taken(self, url: str = "") -> list[str]:
        bodies = []
        while messages := self.sqs.receive_message(QueueUrl=url or self.url, MaxNumberOfMessages=10).get("Messages"):
            bodies += [message["Body"] for message in messages]
        return bodies

    @property
    def detail(self) -> str:
        (live,) = self.schedules.live()
        return str(live.detail)


@pytest.fixture
async def stage(kit: SimpleNamespace, control: str, tmp_path: Any) -> AsyncIterator[Stage]:
    stage = Stage(kit, control, tmp_path)
    yield stage
    await stage.schedules.stop()


async def test_a_rate_runs_each_time_and_not_before(stage) -> None:
    await stage.follow(stage.schedule("rate(5 minutes)"))
    assert stage.detail == "rate(5 minutes) · next run 2026-03-01 09:05:00 UTC"
    await stage.move(minutes=4)
    assert stage.taken() == []
    await stage.move(minutes=1)
    assert stage.taken() == ["ping"]
    await stage.move(seconds=1)
    await stage.move(minutes=5)
    assert stage.taken() == ["ping"]


async def test_tick_says_how_long_until_the_next_run(stage) -> None:
    await stage.follow(stage.schedule("rate(5 minutes)"))
    stage.now += timedelta(minutes=1)
    assert stage.schedules.tick() == 240


async def test_missed_runs_are_not_made_up_for(stage) -> None:
    await stage.follow(stage.schedule("rate(5 minutes)"))
    await stage.move(minutes=62)
    assert stage.taken() == []
    await stage.move(minutes=3)
    assert stage.taken() == ["ping"]


async def test_a_cron_follows_its_time_zone(stage) -> None:
    zoned = stage.schedule("cron(0 11 * * ? *)", ScheduleExpressionTimezone="Europe/Berlin")
    await stage.follow(zoned)
    await stage.move(hours=1)
    assert stage.taken() == ["ping"]


async def test_one_time_schedules_run_once_and_delete_themselves_if_told(stage) -> None:
    name, scheduler = "one", stage.aws("scheduler")
    once = stage.schedule("at(2026-03-01T09:30:00)", ActionAfterCompletion="DELETE")
    target = {"Arn": stage.queue, "RoleArn": "arn:aws:iam::100000000001:role/r"}
    window = {"Mode": "OFF"}
    scheduler.create_schedule(Name=name, ScheduleExpression="rate(1 day)", Target=target, FlexibleTimeWindow=window)
    await stage.follow(once)
    await stage.move(minutes=30)
    assert stage.taken() == ["ping"]
    assert scheduler.list_schedules()["Schedules"] == []
    await stage.move(minutes=30)
    assert stage.taken() == []
    assert "no run to come" in stage.detail


async def test_start_and_end_are_kept(stage) -> None:
    within = {"StartDate": "2026-03-01T09:30:00+00:00", "EndDate": "2026-03-01T09:41:00"}
    await stage.follow(stage.schedule("rate(5 minutes)", **within))
    for _ in range(60):
        await stage.move(minutes=1)
    assert stage.taken() == ["ping"] * 3  # at 9:30, 9:35 and 9:40


async def test_a_disabled_schedule_does_not_run(stage) -> None:
    await stage.follow(stage.schedule("rate(5 minutes)", State="DISABLED"))
    await stage.move(minutes=5)
    assert (stage.taken(), stage.detail) == ([], "disabled")
    await stage.follow(stage.schedule("rate(5 minutes)"))
    await stage.move(minutes=5)
    assert stage.taken() == ["ping"]


async def test_a_removed_or_changed_schedule_is_followed(stage) -> None:
    await stage.follow(stage.schedule("rate(5 minutes)"))
    await stage.follow(stage.schedule("rate(1 minute)"))
    await stage.move(minutes=1)
    assert stage.taken() == ["ping"]
    await stage.follow()
    await stage.move(minutes=5)
    assert (stage.taken(), stage.schedules.live()) == ([], [])


async def test_the_same_world_again_changes_nothing(stage) -> None:
    for _ in range(5):
        await stage.follow(stage.schedule("rate(5 minutes)"))
        await stage.move(minutes=1)
    assert stage.taken() == ["ping"]


async def test_rules_with_a_schedule_run_and_others_do_not(stage) -> None:
    await stage.follow(stage.rule("rate(1 hour)"))
    await stage.move(minutes=60)
    assert stage.taken() == ["pong"]
    await stage.follow(stage.rule(None, EventPattern="{}"))
    assert stage.schedules.live() == []


async def test_a_target_that_is_not_there_goes_to_the_dead_letters(stage) -> None:
    dead_url, dead_arn = stage.make_queue()
    await stage.follow(
        stage.schedule("rate(5 minutes)", {"Arn": stage.queue + "x", "DeadLetterConfig": {"Arn": dead_arn}})
    )
    await stage.move(minutes=5)
    answer = stage.sqs.receive_message(QueueUrl=dead_url, MessageAttributeNames=["All"])
    (message,) = answer["Messages"]
    assert message["Body"] == "ping"
    assert "NonExistentQueue" in message["MessageAttributes"]["ERROR_CODE"]["StringValue"]


async def test_an_unreachable_target_is_tried_again_as_the_policy_says(stage) -> None:
    dead_url, dead_arn = stage.make_queue()
    target = {
        "Arn": "arn:aws:sns:eu-west-1:100000000001:t",
        "DeadLetterConfig": {"Arn": dead_arn},
        "RetryPolicy": {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 3600},
    }
    reachable = stage.aws
    stage.schedules._aws = lambda service, account, region: (
        client(service, "http://127.0.0.1:9", account, region) if service == "sns" else reachable(service)
    )
    await stage.follow(stage.schedule("rate(1 hour)", target))
    await stage.move(minutes=60)
    for _ in range(2):
        assert stage.taken(dead_url) == []
        await stage.move(seconds=5)
    answer = stage.sqs.receive_message(QueueUrl=dead_url, MessageAttributeNames=["All"])
    assert answer["Messages"][0]["MessageAttributes"]["RETRY_ATTEMPTS"]["StringValue"] == "2"


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"ScheduleExpression": "every day"}, "neither rate"),
        ({"ScheduleExpressionTimezone": "Mars/Olympus"}, "no time zone"),
        ({"Target": {}}, "Arn"),
    ],
)
async def test_a_schedule_that_means_nothing_says_so_and_disturbs_no_other(stage, state, reason) -> None:
    bad = stage.schedule("rate(5 minutes)", **state)
    await stage.follow(bad, stage.rule("rate(1 hour)"))
    broken, _ = stage.schedules.live()
    assert not broken.live and reason in broken.detail
    await stage.move(minutes=60)
    assert stage.taken() == ["pong"]


async def test_flexible_windows_are_noted(stage) -> None:
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    await stage.follow(stage.schedule("rate(5 minutes)", FlexibleTimeWindow=window))
    assert stage.detail.endswith("runs at the start of its flexible window")


async def test_a_task_is_run_through_the_api(stage) -> None:
    ecs = stage.aws("ecs")
    ecs.create_cluster(clusterName="main")
    container = {"name": "app", "image": "app:1", "memory": 128, "command": ["true"]}
    family = ecs.register_task_definition(
        family="clean", containerDefinitions=[container], requiresCompatibilities=["FARGATE"], networkMode="awsvpc"
    )
    ec2 = stage.aws("ec2")
    network = {
        "Subnets": [ec2.describe_subnets()["Subnets"][0]["SubnetId"]],
        "SecurityGroups": [ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]],
    }
    target = {
        "Arn": "arn:aws:ecs:eu-west-1:100000000001:cluster/main",
        "Input": json.dumps({"containerOverrides": [{"name": "app", "command": ["false"]}]}),
        "EcsParameters": {
            "TaskDefinitionArn": family["taskDefinition"]["taskDefinitionArn"],
            "LaunchType": "FARGATE",
            "NetworkConfiguration": {"awsvpcConfiguration": network},
        },
    }
    await stage.follow(stage.schedule("rate(5 minutes)", target))
    await stage.move(minutes=5)
    (task,) = ecs.list_tasks(cluster="main")["taskArns"]
    (described,) = ecs.describe_tasks(cluster="main", tasks=[task])["tasks"]
    assert described["overrides"]["containerOverrides"][0]["command"] == ["false"]


async def test_a_task_is_started_with_the_newest_release_and_its_end_is_told(stage) -> None:
    ecs, family = stage.aws("ecs"), f"tidy-{uuid.uuid4().hex[:8]}"
    cluster = ecs.create_cluster(clusterName=family)["cluster"]["clusterArn"]
    without_revision = f"arn:aws:ecs:{stage.kit.REGION}:{stage.kit.ACCOUNT}:task-definition/{family}"
    parameters = {"TaskDefinitionArn": without_revision, "LaunchType": "FARGATE"}
    daily = stage.schedule("rate(1 day)", {"Arn": cluster, "Input": None, "EcsParameters": parameters})
    await stage.follow(daily)
    await stage.move(days=1)
    assert stage.detail.endswith("describe task definition.")
    assert "run of 2026-03-02 09:00:00 UTC was not made: " in stage.detail
    assert ecs.list_tasks(cluster=cluster)["taskArns"] == []
    for _ in range(2):
        ecs.register_task_definition(family=family, containerDefinitions=[{"name": "c", "image": "i", "memory": 128}])
    await stage.move(days=1)
    (arn,) = ecs.list_tasks(cluster=cluster)["taskArns"]
    (task,) = ecs.describe_tasks(cluster=cluster, tasks=[arn])["tasks"]
    assert task["taskDefinitionArn"] == f"{without_revision}:2"
    assert task["startedBy"] == "chronos-schedule/one"
    ended = {"lastStatus": "STOPPED", "containers": [{"exitCode": 1}], "createdAt": stage.now.isoformat()}
    await stage.follow(daily, Resource(arn, "ecs:task", stage.kit.ACCOUNT, stage.kit.REGION, task | ended))
    assert stage.detail.endswith("run of 2026-03-03 09:00:00 UTC failed with exit code 1")
