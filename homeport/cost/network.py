"""What modules/network makes, and what flows through it: NAT gateways, public addresses, transfer."""

from collections.abc import Iterator

from homeport.cost import assumptions as assume
from homeport.cost.compute import task_count
from homeport.cost.line import HOURS, NOTHING, Amount, Use, fixed
from homeport.cost.place import ZONES, Place
from homeport.cost.requests import answered_gb, routed
from homeport.cost.watching import service_logs


def nat_uses(count: int, gb: Amount, part: str = "") -> list[Use]:
    """NAT gateways with a public address each, and the bytes that pass them."""
    item = f"{count} NAT gateway{'s' if count > 1 else ''}"
    return [
        Use(price="nat.hour", amount=fixed(count * HOURS), item=item, kind="network", part=part),
        *address_uses("NAT gateways", fixed(count), part),
        Use(price="nat.gb", amount=gb, item="bytes through NAT gateways", kind="network", part=part),
    ]


def address_uses(owner: str, count: Amount, part: str = "") -> list[Use]:
    """Public IPv4 addresses, in use or not."""
    return [
        Use(
            price="ipv4.hour",
            amount=count.times(HOURS),
            item=f"public IPv4 addresses of {owner}",
            kind="network",
            part=part,
        )
    ]


def egress_uses(gb: Amount, item: str = "answers to the internet", part: str = "") -> list[Use]:
    """Bytes to the internet."""
    return [Use(price="transfer.out", amount=gb, item=item, kind="network", part=part)]


def zone_uses(gb: Amount, item: str, part: str = "") -> list[Use]:
    """Bytes between two places in one of two zones each: half of them cross, and are billed in both directions."""
    return [Use(price="transfer.zone", amount=gb, item=item, kind="network", part=part)]


def network_uses(place: Place) -> Iterator[Use]:
    """One network for all, or one for each service; then what flows, service by service."""
    for part in place.networks:
        services = (part,) if part else tuple(place.platform.services)
        if place.nat_gateways:
            gb = _nat_gb(place, services)
            yield from nat_uses(place.nat_gateways, gb, part)
            if place.nat_gateways < ZONES:
                yield from zone_uses(gb, "NAT gateways in another zone", part)
        elif services:
            yield from address_uses("tasks", _tasks(place, services), part)
        yield Use(
            price="endpoint.gateway", amount=fixed(HOURS), item="gateway endpoint of S3", kind="network", part=part
        )
    yield from _flows(place)


def _nat_gb(place: Place, services: tuple[str, ...]) -> Amount:
    """Through the NAT gateways of the network of these services: what is of no one service is shared out evenly."""
    share = 1 / len(place.networks)
    if place.usage.nat_gb is not None:
        return place.measured(place.usage.nat_gb, NOTHING).times(share)
    logs = (service_logs(place, name) for name in services)
    of_services = sum((place.measured(None, assume.NAT_GB) + log for log in logs), NOTHING)
    inside = (name for name in place.platform.functions if _reaches_data(place, name))  # others have no network
    of_functions = sum((_function_egress(place, name) for name in inside), NOTHING)
    return of_services + of_functions.times(share)


def _tasks(place: Place, services: tuple[str, ...]) -> Amount:
    counts = (
        task_count(place, name, process, declared)
        for name in services
        for process, declared in place.platform.services[name].processes.items()
    )
    return sum(counts, NOTHING)


def _flows(place: Place) -> Iterator[Use]:
    for name in routed(place):
        yield from egress_uses(answered_gb(place, name), part=name)
    for name in place.platform.services:
        egress = place.measured(place.service(name).egress_gb, assume.EGRESS_GB)
        yield from egress_uses(egress, "other traffic to the internet", part=name)
    for name in place.platform.functions:
        yield from egress_uses(_function_egress(place, name), "other traffic to the internet", part=name)
    answers = sum((answered_gb(place, name) for name in routed(place) if _reaches_data(place, name)), NOTHING)
    yield from zone_uses(answers.of(assume.DATABASE_ANSWER_RATIO), "databases in another zone")


def _function_egress(place: Place, name: str) -> Amount:
    return place.measured(place.service(name).egress_gb, assume.EGRESS_GB.times(assume.FUNCTION_SHARE))


def _reaches_data(place: Place, name: str) -> bool:
    """Whether it uses databases or caches: such a function is in the network, too."""
    platform = place.platform
    used = (platform.services.get(name) or platform.functions[name]).uses
    return any(data in platform.databases or data in platform.caches for data in used)
