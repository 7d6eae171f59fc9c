"""The part of the data plane that serves CloudFront distributions."""

import logging
from typing import Any

from homeport.local.data.context import Context, Live, World
from homeport.local.data.gateway.cdn.cache import Cache
from homeport.local.data.gateway.cdn.declared import compile_distribution, path_pattern
from homeport.local.data.gateway.cdn.origins import Origins, refuse
from homeport.local.data.gateway.cdn.serve import ServedDistribution
from homeport.local.data.gateway.sockets import Sockets, Wanted
from homeport.local.data.http.client import Pool
from homeport.local.data.http.server import Limits

LIMITS = Limits(head_bytes=32 * 1024, oversize=400, head_seconds=10, idle_seconds=60)
_log = logging.getLogger(__name__)


class Sites:
    """One socket per distribution."""

    def __init__(self, context: Context) -> None:
        self._pool = Pool()
        self._cache = Cache()
        self._origins = Origins(context.aws, self._pool)
        self._served: dict[str, tuple[Any, ServedDistribution]] = {}  # ARN → its declaration, what serves it
        self._invalidated: dict[str, set[str]] = {}
        self._sockets = Sockets()

    async def reconcile(self, world: World) -> None:
        declared = world.of("cloudfront:distribution")
        for arn in [arn for arn in self._served if arn not in declared]:
            _, served = self._served.pop(arn)
            self._invalidated.pop(arn, None)
            self._cache.forget(served.distribution.id)
        wanted = {}
        for arn, resource in declared.items():
            serving = self._serve(arn, resource.state.get("DistributionConfig"), resource)
            port = resource.state.get("LocalPort")
            if serving and port is not None:
                self._invalidate(arn, serving, resource.state.get("Invalidations") or ())
                name = str(resource.state["DistributionConfig"].get("Comment") or serving.distribution.id)
                wanted[arn] = Wanted(resource.type, name, int(port), serving.answer, refuse, LIMITS)
        await self._sockets.reconcile(wanted)

    async def stop(self) -> None:
        await self._sockets.stop()
        self._pool.close()

    def live(self) -> list[Live]:
        return self._sockets.live()

    def port(self, arn: str) -> int:
        """The port on which a distribution really listens."""
        return self._sockets.port(arn)

    def _serve(self, arn: str, config: Any, resource: Any) -> ServedDistribution | None:
        known = self._served.get(arn)
        if known and known[0] == config:
            return known[1]
        try:
            distribution = compile_distribution(resource)
        except (KeyError, ValueError, TypeError, AttributeError):
            _log.exception("distribution %s is declared in a way that is not understood; it stays as it was", arn)
            return known[1] if known else None
        if known:
            served = known[1]
            served.distribution = distribution
            self._cache.forget(distribution.id)  # what was kept may have come from another origin
        else:
            served = ServedDistribution(distribution, self._origins, self._cache)
        self._served[arn] = (config, served)
        return served

    def _invalidate(self, arn: str, served: ServedDistribution, invalidations: Any) -> None:
        """Act on invalidations not seen before. The cache starts empty, so that older ones are done already."""
        seen = self._invalidated.get(arn, set())
        for invalidation in invalidations:
            if invalidation["Id"] not in seen:
                patterns = [path_pattern(path) for path in invalidation["Paths"]]
                self._cache.invalidate(served.distribution.id, patterns)
        self._invalidated[arn] = {invalidation["Id"] for invalidation in invalidations}
