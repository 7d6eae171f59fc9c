"""A request → the event a function gets; the function's answer → a response.

Shapes and rules:
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html.
"""

import base64
import binascii
import json
import re
from typing import Any
from urllib.parse import parse_qsl, unquote

from homeport.local.data.gateway.api.call import Call, claim_text, clf_time, join_headers, join_query
from homeport.local.data.http.message import Headers, Response

_TEXT = re.compile(
    r"text/.*|application/(json|javascript|xml|x-www-form-urlencoded|[\w.+-]+\+(json|xml))", re.IGNORECASE
)
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_UNSAFE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Malformed(Exception):
    """The function's answer is not a response."""


def event_v2(call: Call, body: bytes, headers: Headers) -> dict[str, Any]:
    """Payload format 2.0."""
    request = call.request
    cookies = [part.strip() for name, value in headers if name == "cookie" for part in value.split(";") if part.strip()]
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": call.route_key,
        "rawPath": unquote(request.path),
        "rawQueryString": request.query,
        "headers": join_headers([pair for pair in headers if pair[0] != "cookie"]),
        "requestContext": _context_v2(call),
    }
    if cookies:
        event["cookies"] = cookies
    if request.query:
        event["queryStringParameters"] = join_query(request.query)
    if call.path_parameters:
        event["pathParameters"] = call.path_parameters
    if call.stage_variables:
        event["stageVariables"] = dict(call.stage_variables)
    if body:
        event["body"], event["isBase64Encoded"] = _event_body(body, headers)
    else:
        event["isBase64Encoded"] = False
    return event


def event_v1(call: Call, body: bytes, headers: Headers) -> dict[str, Any]:
    """Payload format 1.0: the shape of REST APIs."""
    request = call.request
    pairs = parse_qsl(request.query, keep_blank_values=True)
    text, encoded = _event_body(body, headers) if body else (None, False)
    resource = call.route_key.partition(" ")[2] or call.route_key
    return {
        "version": "1.0",
        "resource": resource,
        "path": unquote(request.path),
        "httpMethod": request.method,
        "headers": dict(headers),
        "multiValueHeaders": _grouped(headers),
        "queryStringParameters": dict(pairs) or None,
        "multiValueQueryStringParameters": _grouped(pairs) or None,
        "requestContext": _context_v1(call, resource),
        "pathParameters": call.path_parameters or None,
        "stageVariables": dict(call.stage_variables) or None,
        "body": text,
        "isBase64Encoded": encoded,
    }


def response_v2(payload: bytes) -> Response:
    """An answer of payload format 2.0. Without a status code, the whole answer is the body. Raises Malformed."""
    answer = _decoded(payload)
    if not isinstance(answer, dict) or "statusCode" not in answer:
        text = answer if isinstance(answer, str) else payload
        body = text.encode() if isinstance(text, str) else text
        return Response(200, [("content-type", "application/json")], body)
    headers = _header_pairs(answer.get("headers"))
    cookies = answer.get("cookies") or []
    if not isinstance(cookies, list):
        raise Malformed("cookies is not a list")
    headers += [("set-cookie", _header_value(cookie)) for cookie in cookies]
    return _response(answer, headers)


def response_v1(payload: bytes) -> Response:
    """An answer of payload format 1.0. Raises Malformed."""
    answer = _decoded(payload)
    if not isinstance(answer, dict) or "statusCode" not in answer:
        raise Malformed("no statusCode")
    several = answer.get("multiValueHeaders") or {}
    if not isinstance(several, dict) or not all(isinstance(values, list) for values in several.values()):
        raise Malformed("multiValueHeaders is not a map of lists")
    headers = [pair for name, values in several.items() for value in values for pair in _header_pairs({name: value})]
    named = {name for name, _ in headers}
    headers += [pair for pair in _header_pairs(answer.get("headers")) if pair[0] not in named]
    return _response(answer, headers)


def _context_v2(call: Call) -> dict[str, Any]:
    request = call.request
    context: dict[str, Any] = {
        "accountId": call.account,
        "apiId": call.api_id,
        "domainName": call.domain,
        "domainPrefix": call.domain.partition(".")[0],
        "http": {
            "method": request.method,
            "path": unquote(request.path),
            "protocol": "HTTP/1.0" if request.http_1_0 else "HTTP/1.1",
            "sourceIp": request.peer,
            "userAgent": request.header("user-agent"),
        },
        "requestId": call.id,
        "routeKey": call.route_key,
        "stage": call.stage,
        "time": clf_time(call.started),
        "timeEpoch": int(call.started * 1000),
    }
    if call.claims is not None:
        context["authorizer"] = {"jwt": _jwt(call)}
    return context


def _context_v1(call: Call, resource: str) -> dict[str, Any]:
    request = call.request
    context: dict[str, Any] = {
        "accountId": call.account,
        "apiId": call.api_id,
        "domainName": call.domain,
        "domainPrefix": call.domain.partition(".")[0],
        "extendedRequestId": call.id,
        "httpMethod": request.method,
        "identity": {"sourceIp": request.peer, "userAgent": request.header("user-agent")},
        "path": unquote(request.path),
        "protocol": "HTTP/1.0" if request.http_1_0 else "HTTP/1.1",
        "requestId": call.id,
        "requestTime": clf_time(call.started),
        "requestTimeEpoch": int(call.started * 1000),
        "resourceId": call.route_key,
        "resourcePath": resource,
        "stage": call.stage,
    }
    if call.claims is not None:
        context["authorizer"] = _jwt(call)
    return context


def _jwt(call: Call) -> dict[str, Any]:
    claims = {name: claim_text(value) for name, value in (call.claims or {}).items()}
    return {"claims": claims, "scopes": list(call.scopes) or None}


def _event_body(body: bytes, headers: Headers) -> tuple[str, bool]:
    """Text as text, everything else (and what is encoded, or not the UTF-8 it says) in base 64."""
    first = dict(reversed(headers))
    kind = first.get("content-type", "").partition(";")[0].strip()
    if "content-encoding" not in first and (not kind or _TEXT.fullmatch(kind)):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


def _grouped(pairs: Headers) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return groups


def _decoded(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None


def _response(answer: dict[str, Any], headers: Headers) -> Response:
    status = answer["statusCode"]
    if isinstance(status, str) and status.isascii() and status.isdigit():
        status = int(status)
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
        raise Malformed("statusCode is not a status")
    body = answer.get("body")
    if body is not None and not isinstance(body, str):
        raise Malformed("body is not text")
    if not any(name == "content-type" for name, _ in headers) and body:
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    return Response(status, headers, _response_body(body or "", bool(answer.get("isBase64Encoded"))))


def _response_body(body: str, encoded: bool) -> bytes:
    if not encoded:
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("body is not base 64") from None


def _header_pairs(headers: Any) -> Headers:
    if headers is None:
        return []
    if not isinstance(headers, dict):
        raise Malformed("headers is not a map")
    pairs = []
    for name, value in headers.items():
        if value is None:
            continue
        if not _TOKEN.fullmatch(name):
            raise Malformed("a header's name is malformed")
        pairs.append((name.lower(), _header_value(value)))
    return pairs


def _header_value(value: Any) -> str:
    if isinstance(value, bool):
        value = "true" if value else "false"
    if not isinstance(value, str | int | float) or _UNSAFE.search(str(value)):
        raise Malformed("a header's value is malformed")
    return str(value)
