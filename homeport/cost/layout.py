"""How a platform is laid out on AWS: the choices that move its bill, apart from what homeport.yml declares.

The default is what Homeport's Terraform builds. A layout that it does not build yet is estimated all the same, and says
so (`missing`): nobody should plan with a saving that no command makes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from homeport.errors import HomeportError

Sharing = Literal["isolated", "network", "data"]
Architecture = Literal["declared", "x86", "arm"]
Front = Literal["balancer", "direct"]
Availability = Literal["declared", "standard", "high"]
Baseline = Literal["none", "trail", "guarded"]

AWAKE = 60 / 168  # of a week: twelve hours on five days


@dataclass(frozen=True, kw_only=True)
class Layout:
    """`sharing`: each service its own network and load balancer; one for all; or databases and caches too.
    `architecture`: as homeport.yml says, or of everything otherwise.
    `front`: the API reaches services through a load balancer, or directly through Cloud Map.
    `availability`: as homeport.yml says, or of production environments otherwise.
    `sleep`: what is not production sleeps outside of working hours.
    `nat_gateways`: of each network; None: one, or with high availability one per zone; 0: tasks get public addresses.
    `baseline`: what watches each account: nothing, CloudTrail and Config, or GuardDuty too.
    """

    sharing: Sharing = "network"
    architecture: Architecture = "declared"
    spot: bool = False
    front: Front = "balancer"
    availability: Availability = "declared"
    sleep: bool = False
    nat_gateways: int | None = None
    baseline: Baseline = "guarded"

    @property
    def name(self) -> str:
        """As `--layout` takes it: what differs from the default; `default` if nothing does."""
        return ",".join(word for word, change in WORDS.items() if _differs(self, change)) + self._nat() or "default"

    @property
    def missing(self) -> tuple[str, ...]:
        """What Homeport's Terraform does not build yet."""
        return tuple(what for what, is_wanted in NOT_BUILT.items() if is_wanted(self))

    def _nat(self) -> str:
        if self.nat_gateways is None:
            return ""
        word = f"nat={self.nat_gateways}"
        others = any(_differs(self, change) for change in WORDS.values())
        return f",{word}" if others else word


DEFAULT = Layout()
# what Homeport's Terraform does not build yet; a line goes when it does
NOT_BUILT: dict[str, Callable[[Layout], bool]] = {
    "a network for each service": lambda layout: layout.sharing == "isolated",
    "databases shared by services that declare their own": lambda layout: layout.sharing == "data",
    "Spot for workers": lambda layout: layout.spot,
    "the API without a load balancer": lambda layout: layout.front == "direct",
    "environments that sleep": lambda layout: layout.sleep,
    "another number of NAT gateways": lambda layout: layout.nat_gateways is not None,
}
# word of --layout → what it sets
WORDS: dict[str, tuple[str, object, str]] = {
    "isolated": ("sharing", "isolated", "each service has its own network, NAT gateway and load balancer"),
    "shared-data": ("sharing", "data", "small databases and caches share servers"),
    "arm": ("architecture", "arm", "ARM instead of x86"),
    "x86": ("architecture", "x86", "x86 instead of ARM"),
    "spot": ("spot", True, "workers on Spot"),
    "direct": ("front", "direct", "the API without a load balancer"),
    "standard": ("availability", "standard", "production without standby"),
    "high": ("availability", "high", "production with standby databases and a NAT gateway per zone"),
    "sleep": ("sleep", True, "what is not production sleeps outside of working hours"),
    "no-baseline": ("baseline", "none", "accounts without Config and GuardDuty"),
    "trail": ("baseline", "trail", "accounts with CloudTrail and Config, without GuardDuty"),
}


def parse_layout(text: str) -> Layout:
    """`arm,spot,nat=1` → a layout. Raises HomeportError naming every word that it does not know."""
    layout, wrong = DEFAULT, []
    for word in filter(None, (word.strip() for word in text.split(","))):
        key, _, value = word.partition("=")
        if key == "nat" and value.isdigit():
            layout = replace(layout, nat_gateways=int(value))
        elif word in WORDS:
            layout = replace(layout, **{WORDS[word][0]: WORDS[word][1]})  # type: ignore[arg-type]
        elif word != "default":
            wrong.append(word)
    if wrong:
        raise HomeportError(f"layout: {', '.join(wrong)}: not known", f"use {', '.join(WORDS)}, nat=N, default")
    return layout


def describe(layout: Layout) -> str:
    """In words, for tables and pages."""
    said = [words for _, (key, value, words) in WORDS.items() if getattr(layout, key) == value]
    if layout.nat_gateways is not None:
        count = f"{layout.nat_gateways} NAT gateway{'s' if layout.nat_gateways > 1 else ''}"
        said.append(count if layout.nat_gateways else "tasks with public addresses")
    return ", ".join(said) or "what Homeport builds: one network, as homeport.yml says"


def _differs(layout: Layout, change: tuple[str, object, str]) -> bool:
    key, value, _ = change
    return bool(getattr(layout, key) == value)
