"""One environment to estimate: the platform as it is there, its usage, and what the layout makes of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from homeport.cost.layout import AWAKE, Layout
from homeport.cost.line import HOURS, Amount, Use, amount_of
from homeport.model.platform import LOCAL, Platform
from homeport.model.usage import DataUsage, EnvironmentUsage, Quantity, ServiceUsage, Usage

Processors = Literal["x86", "arm"]
ZONES = 2  # of modules/network
SMALLER = 0.1  # of what is assumed, where it is not production
PRODUCTION = ("prod", "production", "live")


@dataclass(frozen=True)
class Place:
    """`services` is how many long-running services share (or do not share) the network."""

    name: str
    platform: Platform
    usage: EnvironmentUsage
    layout: Layout
    is_production: bool

    @property
    def region(self) -> str:
        return self.platform.region

    @property
    def is_high(self) -> bool:
        """Whether it has a NAT gateway per zone and standby databases."""
        if self.is_production and self.layout.availability != "declared":
            return self.layout.availability == "high"
        return self.platform.environments[self.name].availability == "high"

    @property
    def nat_gateways(self) -> int:
        """Of each network."""
        if self.layout.nat_gateways is not None:
            return self.layout.nat_gateways
        return ZONES if self.is_high else 1

    @property
    def networks(self) -> tuple[str, ...]:
        """The part that each network belongs to; "" for the one that all share."""
        return tuple(self.platform.services) or ("",) if self.layout.sharing == "isolated" else ("",)

    @property
    def hours(self) -> float:
        """Of a month in which what can sleep is awake."""
        return HOURS * (AWAKE if self.layout.sleep and not self.is_production else 1.0)

    def processors(self, name: str) -> Processors:
        """Those of a service or function."""
        if self.layout.architecture != "declared":
            return self.layout.architecture
        part = self.platform.services.get(name) or self.platform.functions[name]
        return "arm" if (part.architecture or self.platform.architecture) == "arm64" else "x86"

    def service(self, name: str) -> ServiceUsage:
        return self.usage.services.get(name, ServiceUsage())

    def data(self, name: str) -> DataUsage:
        return self.usage.data.get(name, DataUsage())

    def measured(self, quantity: Quantity | None, otherwise: Amount) -> Amount:
        """What the usage file says; otherwise what is assumed, less of it where it is not production."""
        if quantity is not None:
            return amount_of(quantity)
        return otherwise if self.is_production else otherwise.times(SMALLER)

    def stamped(self, uses: Iterable[Use]) -> Iterator[Use]:
        """The uses, in this environment and its region."""
        return (replace(use, environment=self.name, region=self.region) for use in uses)


def find_places(platform: Platform, usage: Usage, layout: Layout, environments: Sequence[str] = ()) -> list[Place]:
    """The environments to estimate: those named, or all in the cloud; `local`'s platform if there is no other."""
    names = tuple(environments) or tuple(name for name in platform.environments if name != LOCAL) or (LOCAL,)
    return [
        Place(
            name=name,
            platform=platform.in_environment(name),
            usage=usage.environments.get(name, EnvironmentUsage()),
            layout=layout,
            is_production=is_production(platform, name),
        )
        for name in names
    ]


def laid_out(places: Sequence[Place], layout: Layout) -> list[Place]:
    """The same environments in another layout."""
    return [replace(place, layout=layout) for place in places]


def is_production(platform: Platform, name: str) -> bool:
    """Known by its name (`prod`, `prod-eu`, `live`); where no name says so, the last environment is production."""
    cloud = [other for other in platform.environments if other != LOCAL]
    named = [other for other in cloud if other.split("-")[0] in PRODUCTION]
    return name in (named or cloud[-1:] or [LOCAL])


def web_services(place: Place) -> Iterator[str]:
    """Services that requests reach."""
    return (name for name, service in place.platform.services.items() if service.routes)
