"""Token buckets and access log lines, with clocks of the tests' own."""

import json
from typing import Any

import pytest

from homeport.local.data.gateway.api.access_log import compile_access_log
from homeport.local.data.gateway.api.call import Call
from homeport.local.data.gateway.api.mapping import Parts, compile_changes, map_request
from homeport.local.data.gateway.api.throttle import Bucket, compile_bucket
from homeport.local.data.http.message import Request

GROUP = "arn:aws:logs:eu-central-1:100000000001:log-group:/homeport/local/api"


def test_a_bucket_lets_a_burst_through_and_then_its_rate() -> None:
    now = [0.0]
    bucket = Bucket(2.0, 3, lambda: now[0])
    assert [bucket.take() for _ in range(5)] == [True, True, True, False, False]
    now[0] = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    now[0] = 1000.0
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_limits_that_are_not_declared_do_not_limit_and_zero_does() -> None:
    assert compile_bucket(None) is None
    assert compile_bucket({"DetailedMetricsEnabled": True}) is None
    nothing = compile_bucket({"ThrottlingRateLimit": 0.0, "ThrottlingBurstLimit": 0})
    assert nothing and not nothing.take()


def call(**headers: str) -> Call:
    pairs = [("host", "abc.local:21000"), *((name.replace("_", "-"), value) for name, value in headers.items())]
    made = Call(Request("GET", "/a/b?x=1&x=2", pairs, peer="127.0.0.9"), "100000000001", "abc")
    made.stage, made.route_key, made.started = "$default", "GET /a/{id}", 1583348638.39
    made.path_parameters, made.status = {"id": "b"}, 200
    return made


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("$context.httpMethod", "GET"),
        ("$context.path", "/a/b"),
        ("$context.requestTime", "04/Mar/2020:19:03:58 +0000"),
        ("$context.requestTimeEpoch", "1583348638390"),
        ("$context.identity.sourceIp", "127.0.0.9"),
        ("$context.domainName", "abc.local"),
        ("$context.authorizer.claims.sub", "-"),
        ("$context.integration.status", "-"),
        ("$context.unknown.thing", "-"),
        ("$context.status ($context.stage)", "200 ($default)"),
        ("plain $text", "plain $text"),
    ],
)
def test_variables_of_a_line(variable: str, value: str) -> None:
    log = compile_access_log(GROUP + ":*", variable)
    assert log and (log.group, log.line(call())) == ("/homeport/local/api", value)


@pytest.mark.parametrize("agent", ['"}, {"', "a\\", "tab\there", "\x7f", 'x"y'])
def test_no_client_can_break_out_of_a_line(agent: str) -> None:
    log = compile_access_log(GROUP, '{"agent":"$context.identity.userAgent"}')
    assert log
    line = log.line(call(user_agent=agent))
    assert "\n" not in line and line.count('"') == 4
    assert "\x7f" not in line and "\t" not in line


def test_error_messages_bring_their_own_quotes() -> None:
    log = compile_access_log(GROUP, '{"error":$context.error.messageString}')
    made = call()
    made.error = "Not Found"
    assert log and json.loads(log.line(made)) == {"error": "Not Found"}


def test_other_destinations_have_no_log_here() -> None:
    assert compile_access_log("arn:aws:firehose:eu-central-1:1:deliverystream/x", "$context.status") is None
    assert compile_access_log(None, None) is None


@pytest.mark.parametrize(
    ("changes", "headers", "query", "path"),
    [
        ({"append:header.x": "1"}, [("x", "0"), ("x", "1")], "q=1", None),
        ({"overwrite:header.X": "1"}, [("x", "1")], "q=1", None),
        ({"remove:header.x": "''"}, [], "q=1", None),
        ({"append:querystring.y": "$request.querystring.x"}, [("x", "0")], "q=1&y=1%2C2", None),
        ({"overwrite:querystring.q": "${request.path.id}-${stageVariables.none}"}, [("x", "0")], "q=b-", None),
        ({"append:header.n": "$request.header.none"}, [("x", "0")], "q=1", None),
        ({"overwrite:path": "/v2/$request.path"}, [("x", "0")], "q=1", "/v2//a/b"),
        ({"overwrite:path": "$context.authorizer.claims.sub"}, [("x", "0")], "q=1", "/"),
        ({"append:header.authorization": "x", "append:header.x-amz-me": "x"}, [("x", "0")], "q=1", None),
    ],
)
def test_request_parameters(changes: dict[str, str], headers: Any, query: str, path: str | None) -> None:
    parts = Parts([("x", "0")], "q=1")
    map_request(compile_changes(changes), call(), parts)
    assert (parts.headers, parts.query, parts.path) == (headers, query, path)


def test_a_mapped_value_cannot_add_a_line() -> None:
    made = call()
    made.path_parameters = {"id": "a\r\nx-evil: 1"}
    parts = Parts([], "")
    map_request(
        compile_changes({"append:header.x": "$request.path.id", "overwrite:path": "/$request.path.id"}), made, parts
    )
    assert parts.headers == [("x", "ax-evil: 1")]
    assert parts.path == "/ax-evil:%201"
