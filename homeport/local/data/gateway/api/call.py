"""One request's way through an HTTP API, and what `$context` and `$request` variables say of it.

Variables: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html and
http-api-parameter-mapping.html.
"""

import base64
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from homeport.local.data.http.message import Request

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(slots=True)
class Call:
    """Filled in step by step; what a step did not reach stays empty and is logged as `-`."""

    request: Request
    account: str
    api_id: str
    stage: str = ""
    stage_path: str = ""  # "" or "/stage": the part of the path that chose the stage
    stage_variables: Mapping[str, str] = field(default_factory=dict)
    route_key: str = ""
    path_parameters: dict[str, str] = field(default_factory=dict)
    claims: Mapping[str, Any] | None = None
    scopes: tuple[str, ...] = ()
    body: bytes | None = None  # read only when a mapping or a function needs it
    id: str = field(default_factory=lambda: base64.b64encode(os.urandom(11)).decode())
    started: float = field(default_factory=time.time)
    trace_id: str = ""
    status: int = 0
    response_length: int = 0
    error: str = ""
    authorizer_error: str = ""
    integration_status: str = ""
    integration_error: str = ""
    integration_ms: float | None = None

    @property
    def path(self) -> str:
        """The request's path as sent, without the stage."""
        return self.request.path[len(self.stage_path) :] or "/"

    @property
    def domain(self) -> str:
        return self.request.header("host", "127.0.0.1").rsplit(":", 1)[0]


def join_query(query: str) -> dict[str, str]:
    """Decoded query parameters; the values of a repeated name joined by commas."""
    joined: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def join_headers(headers: list[tuple[str, str]]) -> dict[str, str]:
    """Headers by name; the values of a repeated name joined by commas."""
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def clf_time(moment: float) -> str:
    """Common log format."""
    return _clf_second(int(moment))


@lru_cache(maxsize=8)
def _clf_second(moment: int) -> str:
    utc = time.gmtime(moment)  # by hand: English months must not follow the machine's locale
    return f"{utc.tm_mday:02d}/{_MONTHS[utc.tm_mon - 1]}/{utc.tm_year}:" + time.strftime("%H:%M:%S +0000", utc)


def variable(call: Call, name: str) -> str | None:
    """Value of `request.…`, `context.…` or `stageVariables.…` (without the dollar sign), None when there is none."""
    source, _, rest = name.partition(".")
    if source == "context":
        return context_variable(call, rest)
    if source == "stageVariables":
        return call.stage_variables.get(rest)
    if source == "request":
        return _request_variable(call, rest)
    return None


def context_variable(call: Call, name: str) -> str | None:
    return context_reader(name)(call)


def context_reader(name: str) -> Callable[[Call], str | None]:
    """What reads a variable's value from a call, found once."""
    if plain := _CONTEXT.get(name):
        return plain
    claim = name.removeprefix("authorizer.claims.")
    if claim == name:
        return lambda call: None

    def read(call: Call) -> str | None:
        value = None if call.claims is None else call.claims.get(claim)
        return None if value is None else claim_text(value)

    return read


def claim_text(value: Any) -> str:
    """A claim as API Gateway passes it on: always text; lists in brackets, separated by spaces."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + " ".join(claim_text(item) for item in value) + "]"
    return json.dumps(value)


def _request_variable(call: Call, name: str) -> str | None:
    place, _, key = name.partition(".")
    if place == "path":
        return call.path_parameters.get(key) if key else call.path
    if place == "header":
        return join_headers(call.request.headers).get(key.lower())
    if place == "querystring":
        return join_query(call.request.query).get(key)
    if place == "body":
        return _body_value(call.body or b"", key)
    return None


def _body_value(body: bytes, path: str) -> str | None:
    """The body, or what a plain JSON path (`a.b[0].c`) finds in it."""
    if not path:
        return body.decode("utf-8", "replace")
    try:
        value = json.loads(body)
        for step in path.replace("[", ".").replace("]", "").split("."):
            value = value[int(step)] if isinstance(value, list) else value[step]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return None
    return value if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str | None:
    return json.dumps(text) if text else None


_CONTEXT: dict[str, Callable[[Call], str | None]] = {
    "accountId": lambda call: call.account,
    "apiId": lambda call: call.api_id,
    "authorizer.error": lambda call: call.authorizer_error or None,
    "domainName": lambda call: call.domain,
    "domainPrefix": lambda call: call.domain.partition(".")[0],
    "error.message": lambda call: call.error or None,
    "error.messageString": lambda call: _quoted(call.error),
    "error.responseType": lambda call: None,
    "extendedRequestId": lambda call: call.id,
    "httpMethod": lambda call: call.request.method,
    "identity.sourceIp": lambda call: call.request.peer,
    "identity.userAgent": lambda call: call.request.header("user-agent") or None,
    "integrationErrorMessage": lambda call: call.integration_error or None,
    "integration.error": lambda call: call.integration_error or None,
    "integration.integrationStatus": lambda call: call.integration_status or None,
    "integration.latency": lambda call: _milliseconds(call.integration_ms),
    "integration.status": lambda call: call.integration_status or None,
    "integrationLatency": lambda call: _milliseconds(call.integration_ms),
    "integrationStatus": lambda call: call.integration_status or None,
    "path": lambda call: call.request.path,
    "protocol": lambda call: "HTTP/1.0" if call.request.http_1_0 else "HTTP/1.1",
    "requestId": lambda call: call.id,
    "requestTime": lambda call: clf_time(call.started),
    "requestTimeEpoch": lambda call: str(int(call.started * 1000)),
    "responseLatency": lambda call: _milliseconds((time.time() - call.started) * 1000),
    "responseLength": lambda call: str(call.response_length),
    "routeKey": lambda call: call.route_key or None,
    "stage": lambda call: call.stage or None,
    "status": lambda call: str(call.status),
}


def _milliseconds(value: float | None) -> str | None:
    return None if value is None else str(round(value))
