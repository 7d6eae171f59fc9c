"""Stands in for awslambdaric's C extension where Python has another version than ours: the same four functions.

Runs inside the function's process, linked in as the top-level module `runtime_client`; it imports nothing of Homeport.
"""

import http.client
import os
from typing import Any

RUNTIME = "/2018-06-01/runtime"
DEADLINE = "Lambda-Runtime-Deadline-Ms"

_connection: http.client.HTTPConnection | None = None
_user_agent = "aws-lambda-python"


def initialize_client(user_agent: str) -> None:
    global _user_agent
    _user_agent = user_agent


def next() -> tuple[bytes, dict[str, Any]]:  # the extension's own name
    """Waits for the next invocation: its payload and the headers that describe it, the deadline as a number."""
    response, body = _call("GET", f"{RUNTIME}/invocation/next")
    headers: dict[str, Any] = {name.title(): value for name, value in response.headers.items()}
    headers[DEADLINE] = int(headers[DEADLINE])
    return body, headers


def post_invocation_result(invoke_id: str, data: bytes, content_type: str, invocation_id: str | None = None) -> None:
    _call("POST", f"{RUNTIME}/invocation/{invoke_id}/response", data, {"Content-Type": content_type})


def post_error(invoke_id: str, error: str, xray_fault: str, invocation_id: str | None = None) -> None:
    _call("POST", f"{RUNTIME}/invocation/{invoke_id}/error", error.encode(), {"Content-Type": "application/json"})


def _call(
    method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[http.client.HTTPResponse, bytes]:
    global _connection
    if _connection is None:
        _connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    extra: dict[str, Any] = {"User-Agent": _user_agent, **(headers or {})}
    _connection.request(method, path, body, extra)
    response = _connection.getresponse()
    content = response.read()
    if response.status >= 300:
        raise RuntimeError(f"{method} {path}: {response.status} {content[:200]!r}")
    return response, content
