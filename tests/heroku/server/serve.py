"""The Platform API of a team on loopback, over real HTTP; or without any socket, for tests of thousands of calls."""

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qsl

import httpx
from aiohttp import web

from homeport.heroku.api.hosts import Hosts
from tests.heroku.server.answers import Answers, Faults, Request
from tests.heroku.server.parts import HerokuTeam

HOSTS = ("api", "data", "metrics", "github")


@dataclass(frozen=True)
class Served:
    """Where it answers, and what it has seen."""

    hosts: Hosts
    answers: Answers


@asynccontextmanager
async def serve(team: HerokuTeam, latency: float = 0.0, faults: Faults | None = None) -> AsyncIterator[Served]:
    """Serve the team on a free port of loopback; each answer takes `latency` seconds."""
    answers = Answers(team, faults)

    async def handle(request: web.Request) -> web.StreamResponse:
        host, _, rest = request.rel_url.raw_path.removeprefix("/").partition("/")
        headers = {name.lower(): value for name, value in request.headers.items()}
        reply = answers.reply(Request(request.method, host, f"/{rest}", dict(request.query), headers))
        await asyncio.sleep(latency)
        if reply.status == 0 and request.transport:
            request.transport.abort()
        return web.Response(status=reply.status or 500, body=reply.body, headers=dict(reply.headers))

    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", handle)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        address, port = runner.addresses[0][:2]
        yield Served(local_hosts(f"http://{address}:{port}"), answers)
    finally:
        await runner.cleanup()
        assert not answers.mistakes, answers.mistakes


def local_hosts(url: str) -> Hosts:
    """The four hosts as four folders of one server."""
    return Hosts(*(f"{url}/{host}" for host in HOSTS))


@contextmanager
def serve_in_thread(team: HerokuTeam, latency: float = 0.0, faults: Faults | None = None) -> Iterator[Served]:
    """The same for callers that run an event loop of their own, such as the command line."""
    started: queue.Queue[Served] = queue.Queue()
    stop = asyncio.Event()
    loop = asyncio.new_event_loop()

    async def run() -> None:
        async with serve(team, latency, faults) as served:
            started.put(served)
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    try:
        yield started.get(timeout=30)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


class InProcess(httpx.AsyncBaseTransport):
    """Carries requests to `Answers` without a socket."""

    def __init__(self, answers: Answers, before: Callable[[], None] = lambda: None) -> None:
        self.answers, self._before = answers, before

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._before()
        host, _, rest = request.url.raw_path.decode().partition("?")[0].removeprefix("/").partition("/")
        query = dict(parse_qsl(request.url.query.decode()))
        headers = {name.lower(): value for name, value in request.headers.items()}
        reply = self.answers.reply(Request(request.method, host, f"/{rest}", query, headers))
        if reply.status == 0:
            raise httpx.ReadError("connection lost", request=request)
        return httpx.Response(reply.status, content=reply.body, headers=dict(reply.headers), request=request)
