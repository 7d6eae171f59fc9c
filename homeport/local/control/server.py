"""The HTTP server of the control plane: API calls run in threads, our own paths in the event loop.

It is also the HTTP_PROXY of the programs that work on the local account (services with the account in their host name
are reached that way), and refuses to tunnel: nothing can leave this machine through it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor

from aiohttp import web

from homeport.local.control import dispatch
from homeport.local.control.dispatch import Call
from homeport.local.control.internal import PREFIX

log = logging.getLogger(__name__)
OWN_HOSTS = ("127.0.0.1", "localhost", "[::1]")
AWS_HOSTS = (".amazonaws.com", ".api.aws")
CORS = {
    "Access-Control-Allow-Methods": "GET, PUT, POST, DELETE, HEAD",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Expose-Headers": "ETag, x-amzn-RequestId, x-amzn-ErrorType",
    "Access-Control-Max-Age": "3600",
}


def create_server(pool: Executor, own: Callable[[web.BaseRequest], Awaitable[web.Response]]) -> web.Server:
    """An aiohttp server for everything; `own` answers what is under /_homeport/, `pool` runs the API calls."""

    async def respond(request: web.BaseRequest) -> web.StreamResponse:
        if refusal := _refused(request):
            return refusal
        if request.raw_path.startswith(PREFIX):
            return await own(request)
        if request.method == "OPTIONS" and {"Origin", "Access-Control-Request-Method"} <= request.headers.keys():
            return web.Response(status=200, headers=_cors(request))
        if request.headers.get("Expect", "").lower() == "100-continue":  # S3's clients ask before they send a body
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        call = Call(
            request.method, request.raw_path, tuple(request.headers.items()), await request.content.read()
        )  # `read` of the request itself stops at 1 MiB
        return _response(request, await asyncio.get_running_loop().run_in_executor(pool, dispatch.answer, call))

    return web.Server(respond, access_log=None, handler_cancellation=False)


def _refused(request: web.BaseRequest) -> web.Response | None:
    if request.method == "CONNECT":
        return web.Response(
            status=405, text="The local account does not tunnel: nothing leaves this machine through it.\n"
        )
    host = _host(request.host)
    if host not in OWN_HOSTS and not host.endswith(AWS_HOSTS):
        # A page on the internet whose name resolves to this machine (DNS rebinding).
        return web.Response(status=403, text=f"{host} is not a host of the local account.\n")
    origin = request.headers.get("Origin")
    if origin is not None and _host(origin.partition("://")[2]) not in OWN_HOSTS:
        # A page on the internet, in the browser of somebody who has an account here.
        return web.Response(status=403, text=f"{origin} may not call the local account.\n")
    return None


def _host(address: str) -> str:
    """Host without port, of `host`, `host:port`, `[v6]` or `[v6]:port`."""
    host, colon, port = address.rpartition(":")
    return host if colon and port.isdigit() else address


def _cors(request: web.BaseRequest) -> dict[str, str]:
    return CORS | {"Access-Control-Allow-Origin": request.headers["Origin"], "Vary": "Origin"}


def _response(request: web.BaseRequest, answer: dispatch.Answer) -> web.Response:
    headers = {n: v for n, v in answer.headers.items() if n.lower() not in ("content-length", "status", "connection")}
    if "Origin" in request.headers:
        headers |= _cors(request)
    return web.Response(status=answer.status, headers=headers, body=answer.body)
