"""Deliveries that the control plane keeps durably (SNS → Lambda and HTTP, asynchronous invocations), made here.

The control plane owns the queue, the retries and the dead letters: here a delivery is fetched, made once, and its
outcome told. One that is killed half-way is offered again when its lease ends: at least once, as on AWS.
"""

import asyncio
import base64
import contextlib
import ipaddress
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from homeport.local.data.context import Context, Invoke, Live, World

log = logging.getLogger(__name__)

Outcome = tuple[str, str]  # "done", "retry" or "drop", and why

POLL_SECONDS = 20
AT_ONCE_MAX = 32
HTTP_SECONDS = 15.0  # SNS waits as long for an endpoint's answer
TELL_ATTEMPTS = 5
THROTTLED_SECONDS_MAX = 6 * 3600.0  # as long as Lambda keeps an event whose function is busy
AWS_HOSTS = (".amazonaws.com", ".api.aws", ".amazonaws.com.cn", ".aws.dev")
METADATA_IPV6 = ipaddress.ip_network("fd00:ec2::/32")
AWAY = (aiohttp.ClientError, OSError, TimeoutError, ValueError)


class Deliveries:
    """Part of the data plane; needs nothing of the world but that there is one."""

    def __init__(
        self,
        context: Context,
        invoke: Invoke | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._invoke = invoke or context.invoke
        self._url = f"{context.control_url}/_homeport/deliveries"
        self._headers = {"Authorization": f"Bearer {context.token}"}
        self._sleep = sleep
        self._slots = asyncio.Semaphore(AT_ONCE_MAX)
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._polling: asyncio.Task[None] | None = None

    async def reconcile(self, world: World) -> None:
        if self._polling is None or self._polling.done():
            self._polling = asyncio.get_running_loop().create_task(self._poll_for_ever())

    async def stop(self) -> None:
        tasks = [task for task in (self._polling, *self._under_way.values()) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def live(self) -> list[Live]:
        return []

    async def _poll_for_ever(self) -> None:
        pause = 0.1
        async with aiohttp.ClientSession(trust_env=False, headers=self._headers) as session:
            while True:
                try:
                    offered = await self._poll(session)
                    pause = 0.1
                except AWAY:
                    await self._sleep(pause)  # the control plane is being restarted
                    pause = min(2 * pause, 2.0)
                    continue
                for delivery in offered:
                    self._begin(session, delivery)

    async def _poll(self, session: aiohttp.ClientSession) -> list[dict[str, Any]]:
        timeout = aiohttp.ClientTimeout(total=2 * POLL_SECONDS)
        async with session.get(self._url, params={"wait": POLL_SECONDS}, timeout=timeout) as response:
            response.raise_for_status()
            offered: list[dict[str, Any]] = [] if response.status == 204 else await response.json()
            return offered

    def _begin(self, session: aiohttp.ClientSession, delivery: dict[str, Any]) -> None:
        key = str(delivery["id"])
        if key in self._under_way:
            return  # its lease ended while it is still being made: a long function
        task = asyncio.get_running_loop().create_task(self._make(session, key, delivery))
        self._under_way[key] = task
        task.add_done_callback(lambda _: self._under_way.pop(key, None))

    async def _make(self, session: aiohttp.ClientSession, key: str, delivery: dict[str, Any]) -> None:
        try:
            outcome = await self._deliver(delivery)
        except Exception as error:  # whatever it is, the delivery must not be lost
            log.exception("delivery %s", key)
            outcome = "retry", type(error).__name__
        await self._tell(key, outcome, session)

    async def _deliver(self, delivery: dict[str, Any]) -> Outcome:
        payload = base64.b64decode(delivery["payload"])
        if delivery["kind"] == "lambda":
            return await self._deliver_to_function(str(delivery["target"]), payload)
        async with self._slots:
            return await post(str(delivery["target"]), payload, delivery.get("headers") or {})

    async def _deliver_to_function(self, function_arn: str, payload: bytes) -> Outcome:
        waited, pause = 0.0, 0.5
        while True:
            try:
                async with self._slots:
                    result = await self._invoke(function_arn, None, payload)
            except LookupError as error:
                return "retry", str(error)
            if not result.throttled or waited >= THROTTLED_SECONDS_MAX:
                break
            await self._sleep(pause)  # being throttled is no attempt
            waited, pause = waited + pause, min(2 * pause, 30.0)
        if result.throttled:
            return "retry", "throttled"
        if result.function_error:
            return "retry", f"{result.function_error}: {result.payload[:500].decode('utf-8', 'replace')}"
        return "done", ""

    async def _tell(self, key: str, outcome: Outcome, session: aiohttp.ClientSession) -> None:
        body = {"outcome": outcome[0], "reason": outcome[1]}
        for attempt in range(TELL_ATTEMPTS):
            try:
                async with session.post(f"{self._url}/{key}", json=body) as response:
                    response.raise_for_status()
                return
            except AWAY:
                await self._sleep(0.2 * 2**attempt)
        log.warning("delivery %s: the control plane could not be told that it is %s; it comes again", key, outcome[0])


async def post(url: str, payload: bytes, headers: dict[str, str]) -> Outcome:
    """POSTs as SNS does; redirects are not followed, and no address of AWS is called."""
    if reason := await _refusal(url):
        return "drop", reason
    timeout = aiohttp.ClientTimeout(total=HTTP_SECONDS)
    try:
        async with aiohttp.ClientSession(trust_env=False, timeout=timeout) as session:
            async with session.post(url, data=payload, headers=headers, allow_redirects=False) as response:
                return outcome_of(response.status)
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
        return "drop", f"{error}: not a URL that can be called"
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return "retry", f"{type(error).__name__}: {error}"


def outcome_of(status: int) -> Outcome:
    """SNS gives up at once where the endpoint says that the request is wrong, and tries again otherwise."""
    if status < 300:
        return "done", ""
    is_permanent = status < 500 and status not in (408, 429)
    return ("drop" if is_permanent else "retry"), f"HTTP {status}"


async def _refusal(url: str) -> str | None:
    """Why this URL may not be called from this machine."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    if not host:
        return f"{url}: no host"
    if f".{host}".endswith(AWS_HOSTS):
        return f"{host}: the local account never calls AWS"
    with contextlib.suppress(OSError):  # an unknown host fails at the call, and may be known later
        found = await asyncio.get_running_loop().getaddrinfo(host, None)
        if any(_is_metadata(str(address[0])) for *_, address in found):
            return f"{host}: link-local addresses are not called"
    return None


def _is_metadata(text: str) -> bool:
    """Whether an address is where clouds keep credentials, however it is written."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped or address.sixtofour
        return address in METADATA_IPV6 or address.is_link_local or bool(mapped and mapped.is_link_local)
    return address.is_link_local
