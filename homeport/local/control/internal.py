"""Our own paths, under /_homeport/, for who knows the token: the data plane's feed, observations and deliveries.

And for the command line, `saved`: why the state cannot be saved, if it cannot.
"""

import asyncio
import hmac
import json
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from aiohttp import web

from homeport.local.control import observed, turn
from homeport.local.control.changes import Changes
from homeport.local.control.deliveries import Deliveries
from homeport.local.control.feed import Feed
from homeport.system.waiting import wait_for_event

PREFIX = "/_homeport/"
WAIT_MAX_SECONDS = 25.0


class Internal:
    """Answers what is under /_homeport/. Lives in the event loop; work on moto's objects runs in `pool`."""

    def __init__(
        self,
        token: str,
        feed: Feed,
        deliveries: Deliveries,
        changes: Changes,
        pool: Executor,
        problem: Callable[[], str | None],
    ) -> None:
        self._token, self._problem = token.encode(), problem
        self._feed, self._deliveries, self._changes, self._pool = feed, deliveries, changes, pool
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()  # replaced at each change, so that every waiter wakes

    def wake(self) -> None:
        """Something changed: long polls look again. May be called from any thread."""
        self._loop.call_soon_threadsafe(self._wake)

    async def respond(self, request: web.BaseRequest) -> web.Response:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
        if not self._token or not hmac.compare_digest(given, self._token):
            return web.Response(status=401, text="This path is for Homeport's data plane; it needs its token.\n")
        method, path = request.method, request.path.removeprefix(PREFIX)
        name, _, rest = path.partition("/")
        route = {
            ("GET", "feed"): self._get_feed,
            ("GET", "saved"): self._get_saved,
            ("POST", "observed"): self._post_observed,
        }.get((method, name))
        if name == "deliveries":
            route = self._get_deliveries if method == "GET" and not rest else self._post_delivery
        if route is None:
            return web.Response(status=404, text=f"No such path: {request.path}\n")
        try:
            return await route(request)
        except (ValueError, KeyError, TypeError) as error:
            return web.Response(status=400, text=f"{request.path}: {type(error).__name__}: {error}\n")

    async def _get_feed(self, request: web.BaseRequest) -> web.Response:
        after = int(request.query.get("after", "0"))
        # A revision that we never reached is one of another run: tell that client everything.
        newer = await self._until(lambda: self._feed.revision != after, WAIT_MAX_SECONDS)
        if not newer:
            return web.Response(status=204)
        return web.Response(body=self._feed.document(), content_type="application/json")

    async def _get_saved(self, _: web.BaseRequest) -> web.Response:
        return web.json_response({"problem": await self._loop.run_in_executor(self._pool, self._problem)})

    async def _post_observed(self, request: web.BaseRequest) -> web.Response:
        observations = json.loads(await request.read())
        await self._loop.run_in_executor(self._pool, observed.apply, observations, self._changes)
        return web.Response(status=204)

    async def _get_deliveries(self, request: web.BaseRequest) -> web.Response:
        wait = min(float(request.query.get("wait", "0")), WAIT_MAX_SECONDS)
        found: list[dict[str, Any]] = []

        def lease() -> bool:
            found.extend(self._deliveries.lease())
            return bool(found)

        await self._until(lease, wait)
        return web.json_response(found)

    async def _post_delivery(self, request: web.BaseRequest) -> web.Response:
        identifier = request.path.rpartition("/")[2]
        body = json.loads(await request.read())
        outcome, reason = str(body["outcome"]), str(body.get("reason") or "")

        def settle() -> bool:
            with turn.taken():
                return self._deliveries.settle(identifier, outcome, reason)

        known = await self._loop.run_in_executor(self._pool, settle)
        return web.Response(status=204 if known else 404)

    async def _until(self, is_there: Callable[[], bool], timeout: float) -> bool:
        """Whether `is_there` became true in time. Also looks once a second: some things become due by time alone."""
        deadline = self._loop.time() + timeout
        while True:
            news = self._news
            if is_there():
                return True
            left = deadline - self._loop.time()
            if left <= 0:
                return False
            await wait_for_event(news, min(left, 1.0))

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
