"""A run of a schedule → the AWS call that it makes. Pure, but for `perform`, which makes it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore import xform_name

from homeport.local.data.functions.runs import started_by
from homeport.local.data.functions.schedule import Schedule, Target

UNIVERSAL = re.compile(r"arn:aws[\w-]*:scheduler:::aws-sdk:(?P<service>[\w-]+):(?P<action>\w+)")
ECS_OPTIONS = (
    "LaunchType", "PlatformVersion", "Group", "CapacityProviderStrategy", "EnableECSManagedTags",
    "EnableExecuteCommand", "PlacementConstraints", "PlacementStrategy", "PropagateTags", "ReferenceId", "Tags",
)  # fmt: skip


@dataclass(frozen=True)
class Run:
    """One time that a schedule calls one of its targets."""

    schedule: Schedule
    target: Target
    scheduled: datetime
    execution_id: str
    attempt: int = 1


@dataclass(frozen=True)
class Call:
    """A boto3 call; `queue_arn` stands for its QueueUrl, which only SQS itself can tell."""

    service: str
    method: str
    arguments: Mapping[str, Any]
    queue_arn: str | None = None


def convert_run(run: Run) -> Call:
    """The call of a run; ValueError for a target that is not served here."""
    arn, state = run.target.arn, run.target.state
    if match := UNIVERSAL.fullmatch(arn):
        action = match["action"]
        return Call(match["service"], xform_name(action[:1].upper() + action[1:]), json.loads(payload_of(run)))
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    if service == "ecs":
        return Call("ecs", "run_task", _run_task(run, _overrides(state.get("Input"))))
    payload = payload_of(run)
    if service == "lambda":
        return Call(service, "invoke", {"FunctionName": arn, "InvocationType": "Event", "Payload": payload.encode()})
    if service == "sns":
        return Call(service, "publish", {"TopicArn": arn, "Message": payload})
    if service == "sqs":
        group = (state.get("SqsParameters") or {}).get("MessageGroupId")
        return Call(
            service, "send_message", {"MessageBody": payload, **({"MessageGroupId": group} if group else {})}, arn
        )
    if service == "events" and (parameters := state.get("EventBridgeParameters")):
        entry = {"EventBusName": arn, "Detail": payload, **_only(parameters, "DetailType", "Source")}
        return Call(service, "put_events", {"Entries": [entry]})
    raise ValueError(f"{arn}: this kind of target is declared only")


def convert_dead_letter(run: Run, error_code: str, error_message: str) -> Call:
    """What goes to the dead-letter queue of a run that could not be made."""
    owner = "RULE_ARN" if run.schedule.is_rule else "SCHEDULE_ARN"
    attributes = {
        "ERROR_CODE": error_code,
        "ERROR_MESSAGE": error_message[:1000],
        "EXECUTION_ID": run.execution_id,
        "RETRY_ATTEMPTS": str(run.attempt - 1),
        "SCHEDULED_TIME": _stamp(run.scheduled),
        "TARGET_ARN": run.target.arn,
        owner: run.schedule.arn,
    }
    texts = {name: {"DataType": "String", "StringValue": value or "-"} for name, value in attributes.items()}
    arguments = {"MessageBody": payload_of(run), "MessageAttributes": texts}
    return Call("sqs", "send_message", arguments, run.target.dead_letter_arn)


def payload_of(run: Run) -> str:
    """What the target gets."""
    state = run.target.state
    if run.schedule.is_rule:
        return _rule_payload(run)
    text = str(state.get("Input") or json.dumps(_event(run, "aws.scheduler", "{}")))
    keywords = {
        "schedule-arn": run.schedule.arn,
        "scheduled-time": _stamp(run.scheduled),
        "execution-id": run.execution_id,
        "attempt-number": str(run.attempt),
    }
    for name, value in keywords.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def perform(run: Run, call: Call, client_of: Callable[[str, str, str], Any]) -> None:
    """Makes the call (blocking), in the account of the schedule and the region of what it calls."""
    region = run.target.arn.split(":")[3] or run.schedule.region
    client = client_of(call.service, run.schedule.account, region)
    arguments = dict(call.arguments)
    if call.queue_arn:
        account, name = call.queue_arn.split(":")[4:6]
        answer = client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)
        arguments["QueueUrl"] = answer["QueueUrl"]
    answer = getattr(client, call.method)(**arguments)
    if failures := answer.get("failures"):  # RunTask answers 200 when it could not place a task
        raise RuntimeError(f"RunTask: {failures[0].get('reason', failures[0])}")


def _rule_payload(run: Run) -> str:
    state = run.target.state
    if state.get("InputTransformer"):
        raise ValueError(f"{run.target.arn}: InputTransformer is declared only")
    if state.get("Input"):
        return str(state["Input"])
    value: Any = _event(run, "aws.events", {})
    for name in [part for part in str(state.get("InputPath") or "$").split(".")[1:] if part]:
        value = value.get(name) if isinstance(value, Mapping) else None
    return json.dumps(value)


def _event(run: Run, source: str, detail: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "id": run.execution_id,
        "detail-type": "Scheduled Event",
        "source": source,
        "account": run.schedule.account,
        "time": _stamp(run.scheduled),
        "region": run.schedule.region,
        "resources": [run.schedule.arn],
        "detail": detail,
    }


def _run_task(run: Run, overrides: Any) -> dict[str, Any]:
    state = run.target.state
    parameters = state.get("EcsParameters") or {}
    arguments: dict[str, Any] = {
        "cluster": state["Arn"],
        "taskDefinition": parameters["TaskDefinitionArn"],
        "count": int(parameters.get("TaskCount") or 1),
        "startedBy": started_by(run.schedule),
    }
    for name in ECS_OPTIONS:
        if (value := parameters.get(name)) not in (None, "", []):
            arguments[_lower_first(name)] = _lower_keys(value)
    if network := parameters.get("NetworkConfiguration"):
        arguments["networkConfiguration"] = _lower_keys(network)
    if overrides:
        arguments["overrides"] = overrides
    return arguments


def _overrides(text: Any) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError as error:
        raise ValueError(f"Input: {error}: RunTask takes a JSON object of overrides") from error


def _only(state: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: state[name] for name in names if name in state}


def _lower_keys(value: Any) -> Any:
    """EventBridge writes `Subnets` where ECS has `subnets`."""
    if isinstance(value, Mapping):
        return {_lower_first(key): _lower_keys(item) for key, item in value.items() if item is not None}
    return [_lower_keys(item) for item in value] if isinstance(value, list) else value


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
