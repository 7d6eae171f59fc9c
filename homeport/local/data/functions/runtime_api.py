"""Lambda's Runtime API for one process: a listener of its own on loopback, so that the port says who calls.

Source: AWS, "Using the Lambda runtime API", version 2018-06-01.
"""

import json
from dataclasses import dataclass
from typing import Protocol

from homeport.local.data.functions.report import RESPONSE_BYTES_MAX
from homeport.local.data.http.message import BadMessage, Request, Response
from homeport.local.data.http.server import Limits, Server

_JSON = ("content-type", "application/json")


@dataclass(frozen=True)
class Invocation:
    """What `next` hands to the process."""

    request_id: str
    function_arn: str  # with the qualifier that was called
    payload: bytes
    trace_id: str
    deadline_ms: int = 0  # known when the process takes it


class Session(Protocol):
    """What a process tells through the API; its worker listens."""

    async def next(self) -> Invocation: ...

    def answered(self, request_id: str, payload: bytes, *, is_error: bool) -> bool:
        """False if that invocation is not the current one."""

    def answered_too_much(self, request_id: str) -> None: ...

    def failed_to_start(self, payload: bytes) -> None: ...


class RuntimeApi:
    """The listener; `address` is what the process finds in AWS_LAMBDA_RUNTIME_API."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._server = Server(self._respond, lambda status: _refusal(status, "BadRequest", "not understood"), Limits())
        self.address = ""

    async def start(self) -> None:
        await self._server.start("127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.port}"

    async def stop(self) -> None:
        await self._server.stop()

    async def _respond(self, request: Request) -> Response:
        # A page in a browser of this machine must not be able to take or answer invocations.
        if request.header("host") != self.address or request.header("origin"):
            return _refusal(403, "Forbidden", "not the function's own process")
        match request.method, request.path.split("/"):
            case "GET", ["", "2018-06-01", "runtime", "invocation", "next"]:
                return _next(await self._session.next())
            case "POST", ["", "2018-06-01", "runtime", "invocation", request_id, "response" | "error" as kind]:
                return await self._answer(request, request_id, is_error=kind == "error")
            case "POST", ["", "2018-06-01", "runtime", "init", "error"]:
                self._session.failed_to_start(await _body(request) or b"{}")
                return _accepted()
        return _refusal(404, "NotFound", request.path)

    async def _answer(self, request: Request, request_id: str, *, is_error: bool) -> Response:
        try:
            payload = await _body(request)
        except BadMessage as error:
            if error.status != 413:
                raise
            self._session.answered_too_much(request_id)
            return _refusal(
                413, "RequestEntityTooLarge", f"Exceeded maximum allowed payload size ({RESPONSE_BYTES_MAX})"
            )
        if not self._session.answered(request_id, payload, is_error=is_error):
            return _refusal(400, "InvalidRequestID", "Invalid request ID")
        return _accepted()


def _next(invocation: Invocation) -> Response:
    headers = [
        _JSON,
        ("lambda-runtime-aws-request-id", invocation.request_id),
        ("lambda-runtime-deadline-ms", str(invocation.deadline_ms)),
        ("lambda-runtime-invoked-function-arn", invocation.function_arn),
        ("lambda-runtime-trace-id", invocation.trace_id),
    ]
    return Response(200, headers, invocation.payload)


async def _body(request: Request) -> bytes:
    """The request's body. Raises BadMessage if it is larger than Lambda takes."""
    return await request.body.read(RESPONSE_BYTES_MAX) if request.body else b""


def _accepted() -> Response:
    return Response(202, [_JSON], b'{"status": "OK"}')


def _refusal(status: int, error_type: str, message: str) -> Response:
    return Response(status, [_JSON], json.dumps({"errorType": error_type, "errorMessage": message}).encode())
