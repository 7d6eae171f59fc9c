"""What is used of a price (`Use`), and the line of the bill that it becomes (`Line`)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from homeport.cost.prices.book import Confidence
from homeport.model.usage import Basis, Quantity

Kind = Literal[
    "compute", "databases", "caches", "network", "requests", "watching", "storage", "messages", "users", "account"
]
KINDS: tuple[Kind, ...] = Kind.__args__  # type: ignore[attr-defined]
CERTAINTY: tuple[Basis, ...] = ("fixed", "measured", "assumed")  # a sum is as sure as its least sure part
ACCOUNT = "account "  # begins the part of accounts that hold no environment
STANDING = ("nat.hour", "ipv4.hour", "alb.hour", "endpoint.hour")
HOURS = 730.0  # AWS's month; Heroku's has 720


@dataclass(frozen=True)
class Amount:
    """A quantity of a month: typical, the least and the most it may be, and how it is known."""

    typical: float
    low: float
    high: float
    basis: Basis = "fixed"
    source: str = ""

    def times(self, factor: float) -> "Amount":
        return replace(self, typical=self.typical * factor, low=self.low * factor, high=self.high * factor)

    def at_least(self, least: float) -> "Amount":
        return replace(self, typical=max(self.typical, least), low=max(self.low, least), high=max(self.high, least))

    def __add__(self, other: "Amount") -> "Amount":
        basis = max(self.basis, other.basis, key=CERTAINTY.index)
        source = "; ".join(dict.fromkeys(filter(None, (self.source, other.source))))
        return Amount(self.typical + other.typical, self.low + other.low, self.high + other.high, basis, source)

    def of(self, other: "Amount") -> "Amount":
        """The product: so many of these, each of so much."""
        basis = max(self.basis, other.basis, key=CERTAINTY.index)
        source = "; ".join(dict.fromkeys(filter(None, (self.source, other.source))))
        return Amount(self.typical * other.typical, self.low * other.low, self.high * other.high, basis, source)


@dataclass(frozen=True, kw_only=True)
class Use:
    """So much of a price, in a place: not priced yet. `part` is the service, database…; "" for what all share."""

    price: str
    amount: Amount
    item: str
    kind: Kind
    environment: str = ""
    part: str = ""
    region: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the AWS bill. Cents are not rounded: sums are, when they are shown."""

    environment: str
    part: str
    kind: Kind
    item: str
    quantity: Amount
    unit: str
    unit_usd: float
    price: str
    region: str
    sku: str
    usage_type: str
    date: str
    source: str
    confidence: Confidence
    cents: float
    cents_low: float
    cents_high: float
    note: str = ""

    @property
    def identity(self) -> str:
        """What AWS calls the price: its SKU, or where the book has none the usage type that the bill will name."""
        return self.sku or f"{self.usage_type or 'no usage type'}, SKU not in the book"

    @property
    def basis(self) -> Basis:
        return self.quantity.basis

    @property
    def is_floor(self) -> bool:
        """Paid for no service in particular: what all of an environment share, or an account of the organisation."""
        return self.part.startswith(ACCOUNT) or (not self.part and self.kind not in ("databases", "caches"))

    @property
    def is_standing(self) -> bool:
        """Paid from the first service on, however little it does: the floor, and each network's gateways."""
        return self.is_floor or self.price in STANDING


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """Something that the bill will have, and whose price the book does not know."""

    use: Use
    reason: str


def fixed(value: float) -> Amount:
    """What the declaration says."""
    return Amount(value, value, value)


def assumed(low: float, typical: float, high: float, source: str) -> Amount:
    """What nobody has measured; `source` says why these numbers."""
    return Amount(typical, low, high, "assumed", source)


def amount_of(quantity: Quantity) -> Amount:
    """A quantity of the usage file; without low or high it is exact."""
    low = quantity.typical if quantity.low is None else min(quantity.low, quantity.typical)
    high = quantity.typical if quantity.high is None else max(quantity.high, quantity.typical)
    return Amount(quantity.typical, low, high, quantity.basis, quantity.source)


NOTHING = fixed(0)
CASES: tuple[Callable[[Amount], float], ...] = (lambda a: a.typical, lambda a: a.low, lambda a: a.high)
