"""Cognito: user pools, with the keys that their tokens are signed with."""

from collections.abc import Iterator
from typing import Any

from homeport.local.control.world.resource import Resource
from homeport.local.ports import Ports


def read(backend: Any, ports: Ports) -> Iterator[Resource]:
    from homeport.local.control.seams.cognito import public_keys

    for pool in backend.user_pools.values():
        state = {
            "Id": pool.id,
            "Name": pool.name,
            "Issuer": f"https://cognito-idp.{backend.region_name}.amazonaws.com/{pool.id}",
            "Jwks": public_keys(),
            "ClientIds": sorted(pool.clients),
        }
        yield Resource(pool.arn, "cognito-idp:user-pool", backend.account_id, backend.region_name, state)
