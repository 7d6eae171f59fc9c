"""The control plane as the data plane sees it: the feed of what is declared comes in, observations go out.

The control plane may be restarted at any time, even at another address: its address is read anew for each attempt, and
after a break the whole document is asked for again.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import aiohttp

from homeport.local.data.context import Observation, Resource, World
from homeport.local.home import Home

log = logging.getLogger(__name__)

POLL_TIMEOUT_SECONDS = 40.0  # the control plane answers within 25
ANSWER_TIMEOUT_SECONDS = 10.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 2.0

AWAY = (aiohttp.ClientError, OSError, TimeoutError, ValueError)


class ControlPlane:
    """HTTP calls to the control plane of one home."""

    def __init__(self, home: Home, token: str, session: aiohttp.ClientSession) -> None:
        self._home, self._session = home, session
        self._headers = {"Authorization": f"Bearer {token}"}

    def url(self) -> str:
        """Its address now; OSError or ValueError if it never started."""
        return str(json.loads(self._home.control.read_text())["url"])

    async def poll(self, after: int) -> World | None:
        """What is declared, once that is newer than revision `after`; None if nothing was for a while."""
        timeout = aiohttp.ClientTimeout(total=POLL_TIMEOUT_SECONDS)
        url = f"{self.url()}/_homeport/feed?after={after}"
        async with self._session.get(url, headers=self._headers, timeout=timeout) as response:
            response.raise_for_status()
            return None if response.status == 204 else load_world(await response.json())

    async def report(self, observations: Sequence[Observation]) -> None:
        """Say what was seen."""
        timeout = aiohttp.ClientTimeout(total=ANSWER_TIMEOUT_SECONDS)
        document = [vars(observation) for observation in observations]
        url = f"{self.url()}/_homeport/observed"
        async with self._session.post(url, headers=self._headers, json=document, timeout=timeout) as response:
            response.raise_for_status()


def load_world(document: Mapping[str, Any]) -> World:
    """The feed's document as a World."""
    resources: dict[str, dict[str, Resource]] = {}
    for item in document["resources"]:
        resource = Resource(item["arn"], item["type"], item["account"], item["region"], item["state"])
        resources.setdefault(resource.type, {})[resource.arn] = resource
    return World(int(document["revision"]), resources)


async def follow(
    poll: Callable[[int], Awaitable[World | None]],
    reconnected: Callable[[], None],
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[World]:
    """Each new World, for ever. `reconnected` is called when the control plane answers again after a break."""
    revision, pause, broken = 0, FIRST_PAUSE_SECONDS, False
    while True:
        try:
            world = await poll(revision)
        except AWAY as error:
            if not broken:
                log.warning("the control plane does not answer (%s); what runs goes on", error or type(error).__name__)
            revision, broken = 0, True  # a restarted control plane counts its own revisions
            await sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            continue
        if broken:
            log.info("the control plane answers again")
            reconnected()
        pause, broken = FIRST_PAUSE_SECONDS, False
        if world is not None:
            revision = world.revision
            yield world
