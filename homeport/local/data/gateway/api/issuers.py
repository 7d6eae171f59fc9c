"""Keys of issuers that are not user pools of the account: found by OpenID discovery, but only on this machine.

Nothing that runs here calls out for keys. An issuer elsewhere has no keys, so that its tokens are refused.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from homeport.local.data.gateway.api.tokens import Authorizer, signing_keys
from homeport.local.data.http.client import Address, Broken, Outgoing, Pool, Unreachable
from homeport.local.data.http.message import BadMessage
from homeport.local.data.http.wire import Lost

KEEP_SECONDS = 300.0
READ_SECONDS = 5.0
_DOCUMENT_BYTES_MAX = 256 * 1024
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Issuers:
    """Asks each issuer at most once in five minutes, whether or not it answered."""

    def __init__(self, pool: Pool, clock: Callable[[], float] = time.monotonic) -> None:
        self._pool, self._clock = pool, clock
        self._asked: dict[str, tuple[float, dict[str, Any]]] = {}

    async def find_keys(self, authorizer: Authorizer) -> None:
        """Put the issuer's present keys into the authoriser."""
        issuer = authorizer.issuer
        asked = self._asked.get(issuer)
        if asked is None or asked[0] < self._clock():
            asked = (self._clock() + KEEP_SECONDS, await self._read_keys(issuer))
            self._asked[issuer] = asked
        authorizer.keys.clear()
        authorizer.keys.update(asked[1])

    async def _read_keys(self, issuer: str) -> dict[str, Any]:
        try:
            discovery = await self._read(issuer.rstrip("/") + "/.well-known/openid-configuration")
            return signing_keys(await self._read(str(discovery.get("jwks_uri"))))
        except (Unreachable, Broken, TimeoutError, BadMessage, Lost, ValueError, TypeError):
            return {}

    async def _read(self, url: str) -> Mapping[str, Any]:
        parts = urlsplit(url)
        if parts.hostname not in _LOOPBACK or parts.scheme != "http":
            raise ValueError("issuer is not on this machine")
        outgoing = Outgoing("GET", parts.path or "/", [("host", parts.netloc), ("accept", "application/json")])
        response = await self._pool.exchange(Address(parts.hostname, parts.port or 80), outgoing, READ_SECONDS)
        body = response.body if isinstance(response.body, bytes) else await response.body.read(_DOCUMENT_BYTES_MAX)
        document = json.loads(body)
        if not isinstance(document, dict):
            raise ValueError("not a document")
        return document
