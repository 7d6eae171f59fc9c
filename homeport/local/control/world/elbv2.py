"""Elastic Load Balancing: load balancers, listeners with their port here, rules, and target groups."""

from collections.abc import Iterator
from typing import Any

from homeport.local.control.world.resource import Resource
from homeport.local.control.world.shape import describe
from homeport.local.ports import Ports

SERVICE = "elbv2"


def read(backend: Any, ports: Ports) -> Iterator[Resource]:
    where = (backend.account_id, backend.region_name)
    balancers = list(backend.load_balancers.values())
    for state in describe(SERVICE, "DescribeLoadBalancers", {"LoadBalancers": balancers})["LoadBalancers"]:
        yield Resource(state["LoadBalancerArn"], "elbv2:load-balancer", *where, state)
    for balancer in balancers:
        for listener in balancer.listeners.values():
            yield from _listener(listener, where, ports)
    for group in backend.target_groups.values():
        state = describe(SERVICE, "DescribeTargetGroups", {"TargetGroups": [group]})["TargetGroups"][0]
        state["Targets"] = [dict(target) for target in group.targets.values()]
        state["Attributes"] = [{"Key": key, "Value": str(value)} for key, value in group.attributes.items()]
        yield Resource(group.arn, "elbv2:target-group", *where, state)


def _listener(listener: Any, where: tuple[str, str], ports: Ports) -> Iterator[Resource]:
    from moto.elbv2.responses import ELBV2Response

    transformers = ELBV2Response.RESPONSE_KEY_PATH_TO_TRANSFORMER
    state = describe(SERVICE, "DescribeListeners", {"Listeners": [listener]}, transformers)["Listeners"][0]
    state["LocalPort"] = ports.of(listener.arn)
    yield Resource(listener.arn, "elbv2:listener", *where, state)
    rules = list(listener.rules.values())
    for rule, state in zip(rules, describe(SERVICE, "DescribeRules", {"Rules": rules})["Rules"], strict=True):
        yield Resource(rule.arn, "elbv2:rule", *where, state | {"RuleArn": rule.arn, "ListenerArn": listener.arn})
