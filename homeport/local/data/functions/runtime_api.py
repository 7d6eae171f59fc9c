"""Lambda's Runtime API for one process: a listener of its own on loopback, so that the port says who calls.

Source: AWS, "Using the Lambda runtime API", version 2018-06-01.
"""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from homeport.local.data.functions.report import RESPONSE_BYTES_MAX

RUNTIME = "/2018-06-01/runtime"


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
        self._server = web.Server(self._respond, access_log=None, handler_cancellation=True)
        self._listener: asyncio.Server | None = None
        self.address = ""

    async def start(self) -> None:
        self._listener = await asyncio.get_running_loop().create_server(self._server, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._listener.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        if self._listener:
            self._listener.close()
        await self._server.shutdown(timeout=0)

    async def _respond(self, request: web.BaseRequest) -> web.StreamResponse:
        # A page in a browser of this machine must not be able to take or answer invocations.
        if request.headers.get("Host") != self.address or "Origin" in request.headers:
            return _refusal(403, "Forbidden", "not the function's own process")
        if request.method == "GET" and request.path == f"{RUNTIME}/invocation/next":
            return _next(await self._session.next())
        if request.method == "POST" and request.path.startswith(RUNTIME):
            return await self._post(request)
        return _refusal(404, "NotFound", request.path)

    async def _post(self, request: web.BaseRequest) -> web.StreamResponse:
        match request.path.removeprefix(RUNTIME).split("/"):
            case ["", "init", "error"]:
                self._session.failed_to_start(await _body(request) or b"{}")
                return web.json_response({"status": "OK"}, status=202)
            case ["", "invocation", request_id, "response" | "error" as kind]:
                return await self._answer(request, request_id, is_error=kind == "error")
        return _refusal(404, "NotFound", request.path)

    async def _answer(self, request: web.BaseRequest, request_id: str, *, is_error: bool) -> web.StreamResponse:
        payload = await _body(request)
        if payload is None:
            self._session.answered_too_much(request_id)
            return _refusal(
                413, "RequestEntityTooLarge", f"Exceeded maximum allowed payload size ({RESPONSE_BYTES_MAX})"
            )
        if not self._session.answered(request_id, payload, is_error=is_error):
            return _refusal(400, "InvalidRequestID", "Invalid request ID")
        return web.json_response({"status": "OK"}, status=202)


def _next(invocation: Invocation) -> web.Response:
    headers = {
        "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
        "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
        "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
        "Lambda-Runtime-Trace-Id": invocation.trace_id,
    }
    return web.Response(body=invocation.payload, content_type="application/json", headers=headers)


async def _body(request: web.BaseRequest) -> bytes | None:
    """The request's body; None if it is larger than Lambda takes."""
    chunks, size = [], 0
    async for chunk in request.content.iter_any():
        size += len(chunk)
        if size <= RESPONSE_BYTES_MAX:
            chunks.append(chunk)
    return b"".join(chunks) if size <= RESPONSE_BYTES_MAX else None


def _refusal(status: int, error_type: str, message: str) -> web.Response:
    return web.json_response({"errorType": error_type, "errorMessage": message}, status=status)
