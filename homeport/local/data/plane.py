"""The data plane: follows what is declared in the local account and makes it live.

Start: wait for the control plane's address → our own server, proxy and certificates → address file → follow the feed.
Stop, each step within a bound: what takes requests in → tasks and functions → databases and caches → last logs and
observations. Killed at any instant, the next start sweeps the children that are left and goes on from the feed.
"""

import asyncio
import contextlib
import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from homeport.local import ledger
from homeport.local.data.certificates import load_certificates
from homeport.local.data.clients import Clients
from homeport.local.data.context import Context, InvokeResult, Live, Part
from homeport.local.data.egress import Egress
from homeport.local.data.environment import task_environment
from homeport.local.data.feed import ControlPlane, follow
from homeport.local.data.logs import Logs
from homeport.local.data.observer import Observer
from homeport.local.data.part import PartRunner
from homeport.local.data.parts import Parts, build_parts
from homeport.local.data.server import serve
from homeport.local.home import Home

log = logging.getLogger(__name__)

STOP_SECONDS = {"entrances": 3.0, "programs": 31.0, "stores": 8.0}  # 30 s is the stop timeout of a task
LAST_WORDS_SECONDS = 2.0
LOOK_SECONDS = 0.1


async def run(home: Home, stopping: asyncio.Event) -> None:
    """Serve until `stopping` is set."""
    for what in await asyncio.to_thread(ledger.sweep, home):
        log.warning("ended a leftover of a data plane that was killed: %s", what)
    async with contextlib.AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession(trust_env=False))
        control = ControlPlane(home, home.token.read_text().strip(), session)
        url = await _until_stopped(_control_url(control), stopping)
        if url is None:
            return
        observer = Observer(control.report)
        context, parts = await stack.enter_async_context(_context(home, url, observer))
        runners = {group: _runners(getattr(parts, group)) for group in STOP_SECONDS}
        every = [runner for group in runners.values() for runner in group]
        server, own_url = await serve(context.token, lambda: _live(every), context.invoke)
        stack.push_async_callback(server.cleanup)
        following = _follow(control, url, observer, every)
        tasks = [asyncio.ensure_future(work) for work in (following, observer.run(), *(r.run() for r in every))]
        _write_address(home, own_url)
        log.info("ready at %s", own_url)
        await _first_to_end(stopping, tasks)
        await _stop(tasks, runners, observer)
        home.data.unlink(missing_ok=True)


def _runners(parts: dict[str, Part]) -> list[PartRunner]:
    return [PartRunner(name, part) for name, part in parts.items()]


def _write_address(home: Home, url: str) -> None:
    draft = home.data.with_suffix(".new")
    draft.write_text(json.dumps({"url": url, "pid": os.getpid()}))
    draft.replace(home.data)


@contextlib.asynccontextmanager
async def _context(home: Home, url: str, observer: Observer) -> AsyncIterator[tuple[Context, Parts]]:
    """What the parts are given, and the parts; logs and proxy run while they do."""
    clients, egress = Clients(url), Egress()
    logs = Logs(clients)
    await egress.start()
    writing = asyncio.ensure_future(logs.run())
    certificates = await asyncio.to_thread(load_certificates, home)
    built: list[Parts] = []

    async def invoke(
        function_arn: str, qualifier: str | None, payload: bytes, *, log_tail: bool = False
    ) -> InvokeResult:
        return await built[0].invoke(function_arn, qualifier, payload, log_tail=log_tail)

    async def data_ready() -> None:
        await built[0].data_ready()

    context = Context(
        home=home,
        control_url=url,
        token=home.token.read_text().strip(),
        observe=observer.observe,
        aws=clients,
        log=logs.put,
        task_environment=_task_environment(url, egress.url, certificates.bundle),
        invoke=invoke,
        data_ready=data_ready,
    )
    built.append(build_parts(context, certificates))
    try:
        yield context, built[0]
    finally:
        writing.cancel()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(logs.flush(), LAST_WORDS_SECONDS)
        await egress.stop()


def _task_environment(url: str, egress_url: str, trusted: Path) -> Callable[[str, str], dict[str, str]]:
    return partial(task_environment, control_url=url, egress_url=egress_url, trusted=trusted)


async def _control_url(control: ControlPlane) -> str:
    """The control plane's address, waiting for it to start."""
    while True:
        try:
            return control.url()
        except (OSError, ValueError, KeyError):
            await asyncio.sleep(LOOK_SECONDS)


async def _follow(control: ControlPlane, url: str, observer: Observer, runners: list[PartRunner]) -> None:
    def reconnected() -> None:
        if control.url() != url:
            log.error("the control plane moved from %s to %s: start the data plane again", url, control.url())
        observer.repeat()

    async for world in follow(control.poll, reconnected):
        for runner in runners:
            runner.offer(world)


async def _until_stopped(work: Awaitable[str], stopping: asyncio.Event) -> str | None:
    working, stop = asyncio.ensure_future(work), asyncio.ensure_future(stopping.wait())
    await asyncio.wait({working, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if working.done():
        return working.result()
    working.cancel()
    return None


async def _first_to_end(stopping: asyncio.Event, tasks: Sequence[asyncio.Future[None]]) -> None:
    """Wait for the order to stop. The plane's own tasks never end; if one does, it is a bug to be seen."""
    stop: asyncio.Future[Any] = asyncio.ensure_future(stopping.wait())
    await asyncio.wait([stop, *tasks], return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    for task in tasks:
        if task.done():
            log.error("the data plane stops: one of its own tasks ended", exc_info=task.exception())


async def _stop(
    tasks: Sequence[asyncio.Future[None]], runners: dict[str, list[PartRunner]], observer: Observer
) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for group, seconds in STOP_SECONDS.items():
        await asyncio.gather(*(runner.stop(seconds) for runner in runners[group]))
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(observer.flush(), LAST_WORDS_SECONDS)


def _live(runners: list[PartRunner]) -> list[Live]:
    return [live for runner in runners for live in runner.live()]
