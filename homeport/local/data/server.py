"""The data plane's HTTP API on loopback: health, what is live, invoking a function; all but health want the token."""

import base64
import hmac
from collections.abc import Callable
from typing import Any

from aiohttp import web

from homeport.local.data.context import Invoke, InvokeResult, Live

BODY_BYTES_MAX = 24 * 2**20  # 6 MB of payload in base64, and then some


async def serve(token: str, live: Callable[[], list[Live]], invoke: Invoke) -> tuple[web.AppRunner, str]:
    """Start serving; what to clean up, and the URL."""
    application = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[_guard(token)])
    application.add_routes(
        [
            web.get("/_homeport/health", _health),
            web.get("/_homeport/live", _live(live)),
            web.post("/_homeport/invoke", _invoke(invoke)),
        ]
    )
    runner = web.AppRunner(application, access_log=None, handler_cancellation=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


def _guard(token: str) -> Any:
    expected = f"Bearer {token}".encode()

    @web.middleware
    async def check(request: web.Request, handler: Any) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if request.path != "/_homeport/health" and not hmac.compare_digest(given, expected):
            return web.json_response({"error": "the token of this home is missing or wrong"}, status=401)
        response: web.StreamResponse = await handler(request)
        return response

    return check


async def _health(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


def _live(live: Callable[[], list[Live]]) -> Any:
    async def respond(_: web.Request) -> web.Response:
        return web.json_response([vars(one) for one in live()])

    return respond


def _invoke(invoke: Invoke) -> Any:
    async def respond(request: web.Request) -> web.Response:
        try:
            body = await request.json()
            arn, qualifier = str(body["functionArn"]), body.get("qualifier")
            payload = base64.b64decode(body["payload"], validate=True)
        except (ValueError, KeyError, TypeError) as error:
            return web.json_response({"error": f"not an invocation: {error!r}"}, status=400)
        try:
            result = await invoke(arn, qualifier, payload, log_tail=bool(body.get("logTail")))
        except LookupError as error:
            return web.json_response({"error": str(error)}, status=404)
        return web.json_response(_invocation(result))

    return respond


def _invocation(result: InvokeResult) -> dict[str, Any]:
    return {
        "statusCode": 429 if result.throttled else 200,
        "functionError": result.function_error,
        "executedVersion": result.executed_version,
        "payload": base64.b64encode(result.payload).decode(),
        "logResult": None if result.log_tail is None else base64.b64encode(result.log_tail).decode(),
    }
