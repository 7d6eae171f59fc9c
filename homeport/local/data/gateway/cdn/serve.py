"""Serves one distribution: from a request to the answer that CloudFront would give."""

import asyncio
import base64
import os

from homeport.local.data.gateway.api.routes import split_path
from homeport.local.data.gateway.cdn.cache import Cache, Key, Stored, lifetime_seconds
from homeport.local.data.gateway.cdn.declared import Behaviour, Distribution
from homeport.local.data.gateway.cdn.delivery import accepts_gzip, compress, deliver, is_compressible
from homeport.local.data.gateway.cdn.origins import WHOLE_MAX, Origins, refuse
from homeport.local.data.http.message import Request, Response, find

_KEPT_STATUS = {200, 301, 302, 308}
_IN_A_THREAD = 64 * 1024  # compressing more would hold up other requests


class ServedDistribution:
    """A distribution behind its socket. `distribution` is replaced when its declaration changes."""

    def __init__(self, distribution: Distribution, origins: Origins, cache: Cache) -> None:
        self.distribution = distribution
        self._origins, self._cache = origins, cache
        self._under_way: dict[Key, asyncio.Lock] = {}

    async def answer(self, request: Request) -> Response:
        distribution = self.distribution
        if not distribution.enabled:
            return refuse(403, "The distribution is disabled.")
        split_path(request.path)  # raises for what is not a path
        path = f"/{distribution.root}" if request.path == "/" and distribution.root else request.path
        behaviour = distribution.behaviour_for(path)
        if request.method not in behaviour.methods:
            return refuse(403, "This distribution is not configured to allow the HTTP request method.")
        if request.method not in ("GET", "HEAD"):
            return self._signed(await self._pass(distribution, behaviour, request), "Miss")
        response, how = await self._get(distribution, behaviour, path, request)
        if response.status >= 400:
            page = await self._error_page(distribution, request, response)
            if page is not response and not isinstance(response.body, bytes):
                response.body.abort()
            response, how = page, "Error"
        return self._signed(deliver(request, response), how)

    async def _pass(self, distribution: Distribution, behaviour: Behaviour, request: Request) -> Response:
        origin = distribution.origins[behaviour.origin_id]
        if origin.bucket:
            return refuse(405, "Objects are written through S3.")
        return await self._origins.send(origin, behaviour, request)

    async def _get(
        self, distribution: Distribution, behaviour: Behaviour, path: str, request: Request
    ) -> tuple[Response, str]:
        """From the cache, or from the origin: one request at a time for the same thing."""
        zipped = behaviour.compress and accepts_gzip(request)
        key = _key(distribution, behaviour, path, request, zipped)
        if not behaviour.ttl[2]:
            return await self._fetch(key, distribution, behaviour, path, request)
        if found := self._fresh(key):
            return found, "Hit"
        lock = self._under_way.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                if found := self._fresh(key):
                    return found, "Hit"
                return await self._fetch(key, distribution, behaviour, path, request)
        finally:
            if not lock.locked():
                self._under_way.pop(key, None)

    def _fresh(self, key: Key) -> Response | None:
        stored = self._cache.find(key)
        now = self._cache.clock()
        if stored is None or stored.fresh_until <= now:
            return None
        return Response(stored.status, [*stored.headers, ("age", str(int(now - stored.stored)))], stored.body)

    async def _fetch(
        self, key: Key, distribution: Distribution, behaviour: Behaviour, path: str, request: Request
    ) -> tuple[Response, str]:
        origin = distribution.origins[behaviour.origin_id]
        stale = self._cache.find(key)
        if origin.bucket:
            etag = find(stale.headers, "etag").removeprefix("W/") if stale else ""
            response = await self._origins.read_object(distribution, origin, path, etag)
            if response.status == 304 and stale:
                renewed = Response(stale.status, list(stale.headers), stale.body)
                self._keep(key, distribution, behaviour, renewed)
                return renewed, "RefreshHit"
        else:
            response = await self._origins.send(origin, behaviour, _to_origin(request, path, behaviour))
        if not isinstance(response.body, bytes):
            length = response.body.length
            if behaviour.ttl[2] == 0 or length is None or length > WHOLE_MAX or request.method == "HEAD":
                return response, "Miss"
            response.body = await response.body.read(WHOLE_MAX)
        if key[-1] == "gzip" and is_compressible(response.headers, len(response.body)):
            work = compress
            large = len(response.body) > _IN_A_THREAD
            response = await asyncio.to_thread(work, response) if large else work(response)
        if origin.bucket or request.method == "GET":
            self._keep(key, distribution, behaviour, response)
        return response, "Miss"

    def _keep(self, key: Key, distribution: Distribution, behaviour: Behaviour, response: Response) -> None:
        assert isinstance(response.body, bytes)
        if response.status in _KEPT_STATUS:
            seconds = lifetime_seconds(response.headers, behaviour.ttl)
        elif response.status >= 400:
            page = distribution.errors.get(response.status)
            seconds = page.seconds if page else 10
        else:
            seconds = 0
        if seconds > 0:
            now = self._cache.clock()
            headers = [pair for pair in response.headers if pair[0] not in ("set-cookie", "age")]
            self._cache.keep(key, Stored(response.status, headers, response.body, now, now + seconds))

    async def _error_page(self, distribution: Distribution, request: Request, response: Response) -> Response:
        """The page that is declared for this error, under the status that is declared; else the error itself."""
        declared = distribution.errors.get(response.status)
        if declared is None or not declared.page:
            return response
        behaviour = distribution.behaviour_for(declared.page)
        page, _ = await self._get(distribution, behaviour, declared.page, request)
        if page.status != 200:
            return response
        return Response(declared.status, page.headers, page.body)

    def _signed(self, response: Response, how: str) -> Response:
        headers = [pair for pair in response.headers if pair[0] not in ("x-cache", "via")]
        headers.append(("x-cache", f"{how} from cloudfront"))
        headers.append(("via", f"1.1 {self.distribution.id.lower()}.cloudfront.net (CloudFront)"))
        headers.append(("x-amz-cf-pop", "LOCAL"))
        headers.append(("x-amz-cf-id", base64.urlsafe_b64encode(os.urandom(39)).decode() + "=="))
        return Response(response.status, headers, response.body, response.close)


def _key(distribution: Distribution, behaviour: Behaviour, path: str, request: Request, zipped: bool) -> Key:
    varying = [f"{name}:{request.header(name)}" for name in sorted(behaviour.headers)]
    if behaviour.cookies:
        varying.append("cookie:" + request.header("cookie"))
    query = request.query if behaviour.query else ""
    method = "" if distribution.origins[behaviour.origin_id].bucket else request.method
    return (distribution.id, path, query, method, *varying, "gzip" if zipped else "")


def _to_origin(request: Request, path: str, behaviour: Behaviour) -> Request:
    """What is asked of a server: the whole, without the client's conditions, when the answer may be kept."""
    target = path + (f"?{request.query}" if request.query else "")
    dropped = {"if-none-match", "if-modified-since", "range", "if-range"} if behaviour.ttl[2] else set()
    if behaviour.compress:
        dropped.add("accept-encoding")  # it is packed here
    headers = [pair for pair in request.headers if pair[0] not in dropped]
    return Request(request.method, target, headers, request.body, peer=request.peer)
