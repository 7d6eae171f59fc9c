"""Wanted sockets → listening ones. A port that somebody else has is reported and tried again; the others go on."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from homeport.local.data.context import Live
from homeport.local.data.http.server import App, Limits, Refuse, Server

RETRY_SECONDS = 2.0
HOST = "127.0.0.1"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wanted:
    """One socket: what listens, for `homeport status`, and what serves it."""

    type: str
    name: str
    port: int
    app: App = field(compare=False)
    refuse: Refuse = field(compare=False)
    limits: Limits = field(compare=False)
    detail: str = field(default="", compare=False)


class Sockets:
    """Keeps one server per ARN. What `app` does may change under a running server; its port may not."""

    def __init__(self, retry_seconds: float = RETRY_SECONDS) -> None:
        self._retry_seconds = retry_seconds
        self._wanted: Mapping[str, Wanted] = {}
        self._servers: dict[str, tuple[Wanted, Server]] = {}
        self._failures: dict[str, str] = {}
        self._retry: asyncio.TimerHandle | None = None
        self._retrying: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    async def reconcile(self, wanted: Mapping[str, Wanted]) -> None:
        async with self._lock:
            self._wanted = dict(wanted)
            for arn, (had, server) in list(self._servers.items()):
                if wanted.get(arn) != had:
                    del self._servers[arn]
                    await server.stop()
            self._failures = {arn: why for arn, why in self._failures.items() if arn in wanted}
            await self._open()

    async def stop(self) -> None:
        if self._retry:
            self._retry.cancel()
        await self.reconcile({})

    def live(self) -> list[Live]:
        return [
            Live(
                arn=arn,
                type=wanted.type,
                name=wanted.name,
                live=arn in self._servers,
                address=f"http://{HOST}:{wanted.port}",
                detail=self._failures.get(arn, wanted.detail),
                blocked=arn in self._failures,
            )
            for arn, wanted in self._wanted.items()
        ]

    def port(self, arn: str) -> int:
        """The port on which `arn` really listens."""
        return self._servers[arn][1].port

    async def _open(self) -> None:
        for arn, wanted in self._wanted.items():
            if arn not in self._servers:
                await self._listen(arn, wanted)
        if self._retry:
            self._retry.cancel()
            self._retry = None
        if self._failures:
            self._retry = asyncio.get_running_loop().call_later(self._retry_seconds, self._try_again)

    async def _listen(self, arn: str, wanted: Wanted) -> None:
        server = Server(wanted.app, wanted.refuse, wanted.limits)
        try:
            await server.start(HOST, wanted.port)
        except OSError as error:
            why = f"port {wanted.port} cannot be used ({error.strerror or error}); free it, it is tried again by itself"
            if self._failures.get(arn) != why:
                _log.error("%s %s: %s", wanted.type, wanted.name, why)
            self._failures[arn] = why
            return
        if self._failures.pop(arn, None):
            _log.info("%s %s: listens on port %d now", wanted.type, wanted.name, wanted.port)
        self._servers[arn] = (wanted, server)

    def _try_again(self) -> None:
        self._retrying = asyncio.get_running_loop().create_task(self._reopen())

    async def _reopen(self) -> None:
        async with self._lock:
            await self._open()
