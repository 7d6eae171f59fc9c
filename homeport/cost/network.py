"""What modules/network makes, and what flows through it: NAT gateways, public addresses, transfer."""

from collections.abc import Iterator

from homeport.cost import assumptions as assume
from homeport.cost.compute import task_count
from homeport.cost.line import HOURS, NOTHING, Amount, Use, fixed
from homeport.cost.place import ZONES, Place
from homeport.cost.requests import answered_gb
from homeport.cost.watching import service_logs


def nat_uses(count: int, gb: Amount, part: str = "") -> list[Use]:
    """NAT gateways with a public address each, and the bytes that pass them."""
    return [
        Use(price="nat.hour", amount=fixed(count * HOURS), item=f"{count} NAT gateways", kind="network", part=part),
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
    """Through the NAT gateways of the network of these services: a measured sum is shared out evenly."""
    if place.usage.nat_gb is not None:
        whole = place.measured(place.usage.nat_gb, NOTHING)
        return whole.times(1 / len(place.networks))
    logs = (service_logs(place, name) for name in services)
    return sum((place.measured(None, assume.NAT_GB) + log for log in logs), NOTHING)


def _tasks(place: Place, services: tuple[str, ...]) -> Amount:
    counts = (
        task_count(place, name, process, declared)
        for name in services
        for process, declared in place.platform.services[name].processes.items()
    )
    return sum(counts, NOTHING)


def _flows(place: Place) -> Iterator[Use]:
    answers = NOTHING
    for name, service in place.platform.services.items():
        egress = place.measured(place.service(name).egress_gb, assume.EGRESS_GB)
        answer = answered_gb(place, name) if service.routes else NOTHING
        answers += answer
        yield from egress_uses(answer, part=name)
        yield from egress_uses(egress, "other traffic to the internet", part=name)
    if place.platform.databases or place.platform.caches:
        yield from zone_uses(answers.of(assume.DATABASE_ANSWER_RATIO), "databases in another zone")
