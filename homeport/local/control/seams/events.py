"""EventBridge: targets that moto refuses (functions, topics, tasks), and rules that only have a schedule.

A rule with a schedule and no pattern matches every event in moto; its schedule is the data plane's business.
"""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from homeport.local.control.deliveries import Delivery
from homeport.local.control.seams import lambda_
from homeport.local.control.seams.replace import replace

log = logging.getLogger(__name__)


def apply(deliver: Callable[[Delivery], None]) -> None:
    from moto.events.models import Rule

    @replace(Rule, "send_to_targets")
    def send(original: Any, rule: Any, original_event: dict[str, Any], transform_input: bool = True) -> None:
        if rule.state != "ENABLED" or (rule.scheduled_expression and not rule.event_pattern.dump()):
            return
        if not rule.event_pattern.matches_event(original_event):
            return
        for target in list(rule.targets):
            try:
                _send(original, rule, target, original_event, deliver)
            except Exception:  # the sender of an event never hears of its targets' troubles
                log.exception("%s: target %s cannot be reached", rule.arn, target["Arn"])


def _send(original: Any, rule: Any, target: dict[str, Any], event: dict[str, Any], deliver: Any) -> None:
    _, _, service, region, account, resource = target["Arn"].split(":", 5)
    if service == "lambda":
        deliver(lambda_.delivery_to(target["Arn"], _input(target, event).encode()))
    elif service == "sqs":
        from moto.sqs.models import sqs_backends

        group = target.get("SqsParameters", {}).get("MessageGroupId")
        sqs_backends[account][region].send_message(resource, _input(target, event), group_id=group)
    elif service == "sns":
        from moto.sns.models import sns_backends

        sns_backends[account][region].publish(_input(target, event), arn=target["Arn"])
    elif service == "ecs":
        _run_task(target, account, region)
    else:  # buses, archives, log groups: as moto has them
        targets, rule.targets = rule.targets, [target]
        try:
            original(rule, event)
        finally:
            rule.targets = targets


def _input(target: dict[str, Any], event: dict[str, Any]) -> str:
    """What the target gets: the event, a constant, a part of it, or what a template makes of it."""
    from moto.events.utils import EventTemplateParser

    at = event.get("time")
    whole = dict(event)
    if isinstance(at, int | float):
        whole["time"] = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if "Input" in target:
        return str(target["Input"])
    if path := target.get("InputPath"):
        part: Any = whole
        for name in path.removeprefix("$").strip(".").split("."):
            part = part[name] if name else part
        return json.dumps(part)
    if transformer := target.get("InputTransformer"):
        made = EventTemplateParser.parse(
            input_template=transformer["InputTemplate"],
            input_paths_map=transformer.get("InputPathsMap", {}),
            event=whole,
        )
        return made if isinstance(made, str) else json.dumps(made)
    return json.dumps(whole)


def _run_task(target: dict[str, Any], account: str, region: str) -> None:
    from moto.ecs.models import ecs_backends

    parameters = target["EcsParameters"]
    network = parameters.get("NetworkConfiguration", {}).get("awsvpcConfiguration", {})
    ecs_backends[account][region].run_task(
        target["Arn"],
        parameters["TaskDefinitionArn"],
        parameters.get("TaskCount", 1),
        json.loads(target.get("Input") or "{}"),
        "events-rule",
        [],
        parameters.get("LaunchType", "FARGATE"),
        {"awsvpcConfiguration": {name[0].lower() + name[1:]: value for name, value in network.items()}},
    )
