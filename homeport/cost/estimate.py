"""Platform, usage and price book → the AWS bill of a month, line by line, and what of it is unknown.

What is priced is what Homeport's Terraform makes (homeport/terraform/foundation.py, apps.py and the modules), in the
given layout. Prices are list prices in US dollars without tax, Savings Plans, reservations or credits.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from homeport.cost.account import account_uses, organisation_uses
from homeport.cost.compute import function_uses, schedule_uses, service_uses
from homeport.cost.data import SMALL_GIB, data_uses, memory_gib
from homeport.cost.layout import DEFAULT, Layout
from homeport.cost.line import Line, Unknown, Use
from homeport.cost.messages import message_uses
from homeport.cost.network import network_uses
from homeport.cost.place import Place, find_places
from homeport.cost.prices.book import PriceBook
from homeport.cost.pricing import price_uses
from homeport.cost.requests import request_uses
from homeport.cost.watching import watching_uses
from homeport.model.platform import LOCAL, Platform
from homeport.model.usage import Usage

PARTS: tuple[Callable[[Place], Iterable[Use]], ...] = (
    service_uses,
    schedule_uses,
    function_uses,
    data_uses,
    request_uses,
    network_uses,
    watching_uses,
    message_uses,
    account_uses,
)
# what a real bill may have and no line is of, as nothing here says how much of it there will be
NOT_PRICED = (
    "Grafana: a seat for each person who edits or looks",
    "GitLab runners: an instance with its disk in each account that has one",
    "storage of the organisation's trail and of Config's history",
    "support plans, Savings Plans, reservations, credits and tax",
)


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A month on AWS. `notes` are what the reader has to know to read it right."""

    layout: Layout
    environments: tuple[str, ...]
    lines: tuple[Line, ...]
    unknown: tuple[Unknown, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def cents(self) -> float:
        """Typical; without what is unknown."""
        return sum(line.cents for line in self.lines)

    @property
    def cents_low(self) -> float:
        return sum(line.cents_low for line in self.lines)

    @property
    def cents_high(self) -> float:
        return sum(line.cents_high for line in self.lines)

    @property
    def floor_cents(self) -> float:
        """What is paid for no service in particular."""
        return sum(self.floor_by_account.values())

    @property
    def floor_by_account(self) -> dict[str, float]:
        """Cents of the floor by environment, each an account; `organisation` has none of its own."""
        return _by_account(line for line in self.lines if line.is_floor)

    @property
    def by_account(self) -> dict[str, float]:
        """Cents by environment, and `organisation`."""
        return _by_account(self.lines)


def estimate(
    platform: Platform,
    usage: Usage,
    book: PriceBook,
    layout: Layout = DEFAULT,
    environments: Sequence[str] = (),
) -> Estimate:
    """The bill of the named environments, or of all that are in the cloud.

    Raises HomeportError if an environment is not declared.
    """
    return estimate_places(find_places(platform, usage, layout, environments), book)


def estimate_places(places: Sequence[Place], book: PriceBook) -> Estimate:
    """The bill of environments that are all in the same layout."""
    layout = places[0].layout
    uses = [use for place in places for part in PARTS for use in place.stamped(part(place))]
    uses += organisation_uses(layout, places[0].region)
    lines, unknown = price_uses(uses, book)
    return Estimate(
        layout=layout,
        environments=tuple(place.name for place in places),
        lines=lines,
        unknown=unknown,
        notes=tuple(_notes(places)),
    )


def _by_account(lines: Iterable[Line]) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in lines:
        account = line.environment or "organisation"
        found[account] = found.get(account, 0.0) + line.cents
    return found


def _notes(places: Sequence[Place]) -> Iterator[str]:
    if places[0].layout.missing:
        yield f"Homeport does not build this yet: {', '.join(places[0].layout.missing)}"
    if [place.name for place in places] == [LOCAL]:
        yield "homeport.yml declares no environment in the cloud: the platform is estimated once, as it stands"
    for place in places:
        yield from _availability_notes(place)
        unread = place.usage == type(place.usage)()
        if unread:
            yield f"{place.name}: nothing is measured, all traffic and logs are assumed"
        for name, database in place.platform.databases.items():
            if database.version == "14":
                yield f"{place.name}: {name}: PostgreSQL 14 is the next version to pay for Extended Support on RDS"


def _availability_notes(place: Place) -> Iterator[str]:
    if not place.is_high:
        return
    small = [n for n, database in place.platform.databases.items() if memory_gib(database.size) <= SMALL_GIB]
    if small:
        yield f"{place.name}: {', '.join(small)}: a standby doubles the price of a small database; is it needed?"
    alone = [name for name, cache in place.platform.caches.items() if not cache.replicas]
    if alone:
        yield f"{place.name}: {', '.join(alone)}: no replica, although availability is high"
    single = [
        f"{name}.{process}"
        for name, service in place.platform.services.items()
        for process, declared in service.processes.items()
        if process == "web" and declared.scale.min < 2
    ]
    if single:
        yield f"{place.name}: {', '.join(single)}: a single task, although availability is high"
