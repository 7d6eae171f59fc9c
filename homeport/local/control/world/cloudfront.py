"""CloudFront: distributions with their port here and their invalidations."""

from collections.abc import Iterator
from typing import Any

from homeport.local.control.world.resource import Resource
from homeport.local.control.world.shape import describe
from homeport.local.ports import Ports

INVALIDATIONS_MAX = 50  # the newest; the data plane has acted on older ones long ago


def read(backend: Any, ports: Ports) -> Iterator[Resource]:
    for distribution in backend.distributions.values():
        state = describe("cloudfront", "GetDistribution", {"Distribution": distribution})["Distribution"]
        state["LocalPort"] = ports.of(distribution.arn)
        invalidations = list(backend.invalidations.get(distribution.distribution_id, ()))
        newest = sorted(invalidations, key=lambda i: i.create_time)[-INVALIDATIONS_MAX:]
        state["Invalidations"] = [{"Id": i.id, "Paths": list(i.paths)} for i in newest]
        yield Resource(distribution.arn, "cloudfront:distribution", backend.account_id, "us-east-1", state)
