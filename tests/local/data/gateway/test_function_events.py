"""What functions get and what becomes of their answers: the shapes of payload formats 2.0 and 1.0."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.local.data.gateway.api.call import Call
from homeport.local.data.gateway.api.event import Malformed, event_v1, event_v2, response_v1, response_v2
from homeport.local.data.http.message import Request


def call(target: str = "/my/p%20th?a=1&a=2&b=x%20y", method: str = "POST", **more: Any) -> Call:
    headers = [("host", "abc.local:21000"), ("user-agent", "curl"), ("x", "1"), ("x", "2"), ("cookie", "a=1; b=2")]
    made = Call(Request(method, target, headers, peer="127.0.0.9"), "100000000001", "abc")
    made.stage, made.route_key, made.id, made.started = "$default", "POST /my/{p}", "request-1", 1583348638.39
    made.path_parameters = {"p": "p th"}
    for name, value in more.items():
        setattr(made, name, value)
    return made


def test_format_2_is_as_the_guide_shows_it() -> None:
    made = call(claims={"sub": "u", "exp": 12, "groups": ["a", "b"]}, scopes=("s1", "s2"), stage_variables={"v": "1"})
    assert event_v2(made, b"hello", [*made.request.headers, ("content-type", "text/plain")]) == {
        "version": "2.0",
        "routeKey": "POST /my/{p}",
        "rawPath": "/my/p th",
        "rawQueryString": "a=1&a=2&b=x%20y",
        "cookies": ["a=1", "b=2"],
        "headers": {"host": "abc.local:21000", "user-agent": "curl", "x": "1,2", "content-type": "text/plain"},
        "queryStringParameters": {"a": "1,2", "b": "x y"},
        "requestContext": {
            "accountId": "100000000001",
            "apiId": "abc",
            "authorizer": {"jwt": {"claims": {"sub": "u", "exp": "12", "groups": "[a b]"}, "scopes": ["s1", "s2"]}},
            "domainName": "abc.local",
            "domainPrefix": "abc",
            "http": {
                "method": "POST",
                "path": "/my/p th",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.9",
                "userAgent": "curl",
            },
            "requestId": "request-1",
            "routeKey": "POST /my/{p}",
            "stage": "$default",
            "time": "04/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1583348638390,
        },
        "body": "hello",
        "pathParameters": {"p": "p th"},
        "isBase64Encoded": False,
        "stageVariables": {"v": "1"},
    }


def test_format_2_leaves_out_what_there_is_not() -> None:
    made = call("/", path_parameters={})
    event = event_v2(made, b"", [("host", "a")])
    assert not {"body", "cookies", "queryStringParameters", "pathParameters", "stageVariables"}.intersection(event)
    assert "authorizer" not in event["requestContext"]


def test_format_1_is_as_the_guide_shows_it() -> None:
    made = call(claims={"sub": "u"}, scopes=())
    event = event_v1(made, b"", made.request.headers)
    assert event["version"] == "1.0"
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/my/{p}", "/my/p th", "POST")
    assert event["headers"]["x"] == "2"
    assert event["multiValueHeaders"]["x"] == ["1", "2"]
    assert event["queryStringParameters"] == {"a": "2", "b": "x y"}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": ["x y"]}
    assert (event["body"], event["isBase64Encoded"], event["stageVariables"]) == (None, False, None)
    assert event["requestContext"]["authorizer"] == {"claims": {"sub": "u"}, "scopes": None}
    assert event["requestContext"]["identity"] == {"sourceIp": "127.0.0.9", "userAgent": "curl"}


@pytest.mark.parametrize(
    ("kind", "encoding", "body", "expected"),
    [
        ("application/json", "", b'{"a":"\xc3\xa9"}', ('{"a":"é"}', False)),
        ("application/vnd.api+json; charset=utf-8", "", b"{}", ("{}", False)),
        ("text/html", "", b"<p>", ("<p>", False)),
        ("", "", b"plain", ("plain", False)),
        ("application/x-www-form-urlencoded", "", b"a=1", ("a=1", False)),
        ("image/png", "", b"png", ("cG5n", True)),
        ("application/json", "gzip", b"{}", ("e30=", True)),
        ("text/plain", "", b"\xff", ("/w==", True)),
    ],
)
def test_only_text_travels_as_text(kind: str, encoding: str, body: bytes, expected: tuple[str, bool]) -> None:
    headers = [pair for pair in (("content-type", kind), ("content-encoding", encoding)) if pair[1]]
    event = event_v2(call(), body, headers)
    assert (event["body"], event["isBase64Encoded"]) == expected


@pytest.mark.parametrize(
    ("payload", "body"),
    [
        (b'"Hello"', b"Hello"),
        (b'{"message":"Hello"}', b'{"message":"Hello"}'),
        (b"[1, 2]", b"[1, 2]"),
        (b"null", b"null"),
        (b"12", b"12"),
    ],
)
def test_format_2_takes_an_answer_without_a_status_for_the_body(payload: bytes, body: bytes) -> None:
    response = response_v2(payload)
    assert (response.status, response.body) == (200, body)
    assert response.headers == [("content-type", "application/json")]


def test_format_2_answers() -> None:
    answer = {"statusCode": "404", "headers": {"X-Number": 1, "X-Yes": True}, "cookies": ["a=1"], "body": "aGk="}
    response = response_v2(json.dumps({**answer, "isBase64Encoded": True}).encode())
    assert (response.status, response.body) == (404, b"hi")
    assert response.headers == [
        ("x-number", "1"),
        ("x-yes", "true"),
        ("set-cookie", "a=1"),
        ("content-type", "text/plain;charset=UTF-8"),
    ]


def test_format_1_answers_with_headers_of_several_values() -> None:
    several = {"Set-Cookie": ["a=1", "b=2"], "X": ["many"]}
    response = response_v1(
        json.dumps({"statusCode": 200, "headers": {"x": "one"}, "multiValueHeaders": several}).encode()
    )
    assert response.headers == [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x", "many")]


@pytest.mark.parametrize(
    "answer",
    [
        {"statusCode": "abc"},
        {"statusCode": 99},
        {"statusCode": 1000},
        {"statusCode": True},
        {"statusCode": None},
        {"statusCode": 200, "body": 5},
        {"statusCode": 200, "headers": []},
        {"statusCode": 200, "headers": {"a b": "c"}},
        {"statusCode": 200, "headers": {"a": "b\nset-cookie: c"}},
        {"statusCode": 200, "headers": {"a": {"b": "c"}}},
        {"statusCode": 200, "cookies": "a=1"},
        {"statusCode": 200, "cookies": ["a=1\r\nx: y"]},
        {"statusCode": 200, "body": "?", "isBase64Encoded": True},
    ],
)
def test_malformed_answers(answer: Any) -> None:
    with pytest.raises(Malformed):
        response_v2(json.dumps(answer).encode())


@pytest.mark.parametrize("payload", [b"", b"nope", b"[]", b"{}", b'{"statusCode":200,"multiValueHeaders":{"a":"b"}}'])
def test_malformed_answers_of_format_1(payload: bytes) -> None:
    with pytest.raises(Malformed):
        response_v1(payload)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
fields = ["statusCode", "headers", "body", "cookies", "isBase64Encoded", "multiValueHeaders"]


@given(st.dictionaries(st.sampled_from(fields), json_values))
def test_any_answer_is_a_response_or_malformed(answer: dict[str, Any]) -> None:
    for convert in (response_v1, response_v2):
        try:
            response = convert(json.dumps(answer).encode())
        except Malformed:
            continue
        assert 200 <= response.status <= 599
        assert not any("\r" in value or "\n" in value for _, value in response.headers)
