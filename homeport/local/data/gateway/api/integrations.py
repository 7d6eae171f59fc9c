"""What a route's integration sends on, and what becomes of the answer."""

import asyncio
import json
import time
from urllib.parse import quote

from homeport.local.data.context import Invoke
from homeport.local.data.gateway.api import event
from homeport.local.data.gateway.api.answers import refuse
from homeport.local.data.gateway.api.call import Call
from homeport.local.data.gateway.api.declared import Integration
from homeport.local.data.gateway.api.limits import BODY_BYTES_MAX, LimitedBody
from homeport.local.data.gateway.api.mapping import Parts, map_request, map_response, needs_body
from homeport.local.data.gateway.balancer.serve import Balancer, is_disguised
from homeport.local.data.http.body import BytesBody
from homeport.local.data.http.client import Address, Broken, Outgoing, Pool, Unreachable
from homeport.local.data.http.message import Headers, Request, Response, find

FUNCTION_BYTES_MAX = 6 * 1024 * 1024  # a function's payload, both ways
_SET_HERE = frozenset(
    {
        "forwarded",
        "via",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-port",
        "x-forwarded-proto",
        "x-amzn-trace-id",
    }
)
_AWS = (".amazonaws.com", ".api.aws", ".amazonaws.com.cn")


class Integrations:
    """Ways out of an API: listeners, public URLs, functions."""

    def __init__(self, balancer: Balancer, pool: Pool, invoke: Invoke) -> None:
        self._balancer, self._pool, self._invoke = balancer, pool, invoke

    async def answer(self, integration: Integration, call: Call) -> Response:
        """Never raises for what the other side does: the answer says it, and the call says why."""
        await _read_body(integration, call)
        started = time.perf_counter()
        try:
            response = await self._send(integration, call)
            response = _limited(response, call, integration.timeout_seconds - (time.perf_counter() - started))
        except TimeoutError:
            response = _failed(call, 504, f"no answer in {integration.timeout_seconds:g} seconds")
        except Unreachable as error:
            response = _failed(call, 503, f"cannot connect to {error}")
        except Broken as error:
            response = _failed(call, 502, str(error))
        call.integration_ms = (time.perf_counter() - started) * 1000
        if changes := integration.response_changes.get(response.status):
            map_response(changes, call, response)
        return response

    async def _send(self, integration: Integration, call: Call) -> Response:
        if integration.function:
            return await self._to_function(integration, call)
        if integration.listener_arn:
            return await self._to_listener(integration, call)
        return await self._to_url(integration, call)

    async def _to_listener(self, integration: Integration, call: Call) -> Response:
        """Behind a VPC link: the whole path, the client's Host."""
        request = call.request
        target, headers = request.target, proxy_headers(call)
        if integration.request_changes:
            parts = Parts(headers, request.query)
            map_request(integration.request_changes, call, parts)
            target, headers = _target(parts.path or request.path, parts.query), parts.headers
        method = request.method if integration.method == "ANY" else integration.method
        onward = Request(method, target, headers, request.body, peer=request.peer)
        response = await self._balancer.answer(
            integration.listener_arn or "", onward, seconds=integration.timeout_seconds
        )
        call.integration_status = str(response.status)
        return response

    async def _to_url(self, integration: Integration, call: Call) -> Response:
        request, url = call.request, integration.url
        if url is None or not url.hostname or url.hostname.endswith(_AWS):
            return _failed(call, 503, "nothing here may reach AWS" if url else "no integration URI")
        path = url.path + call.path if call.route_key == "$default" else _fill(url.path, call)
        query = "&".join(part for part in (url.query, request.query) if part)
        parts = Parts([pair for pair in proxy_headers(call) if pair[0] != "host"], query)
        map_request(integration.request_changes, call, parts)
        if not find(parts.headers, "host"):
            parts.headers.append(("host", url.netloc.rpartition("@")[2]))
        tls = url.scheme == "https"
        address = Address(url.hostname, url.port or (443 if tls else 80), tls)
        method = request.method if integration.method == "ANY" else integration.method
        outgoing = Outgoing(method, _target(parts.path or path or "/", parts.query), parts.headers, request.body)
        response = await self._pool.exchange(address, outgoing, integration.timeout_seconds)
        call.integration_status = str(response.status)
        return response

    async def _to_function(self, integration: Integration, call: Call) -> Response:
        parts = Parts(function_headers(call), call.request.query)
        map_request(integration.request_changes, call, parts)
        old = integration.payload_version == "1.0"
        made = (event.event_v1 if old else event.event_v2)(call, call.body or b"", parts.headers)
        payload = json.dumps(made, separators=(",", ":")).encode()
        if len(payload) > FUNCTION_BYTES_MAX:
            return refuse(413)
        arn, qualifier = integration.function or ("", None)
        async with asyncio.timeout(integration.timeout_seconds):
            result = await self._invoke(arn, qualifier, payload)
        call.integration_status = "200"
        if result.throttled:
            call.integration_status = "429"
            return _failed(call, 503, "the function is throttled")
        if result.function_error:
            return _failed(call, 500, f"the function failed ({result.function_error}); its log says why")
        try:
            return (event.response_v1 if old else event.response_v2)(result.payload)
        except event.Malformed as error:
            return _failed(call, 500, f"the function's answer is malformed: {error}")


def proxy_headers(call: Call) -> Headers:
    """The client's headers for an HTTP integration. `Forwarded` tells of the client, not its own claims."""
    request = call.request
    headers = [pair for pair in request.headers if pair[0] not in _SET_HERE and not is_disguised(pair[0])]
    host = request.header("host")
    headers.append(("forwarded", f"by=127.0.0.1;for={request.peer};host={host};proto=http"))
    headers.append(("via", "HTTP/1.1 AmazonAPIGateway"))
    headers.append(("x-amzn-trace-id", call.trace_id))
    return headers


def function_headers(call: Call) -> Headers:
    """The client's headers for a function, with X-Forwarded-*."""
    request = call.request
    kept = [
        pair
        for pair in request.headers
        if pair[0] not in {"x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id", "x-forwarded-for", "connection"}
    ]
    before = ", ".join(value for name, value in request.headers if name == "x-forwarded-for")
    if call.body and not find(kept, "content-length"):
        kept.append(("content-length", str(len(call.body))))
    kept.append(("x-amzn-trace-id", call.trace_id))
    kept.append(("x-forwarded-for", f"{before}, {request.peer}" if before else request.peer))
    kept.append(("x-forwarded-port", str(request.port)))
    kept.append(("x-forwarded-proto", "http"))
    return [pair for pair in kept if pair[0] != "transfer-encoding"]


async def _read_body(integration: Integration, call: Call) -> None:
    """Read what must be whole before it is sent: a function's event, mapped bodies, bodies of unknown length."""
    body = call.request.body
    if body is None:
        return
    if body.length is not None and body.length > BODY_BYTES_MAX:
        await body.read(BODY_BYTES_MAX)  # raises
    if integration.function or body.length is None or needs_body(integration.request_changes):
        call.body = await body.read(BODY_BYTES_MAX)
        call.request.body = BytesBody(call.body)


def _limited(response: Response, call: Call, seconds: float) -> Response:
    """An answer within API Gateway's limits: `seconds` are left for its body."""
    body = response.body
    if isinstance(body, bytes):
        return response
    if body.length is not None and body.length > BODY_BYTES_MAX:
        body.abort()
        return _failed(call, 500, f"the answer has {body.length} bytes; at most {BODY_BYTES_MAX} pass")
    response.body = LimitedBody(body, seconds)
    return response


def _failed(call: Call, status: int, why: str) -> Response:
    call.integration_error = why
    return refuse(status)


def _target(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _fill(path: str, call: Call) -> str:
    """`/books/{id}` with the route's path parameters; only a greedy one keeps its slashes."""
    for name, value in call.path_parameters.items():
        greedy = f"{{{name}+}}" in call.route_key
        path = path.replace(f"{{{name}}}", quote(value, safe="/" if greedy else ""))
    return path
