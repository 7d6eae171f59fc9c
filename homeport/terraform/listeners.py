"""Which load balancer and which port of it belong to a service.

A load balancer has room for 50 listeners (an AWS quota), so the 51st service opens a second one. The port is drawn from
the service's name, not from its place in the list: taking a service away must not move the others' listeners.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from homeport.model.platform import Platform

LISTENERS_PER_LOAD_BALANCER = 50
FIRST_PORT, LAST_PORT = 10000, 59999


@dataclass(frozen=True)
class Listener:
    """`load_balancer` is the number of the load balancer, from "1"."""

    load_balancer: str
    port: int


def services_with_routes(platform: Platform) -> list[str]:
    """Services that a load balancer must know."""
    return [name for name, service in platform.services.items() if service.routes]


def assign_listeners(services: Iterable[str]) -> dict[str, Listener]:
    """A listener for each service, in the given order."""
    ordered = list(services)
    ports = _assign_ports(ordered)
    return {
        name: Listener(str(place // LISTENERS_PER_LOAD_BALANCER + 1), ports[name]) for place, name in enumerate(ordered)
    }


def _assign_ports(services: Iterable[str]) -> dict[str, int]:
    """A port of its own for each name; of two names with the same hash, the later one in the alphabet moves on."""
    taken: dict[int, str] = {}
    for name in sorted(services):
        port = FIRST_PORT + int(hashlib.sha256(name.encode()).hexdigest(), 16) % (LAST_PORT - FIRST_PORT + 1)
        while port in taken:
            port = FIRST_PORT if port == LAST_PORT else port + 1
        taken[port] = name
    return {name: port for port, name in taken.items()}
