"""Runs of schedules and rules → the AWS calls they make, as tables."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from homeport.local.data.context import Resource
from homeport.local.data.functions.schedule import Schedule, convert_rule, convert_schedule
from homeport.local.data.functions.target import Call, Run, convert_dead_letter, convert_run

AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ARN = "arn:aws:scheduler:eu-west-1:100000000001:schedule/default/nightly"
RULE_ARN = "arn:aws:events:eu-west-1:100000000001:rule/nightly"
FUNCTION = "arn:aws:lambda:eu-west-1:100000000001:function:clean:live"
QUEUE = "arn:aws:sqs:eu-west-1:100000000001:work"


def schedule(target: dict[str, Any], **state: Any) -> Schedule:
    state = {"Name": "nightly", "ScheduleExpression": "rate(1 day)", "Target": target, **state}
    return convert_schedule(Resource(ARN, "scheduler:schedule", "100000000001", "eu-west-1", state))


def rule(target: dict[str, Any]) -> Schedule:
    state = {"Name": "nightly", "ScheduleExpression": "rate(1 day)", "Targets": [target]}
    return convert_rule(Resource(RULE_ARN, "events:rule", "100000000001", "eu-west-1", state))


def call(schedule: Schedule, attempt: int = 1) -> Call:
    return convert_run(Run(schedule, schedule.targets[0], AT, "run-1", attempt))


def test_a_function_is_invoked_asynchronously_with_the_input() -> None:
    words = '"at": "<aws.scheduler.scheduled-time>", "by": "<aws.scheduler.schedule-arn>"'
    text = f'{{{words}, "n": <aws.scheduler.attempt-number>}}'
    made = call(schedule({"Arn": FUNCTION, "Input": text}), attempt=2)
    assert (made.service, made.method) == ("lambda", "invoke")
    assert made.arguments["FunctionName"] == FUNCTION
    assert made.arguments["InvocationType"] == "Event"
    assert json.loads(made.arguments["Payload"]) == {"at": "2026-03-01T09:00:00Z", "by": ARN, "n": 2}


@pytest.mark.parametrize(
    ("made", "source", "arn", "detail"),
    [(schedule({"Arn": FUNCTION}), "aws.scheduler", ARN, "{}"), (rule({"Arn": FUNCTION}), "aws.events", RULE_ARN, {})],
)
def test_without_input_the_event_is_that_of_aws(made: Schedule, source: str, arn: str, detail: Any) -> None:
    assert json.loads(call(made).arguments["Payload"]) == {
        "version": "0",
        "id": "run-1",
        "detail-type": "Scheduled Event",
        "source": source,
        "account": "100000000001",
        "time": "2026-03-01T09:00:00Z",
        "region": "eu-west-1",
        "resources": [arn],
        "detail": detail,
    }


def test_queues_topics_and_buses() -> None:
    group = {"SqsParameters": {"MessageGroupId": "g"}}
    assert call(schedule({"Arn": QUEUE, "Input": "hi", **group})) == Call(
        "sqs", "send_message", {"MessageBody": "hi", "MessageGroupId": "g"}, QUEUE
    )
    topic = "arn:aws:sns:eu-west-1:100000000001:news"
    assert call(rule({"Arn": topic, "Input": "hi"})) == Call("sns", "publish", {"TopicArn": topic, "Message": "hi"})
    bus = "arn:aws:events:eu-west-1:100000000001:event-bus/default"
    made = call(schedule({"Arn": bus, "Input": "{}", "EventBridgeParameters": {"DetailType": "d", "Source": "s"}}))
    assert made.arguments == {"Entries": [{"EventBusName": bus, "Detail": "{}", "DetailType": "d", "Source": "s"}]}


def test_a_task_runs_with_the_overrides_of_the_input() -> None:
    parameters = {
        "TaskDefinitionArn": "arn:aws:ecs:eu-west-1:100000000001:task-definition/clean:3",
        "TaskCount": 2,
        "LaunchType": "FARGATE",
        "EnableECSManagedTags": False,
        "PropagateTags": "",
        "Tags": [],
        "NetworkConfiguration": {"awsvpcConfiguration": {"Subnets": ["s-1"], "AssignPublicIp": "DISABLED"}},
    }
    overrides = {"containerOverrides": [{"name": "app", "command": ["clean"]}]}
    cluster = "arn:aws:ecs:eu-west-1:100000000001:cluster/main"
    made = call(schedule({"Arn": cluster, "EcsParameters": parameters, "Input": json.dumps(overrides)}))
    assert (made.service, made.method) == ("ecs", "run_task")
    assert made.arguments == {
        "cluster": cluster,
        "taskDefinition": parameters["TaskDefinitionArn"],
        "count": 2,
        "startedBy": "chronos-schedule/nightly",
        "launchType": "FARGATE",
        "enableECSManagedTags": False,
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["s-1"], "assignPublicIp": "DISABLED"}},
        "overrides": overrides,
    }


def test_a_universal_target_is_the_call_that_it_names() -> None:
    made = call(schedule({"Arn": "arn:aws:scheduler:::aws-sdk:sqs:purgeQueue", "Input": '{"QueueUrl": "u"}'}))
    assert made == Call("sqs", "purge_queue", {"QueueUrl": "u"})


def test_a_rules_input_path_picks_from_the_event() -> None:
    assert call(rule({"Arn": FUNCTION, "InputPath": "$.source"})).arguments["Payload"] == b'"aws.events"'
    assert call(rule({"Arn": FUNCTION, "InputPath": "$.detail.nothing"})).arguments["Payload"] == b"null"


@pytest.mark.parametrize(
    "target",
    [
        {"Arn": "arn:aws:kinesis:eu-west-1:100000000001:stream/s", "Input": "x"},
        {"Arn": "rubbish"},
        {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:purgeQueue", "Input": "no json"},
    ],
)
def test_targets_that_are_not_served_say_so(target: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        call(schedule(target))


def test_a_dead_letter_says_what_could_not_be_done() -> None:
    dead = schedule({"Arn": FUNCTION, "Input": "x", "DeadLetterConfig": {"Arn": QUEUE}})
    made = convert_dead_letter(Run(dead, dead.targets[0], AT, "run-1", 3), "Gone", "not there")
    assert made.queue_arn == QUEUE
    assert made.arguments["MessageBody"] == "x"
    attributes = {name: value["StringValue"] for name, value in made.arguments["MessageAttributes"].items()}
    assert attributes["ERROR_CODE"] == "Gone"
    assert attributes["RETRY_ATTEMPTS"] == "2"
    assert attributes["SCHEDULE_ARN"] == ARN
    assert attributes["TARGET_ARN"] == FUNCTION
