"""A listener's rules → the action for a request.

Rules: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html. All conditions of a
rule must hold; of a condition, any value. Paths are compared with case, everything else without.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import parse_qsl

from homeport.local.data.http.message import Request

Condition = Callable[[Request], bool]


@dataclass(frozen=True)
class Weighted:
    group_arn: str
    weight: int


@dataclass(frozen=True)
class Action:
    """One of the three kinds; the other fields are empty."""

    forward: tuple[Weighted, ...] = ()
    redirect: Mapping[str, str] | None = None
    fixed: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Rule:
    priority: int
    conditions: tuple[Condition, ...]
    action: Action


@dataclass(frozen=True)
class Listener:
    arn: str
    port: int
    protocol: str
    rules: tuple[Rule, ...]
    default: Action
    idle_seconds: float = 60.0

    def action_for(self, request: Request) -> Action:
        for rule in self.rules:
            if all(condition(request) for condition in rule.conditions):
                return rule.action
        return self.default


def compile_listener(
    state: Mapping[str, Any], rules: Iterable[Mapping[str, Any]], idle_seconds: float = 60.0
) -> Listener:
    """`rules` are the listener's DescribeRules items; the default rule is taken from the listener itself."""
    own = [_compile_rule(rule) for rule in rules if rule.get("Priority") != "default" and not rule.get("IsDefault")]
    return Listener(
        arn=state["ListenerArn"],
        port=int(state.get("Port") or 80),
        protocol=str(state.get("Protocol") or "HTTP").lower(),
        rules=tuple(sorted(own, key=lambda rule: rule.priority)),
        default=_compile_action(state.get("DefaultActions") or ()),
        idle_seconds=idle_seconds,
    )


def listener_of(rule_arn: str) -> str:
    """ARN of the listener that a rule belongs to: AWS writes it into the rule's own."""
    return rule_arn.replace(":listener-rule/", ":listener/").rpartition("/")[0]


def _compile_rule(state: Mapping[str, Any]) -> Rule:
    conditions = tuple(_compile_condition(condition) for condition in state.get("Conditions") or ())
    return Rule(int(state["Priority"]), conditions, _compile_action(state.get("Actions") or ()))


def _compile_action(actions: Iterable[Mapping[str, Any]]) -> Action:
    """The last action by order: those before it authenticate, which is not served here."""
    ordered = sorted(actions, key=lambda action: int(action.get("Order") or 0))
    action = ordered[-1] if ordered else {}
    if action.get("Type") == "redirect":
        return Action(redirect=action.get("RedirectConfig") or {})
    if action.get("Type") == "fixed-response":
        return Action(fixed=action.get("FixedResponseConfig") or {})
    groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or ()
    weighted = [Weighted(group["TargetGroupArn"], int(group.get("Weight", 1))) for group in groups]
    if not weighted and action.get("TargetGroupArn"):
        weighted = [Weighted(action["TargetGroupArn"], 1)]
    return Action(forward=tuple(weighted))


def _compile_condition(condition: Mapping[str, Any]) -> Condition:
    compile_ = _CONDITIONS.get(condition.get("Field", ""))
    return compile_(condition) if compile_ else lambda request: False


def _values(condition: Mapping[str, Any], config: str) -> list[Any]:
    """Values in the newer place, or the older."""
    return list((condition.get(config) or {}).get("Values") or condition.get("Values") or ())


def _path_condition(condition: Mapping[str, Any]) -> Condition:
    matches = _wildcards(_values(condition, "PathPatternConfig"))
    return lambda request: matches(request.path)


def _host_condition(condition: Mapping[str, Any]) -> Condition:
    matches = _wildcards(_values(condition, "HostHeaderConfig"), re.IGNORECASE)
    return lambda request: matches(re.sub(r":\d*$", "", request.header("host")))


def _header_condition(condition: Mapping[str, Any]) -> Condition:
    name = str((condition.get("HttpHeaderConfig") or {}).get("HttpHeaderName", "")).lower()
    matches = _wildcards(_values(condition, "HttpHeaderConfig"), re.IGNORECASE)
    return lambda request: any(key == name and matches(value) for key, value in request.headers)


def _method_condition(condition: Mapping[str, Any]) -> Condition:
    methods = frozenset(_values(condition, "HttpRequestMethodConfig"))
    return lambda request: request.method in methods


def _query_condition(condition: Mapping[str, Any]) -> Condition:
    wanted = [
        (_wildcards([value["Key"]], re.IGNORECASE) if value.get("Key") else None, _wildcards([value["Value"]], re.I))
        for value in _values(condition, "QueryStringConfig")
    ]

    def holds(request: Request) -> bool:
        pairs = parse_qsl(request.query, keep_blank_values=True)
        return any((key is None or key(name)) and text(value) for key, text in wanted for name, value in pairs)

    return holds


def _source_condition(condition: Mapping[str, Any]) -> Condition:
    networks = [ip_network(value, strict=False) for value in _values(condition, "SourceIpConfig")]
    return lambda request: any(ip_address(request.peer) in network for network in networks)


_CONDITIONS: dict[str, Callable[[Mapping[str, Any]], Condition]] = {
    "path-pattern": _path_condition,
    "host-header": _host_condition,
    "http-header": _header_condition,
    "http-request-method": _method_condition,
    "query-string": _query_condition,
    "source-ip": _source_condition,
}


def _wildcards(patterns: Iterable[str], flags: int = 0) -> Callable[[str], bool]:
    """`*` stands for any text, `?` for any one character."""
    either = "|".join(
        "".join(
            ".*" if char == "*" else "." if char == "?" else re.escape(char) for char in re.sub(r"\*+", "*", pattern)
        )
        for pattern in patterns
    )
    compiled = re.compile(f"(?:{either})", flags | re.DOTALL)
    return lambda text: compiled.fullmatch(text) is not None
