"""Deliveries against a real HTTP server that speaks the control plane's side, and a real endpoint."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from homeport.local.data.context import InvokeResult
from homeport.local.data.functions.deliveries import Deliveries, outcome_of, post


class Control:
    """The two calls of the contract: what is offered, and the outcomes told."""

    def __init__(self) -> None:
        self.offered: asyncio.Queue[list[dict[str, Any]]] = asyncio.Queue()
        self.outcomes: dict[str, tuple[str, str]] = {}
        self.failures = 0

    async def offer(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer token"
        if self.failures:
            self.failures -= 1
            return web.Response(status=500)
        return web.json_response(await self.offered.get())

    async def take(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.outcomes[request.match_info["id"]] = (body["outcome"], body["reason"])
        return web.Response(status=204)


class Endpoint:
    """Somebody's webhook."""

    def __init__(self) -> None:
        self.status, self.got = 200, []

    async def answer(self, request: web.Request) -> web.Response:
        self.got.append((await request.text(), dict(request.headers)))
        return web.Response(status=self.status, headers={"Location": "/elsewhere"})


@pytest.fixture
async def endpoint() -> AsyncIterator[Any]:
    endpoint = Endpoint()
    application = web.Application()
    application.router.add_post("/hook", endpoint.answer)
    async with TestServer(application) as server:
        endpoint.url = str(server.make_url("/hook"))
        yield endpoint


class Stage:
    def __init__(self, control: Control) -> None:
        self.control = control
        self.calls: list[tuple[str, bytes]] = []
        self.result: Any = InvokeResult(b"null")
        self.function: Any = self.invoke

    async def invoke(self, function_arn: str, qualifier: str | None, payload: bytes, *, log_tail: bool = False) -> Any:
        self.calls.append((function_arn, payload))
        if isinstance(self.result, Exception):
            raise self.result
        return self.result

    def offer(self, key: str, **delivery: Any) -> None:
        delivery = {"kind": "lambda", "target": "arn:f:live", "payload": base64.b64encode(b"{}").decode(), **delivery}
        self.control.offered.put_nowait([{"id": key, "headers": {}, "attempts": 0, **delivery}])


@pytest.fixture
async def stage(kit, tmp_path) -> AsyncIterator[Stage]:
    control = Control()
    application = web.Application()
    application.router.add_get("/_homeport/deliveries", control.offer)
    application.router.add_post("/_homeport/deliveries/{id}", control.take)
    async with TestServer(application) as server:
        context = replace(kit.make_context(tmp_path), control_url=str(server.make_url("")).rstrip("/"))
        stage = Stage(control)
        deliveries = Deliveries(context, lambda *given, **options: stage.function(*given, **options))
        await deliveries.reconcile(kit.world_of())
        await deliveries.reconcile(kit.world_of())  # once is enough
        yield stage
        await deliveries.stop()


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (InvokeResult(b'"fine"'), ("done", "")),
        (InvokeResult(b'{"errorType": "X"}', "Unhandled"), ("retry", 'Unhandled: {"errorType": "X"}')),
        (LookupError("no such function"), ("retry", "no such function")),
        (RuntimeError("a bug"), ("retry", "RuntimeError")),
    ],
)
async def test_a_function_is_invoked_and_the_outcome_told(stage, kit, result, outcome) -> None:
    stage.result = result
    stage.offer("1")
    await kit.until(lambda: stage.control.outcomes)
    assert stage.calls == [("arn:f:live", b"{}")]
    assert stage.control.outcomes == {"1": outcome}


async def test_a_throttled_delivery_waits_and_that_is_no_attempt(kit, tmp_path) -> None:
    results = [InvokeResult(b"{}", throttled=True)] * 20 + [InvokeResult(b"1")]
    slept: list[float] = []

    async def invoke(*_: Any, **__: Any) -> InvokeResult:
        return results.pop(0)

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    deliveries = Deliveries(kit.make_context(tmp_path), invoke, sleep=sleep)
    assert await deliveries._deliver({"kind": "lambda", "target": "arn:f", "payload": ""}) == ("done", "")
    assert slept[:4] == [0.5, 1, 2, 4] and max(slept) == 30
    results += [InvokeResult(b"{}", throttled=True)] * 2000
    outcome = await deliveries._deliver({"kind": "lambda", "target": "arn:f", "payload": ""})
    assert outcome == ("retry", "throttled")  # after six hours


async def test_a_control_plane_that_is_away_for_a_moment_is_asked_again(stage, kit) -> None:
    stage.control.failures = 2
    stage.offer("1")
    stage.offer("2")
    await kit.until(lambda: len(stage.control.outcomes) == 2)


async def test_a_delivery_that_is_offered_again_while_it_is_made_is_made_once(stage, kit) -> None:
    gate = asyncio.Event()

    async def wait(*given: Any, **options: Any) -> Any:
        result = await stage.invoke(*given, **options)
        await gate.wait()
        return result

    stage.function = wait
    stage.offer("1")
    await kit.until(lambda: stage.calls)
    stage.offer("1")
    stage.offer("2")
    await kit.until(lambda: len(stage.calls) == 2)  # the second "1" was passed over before "2" was begun
    gate.set()
    await kit.until(lambda: len(stage.control.outcomes) == 2)
    assert len(stage.calls) == 2


async def test_an_endpoint_gets_body_and_headers(stage, kit, endpoint) -> None:
    body = base64.b64encode(json.dumps({"Type": "Notification"}).encode()).decode()
    stage.offer("1", kind="http", target=endpoint.url, payload=body, headers={"x-amz-sns-message-type": "Notification"})
    await kit.until(lambda: stage.control.outcomes)
    ((text, headers),) = endpoint.got
    assert json.loads(text) == {"Type": "Notification"}
    assert headers["x-amz-sns-message-type"] == "Notification"
    assert stage.control.outcomes == {"1": ("done", "")}


async def test_what_an_endpoint_answers_decides(endpoint) -> None:
    for status, outcome in ((200, "done"), (404, "drop"), (302, "drop"), (429, "retry"), (503, "retry")):
        endpoint.status = status
        assert (await post(endpoint.url, b"", {}))[0] == outcome
    assert outcome_of(204) == ("done", "")
    assert len(endpoint.got) == 5  # no redirect was followed


async def test_an_endpoint_that_is_not_there_is_tried_again() -> None:
    assert (await post("http://127.0.0.1:9/", b"", {}))[0] == "retry"
    assert (await post("http://no-such-host.invalid/", b"", {}))[0] == "retry"


@pytest.mark.parametrize(
    "url",
    [
        "https://sqs.eu-west-1.amazonaws.com/1/q",
        "https://S3.AMAZONAWS.COM./x",
        "https://abc.execute-api.eu-west-1.api.aws/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/",
        "http://[fd00:ec2::254]/",
        "http://[::ffff:169.254.169.254]/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "not a url",
    ],
)
async def test_aws_and_its_metadata_are_never_called(url: str) -> None:
    outcome, reason = await post(url, b"", {})
    assert outcome == "drop" and "HTTP" not in reason
