"""A platform, its usage and its bill without some of its services: what a smaller team of the same mix would pay."""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import replace

from homeport.cost.heroku_bill import HerokuBill
from homeport.cost.place import Place
from homeport.model.platform import Platform
from homeport.model.usage import Charge


def owners(platform: Platform) -> dict[str, str]:
    """Data → the only service or function that uses it."""
    users: dict[str, list[str]] = defaultdict(list)
    for _, name, part in platform.with_code():
        for used in part.uses:
            users[used].append(name)
    return {used: names[0] for used, names in users.items() if len(names) == 1}


def place_without(place: Place, names: Collection[str]) -> Place:
    """An environment without these services and functions, and without the data that only they use.

    Bytes through NAT gateways that were measured as one sum shrink with the number of services.
    """
    platform = place.platform
    users = [(name, set(part.uses)) for _, name, part in platform.with_code()]
    left = {used for name, uses in users if name not in names for used in uses}
    gone = {*names, *({used for name, uses in users if name in names for used in uses} - left)}
    kept = {
        kind: {name: declared for name, declared in getattr(platform, kind).items() if name not in gone}
        for kind in ("services", "functions", "databases", "caches", "buckets", "topics")
    }
    usage = place.usage
    if usage.nat_gb is not None and platform.services:
        share = len(kept["services"]) / len(platform.services)
        scaled = {key: value * share for key, value in usage.nat_gb if isinstance(value, float)}
        usage = usage.model_copy(update={"nat_gb": usage.nat_gb.model_copy(update=scaled)})
    return replace(place, platform=platform.model_copy(update=kept), usage=usage)


def bill_without(bill: HerokuBill, platform: Platform, names: Collection[str]) -> HerokuBill:
    """The lines of the other services, and of the team; invoices are of the whole team, so there are none."""
    owner = owner_of(bill, platform)
    return HerokuBill(lines=tuple(line for line in bill.lines if owner(line.charge) not in names))


def owner_of(bill: HerokuBill, platform: Platform) -> Callable[[Charge], str]:
    """The service of a charge: by what it became, else by the app that it is billed to; "" for the team's own."""
    owner = owners(platform)
    code = {name for _, name, _ in platform.with_code()}
    by_app = {line.charge.app: line.charge.part for line in bill.lines if line.charge.app and line.charge.part in code}
    return lambda charge: owner.get(charge.part, charge.part) or by_app.get(charge.app, "")
