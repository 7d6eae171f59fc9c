"""The control plane's parts, put together: started in order, stopped in the reverse one."""

import asyncio
import logging
import sys
from concurrent.futures import ThreadPoolExecutor

from aiohttp import web

from homeport.errors import HomeportError
from homeport.local.control import accounts, fixes, seams, turn
from homeport.local.control.changes import Unit, changes, watch_backends
from homeport.local.control.deliveries import Deliveries, Delivery
from homeport.local.control.feed import Feed
from homeport.local.control.internal import Internal
from homeport.local.control.seams import s3, sqs, sqs_moves
from homeport.local.control.server import create_server
from homeport.local.control.store import Part, Store
from homeport.local.home import Home
from homeport.local.ports import Ports

log = logging.getLogger(__name__)
THREADS_MAX = 256  # an SQS long poll holds one for up to 20 s
DELIVERIES = Unit("homeport", "deliveries", "all")
SWITCH_SECONDS = 0.001  # the event loop waits for a busy call at most so long; Python's 5 ms would be seen in latency


class ControlPlane:
    """One running control plane. There is one per process: moto's state is global."""

    def __init__(self, home: Home) -> None:
        self._home = home
        home.path.mkdir(parents=True, exist_ok=True)
        self._pool = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="call")
        self._ports = Ports(home)
        self._store = Store(home, changes)
        self._deliveries = Deliveries(lambda record: self._store.journal(DELIVERIES, record), bury)
        self._feed = Feed(self._ports)
        self._runner: web.ServerRunner | None = None

    async def start(self, port: int) -> str:
        """The URL that it answers at."""
        sys.setswitchinterval(SWITCH_SECONDS)
        objects = self._prepare_moto()
        self._store.load()
        objects.sweep(s3.used_files())
        with turn.taken():
            accounts.forget_expired_sessions()
            accounts.ensure_apply_role()
        internal = Internal(self._token(), self._feed, self._deliveries, changes, self._pool, self._store.problem)
        self._feed.on_change = self._deliveries.on_news = internal.wake
        self._feed.start()
        self._store.start()
        changes.listen(self._store.mark)
        changes.listen(self._feed.mark)
        sqs_moves.resume(self._store.journal)
        changes.keep(self._store.check, self._store.wait)
        self._store.mark(frozenset({accounts.APPLY_ROLE_UNIT}))
        return await self._listen(internal, port)

    async def stop(self) -> None:
        """Stop answering, then save."""
        await asyncio.to_thread(sqs.end_waits)
        if self._runner is not None:
            await self._runner.cleanup()
        await asyncio.to_thread(self._feed.stop)
        await asyncio.to_thread(self._store.stop)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _prepare_moto(self) -> s3.Objects:
        fixes.apply_all()
        watch_backends()
        accounts.select_by_access_key()
        objects = seams.apply_all(self._home, self._ports, self._store.journal, self._deliveries.add)
        self._store.replayers = {"s3": s3.replay, "sqs": sqs_moves.replay, "homeport": self._deliveries.replay}
        self._store.parts = {DELIVERIES: Part(self._deliveries.dump, self._deliveries.restore)}
        return objects

    async def _listen(self, internal: Internal, port: int) -> str:
        self._runner = web.ServerRunner(create_server(self._pool, internal.respond), shutdown_timeout=0.3)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, "127.0.0.1", port).start()
        except OSError as error:
            raise HomeportError(f"port {port}: {error.strerror}", "choose another with --port, or 0 for any") from error
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    def _token(self) -> str:
        try:
            return self._home.token.read_text().strip()
        except FileNotFoundError:
            raise HomeportError(
                f"{self._home.token}: there is no token", "start the account with: homeport up"
            ) from None


def bury(delivery: Delivery, reason: str) -> None:
    """The last attempt failed: tell the dead letter queue or topic. Call with the turn taken."""
    from moto.backends import get_backend

    _, _, service, region, account, name = str(delivery.dead_letter).split(":", 5)
    body = delivery.payload.decode(errors="replace")
    log.warning("delivery to %s failed for good (%s); it goes to %s", delivery.target, reason, delivery.dead_letter)
    if service == "sqs":
        get_backend("sqs")[account][region].send_message(name, body)
    elif service == "sns":
        get_backend("sns")[account][region].publish(body, arn=delivery.dead_letter)
