"""Listeners: which rule answers, which target gets it, and what it is told."""

from typing import Any

import pytest

from homeport.local.data.gateway.balancer.rules import compile_listener, listener_of
from homeport.local.data.gateway.balancer.serve import is_disguised, trace_id
from homeport.local.data.http.client import ANSWERS_MAX
from homeport.local.data.http.message import Request
from homeport.local.data.targets import Target

LISTENER = "arn:aws:elasticloadbalancing:eu-central-1:100000000001:listener/app/shared/0123/4567"


def rule(priority: str, *conditions: dict[str, Any], answer: str = "") -> dict[str, Any]:
    fixed = {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": answer or priority}
    actions = [{"Type": "fixed-response", "FixedResponseConfig": fixed}]
    return {"Priority": priority, "Conditions": list(conditions), "Actions": actions}


def answered(conditions: list[dict[str, Any]], target: str, **headers: str) -> bool:
    listener = compile_listener({"ListenerArn": LISTENER}, [rule("1", *conditions)])
    method = headers.pop("method", "GET")
    pairs = [("host", "shop.example.com:80"), *((name.replace("_", "-"), value) for name, value in headers.items())]
    return listener.action_for(Request(method, target, pairs, peer="10.1.2.3")).fixed is not None


@pytest.mark.parametrize(
    ("condition", "target", "headers", "holds"),
    [
        ({"Field": "path-pattern", "Values": ["/a/*"]}, "/a/b?c=1", {}, True),
        ({"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a/*", "/c"]}}, "/c", {}, True),
        ({"Field": "path-pattern", "Values": ["/a/*"]}, "/A/b", {}, False),
        ({"Field": "path-pattern", "Values": ["/?.js"]}, "/x.js", {}, True),
        ({"Field": "path-pattern", "Values": ["/?.js"]}, "/xx.js", {}, False),
        ({"Field": "path-pattern", "Values": ["/a.b"]}, "/axb", {}, False),
        ({"Field": "path-pattern", "Values": ["*" * 40 + "x"]}, "/" + "a" * 5000, {}, False),
        ({"Field": "host-header", "HostHeaderConfig": {"Values": ["*.EXAMPLE.com"]}}, "/", {}, True),
        ({"Field": "host-header", "Values": ["example.com"]}, "/", {}, False),
        ({"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["PUT", "POST"]}}, "/", {}, False),
        (
            {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["PUT"]}},
            "/",
            {"method": "PUT"},
            True,
        ),
        (
            {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Kind", "Values": ["big*"]}},
            "/",
            {"x_kind": "BIGGER"},
            True,
        ),
        (
            {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "2*"}]}},
            "/?a=1&V=21",
            {},
            True,
        ),
        ({"Field": "query-string", "QueryStringConfig": {"Values": [{"Value": "2"}]}}, "/?a=1", {}, False),
        ({"Field": "source-ip", "SourceIpConfig": {"Values": ["10.1.0.0/16"]}}, "/", {}, True),
        ({"Field": "source-ip", "SourceIpConfig": {"Values": ["10.2.0.0/16"]}}, "/", {}, False),
        ({"Field": "something-new", "Values": ["x"]}, "/", {}, False),
    ],
)
def test_conditions(condition: dict[str, Any], target: str, headers: dict[str, str], holds: bool) -> None:
    assert answered([condition], target, **headers) is holds


def test_all_conditions_of_a_rule_must_hold() -> None:
    path = {"Field": "path-pattern", "Values": ["/a"]}
    host = {"Field": "host-header", "Values": ["other"]}
    assert answered([path], "/a")
    assert not answered([path, host], "/a")


def test_rules_are_tried_by_number_and_the_default_last() -> None:
    default = {"ListenerArn": LISTENER, "DefaultActions": rule("x", answer="default")["Actions"]}
    everything = {"Field": "path-pattern", "Values": ["*"]}
    special = {"Field": "path-pattern", "Values": ["/a"]}
    ordered = compile_listener(default, [rule("10", everything), rule("9", special), rule("default", answer="no")])
    replies = [ordered.action_for(Request("GET", target, [])).fixed for target in ("/a", "/b")]
    assert [reply and reply["MessageBody"] for reply in replies] == ["9", "10"]
    fixed = compile_listener(default, []).action_for(Request("GET", "/", [])).fixed
    assert fixed and fixed["MessageBody"] == "default"


def test_a_rule_names_its_listener() -> None:
    assert listener_of(LISTENER.replace(":listener/", ":listener-rule/") + "/9999") == LISTENER


async def test_a_listener_has_a_socket_of_its_own(rig: Any, service: Any) -> None:
    rig.add_service(service)
    await rig.up()
    reply = await rig.get("/x?y=1", rig.listener_port, x_forwarded_for="6.6.6.6", x_forwarded_proto="https")
    assert (reply.status, reply.body) == (200, b"/x?y=1")
    headers = service.headers()
    assert headers["x-forwarded-for"] == "6.6.6.6, 127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-port"] == str(rig.listener_port)
    assert headers["x-amzn-trace-id"].startswith("Root=1-")
    assert "forwarded" not in headers


async def test_redirects_and_fixed_responses(rig: Any) -> None:
    redirect = {"Protocol": "HTTPS", "Port": "443", "Path": "/new/#{path}", "StatusCode": "HTTP_301"}
    rig.rules = [
        {
            "Priority": "1",
            "Conditions": [{"Field": "path-pattern", "Values": ["/old*"]}],
            "Actions": [{"Type": "redirect", "RedirectConfig": redirect}],
        },
        rule("2", {"Field": "path-pattern", "Values": ["/ping"]}, answer="pong"),
    ]
    await rig.up()
    reply = await rig.get("/old/1?q=2", rig.listener_port)
    assert (reply.status, reply.headers["location"]) == (301, "https://api.local/new/old/1?q=2")
    reply = await rig.get("/ping", rig.listener_port)
    assert (reply.status, reply.body, reply.headers["content-type"]) == (200, b"pong", "text/plain")


async def test_targets_take_turns_and_only_healthy_ones_get_any(rig: Any, service: Any, another_service: Any) -> None:
    services = [service, await another_service(), await another_service()]
    rig.add_service(*services)
    await rig.up()
    for _ in range(9):
        await rig.get("/", rig.listener_port)
    assert [len(each.received) for each in services] == [3, 3, 3]
    group = rig.listener["DefaultActions"][0]["TargetGroupArn"]
    sick, gone, well = (Target("127.0.0.1", each.port, True) for each in services)
    rig.targets.put(group, (Target("127.0.0.1", sick.port, False), Target("127.0.0.1", gone.port, True, True), well))
    for _ in range(4):
        await rig.get("/", rig.listener_port)
    assert [len(each.received) for each in services] == [3, 3, 7]


async def test_connections_to_a_target_end_after_some_answers(rig: Any, service: Any) -> None:
    """gunicorn's workers divide connections: kept for ever, all of them may belong to one worker."""
    rig.add_service(service)
    await rig.up()
    for _ in range(2 * ANSWERS_MAX + 1):
        assert (await rig.get("/", rig.listener_port)).status == 200
    assert service.connections == 3


async def test_a_target_that_refuses_connections_is_passed_over(rig: Any, service: Any, another_service: Any) -> None:
    rig.add_service(service)
    await rig.up()
    group = rig.listener["DefaultActions"][0]["TargetGroupArn"]
    rig.targets.put(group, (Target("127.0.0.1", 1, True), Target("127.0.0.1", service.port, True)))
    for _ in range(4):
        assert (await rig.get("/", rig.listener_port)).status == 200
    rig.targets.put(group, (Target("127.0.0.1", 1, True),))
    assert (await rig.get("/", rig.listener_port)).status == 502


async def test_weights_decide_between_target_groups(rig: Any, service: Any, another_service: Any) -> None:
    other = await another_service()
    rig.add_service(service)
    rig.targets.put("arn:other", (Target("127.0.0.1", other.port, True),))
    group = rig.listener["DefaultActions"][0]["TargetGroupArn"]
    weighted = [{"TargetGroupArn": group, "Weight": 0}, {"TargetGroupArn": "arn:other", "Weight": 100}]
    rig.listener["DefaultActions"] = [{"Type": "forward", "ForwardConfig": {"TargetGroups": weighted}}]
    await rig.up()
    for _ in range(5):
        assert (await rig.get("/", rig.listener_port)).status == 200
    assert (len(service.received), len(other.received)) == (0, 5)


async def test_a_kept_connection_that_the_service_closed_is_not_used_again(rig: Any, service: Any) -> None:
    closing = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
    service.answer = lambda received: closing
    rig.add_service(service)
    await rig.up()
    for _ in range(3):
        assert (await rig.post("/", b"x", rig.listener_port)).status == 200
    assert service.connections == 3


async def test_a_request_that_may_be_repeated_survives_a_closing_connection(rig: Any, service: Any) -> None:
    """The service takes the second request on a kept connection and dies without a word."""
    answers = iter(
        [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", None, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"]
    )
    service.answer = lambda received: next(answers)
    rig.add_service(service)
    await rig.up()
    assert (await rig.get("/", rig.listener_port)).status == 200
    assert (await rig.get("/", rig.listener_port)).status == 200
    assert len(service.received) == 3


async def test_a_post_is_never_sent_twice(rig: Any, service: Any) -> None:
    answers = iter([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", None])
    service.answer = lambda received: next(answers)
    rig.add_service(service)
    await rig.up()
    assert (await rig.post("/", b"1", rig.listener_port)).status == 200
    assert (await rig.post("/", b"2", rig.listener_port)).status == 502
    assert len(service.received) == 2


@pytest.mark.parametrize(
    ("name", "disguised"),
    [
        ("x_forwarded_for", True),
        ("x-forwarded_proto", True),
        ("content_length", True),
        ("transfer_encoding", True),
        ("x_amzn_trace_id", True),
        ("x-forwarded-for", False),
        ("x_harmless", False),
    ],
)
def test_disguised_headers(name: str, disguised: bool) -> None:
    assert is_disguised(name) is disguised


def test_trace_ids() -> None:
    assert trace_id("").startswith("Root=1-")
    continued = trace_id("Self=1-old;Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
    assert continued.startswith("Self=1-")
    assert continued.endswith(";Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
    assert "Self=1-old" not in continued
