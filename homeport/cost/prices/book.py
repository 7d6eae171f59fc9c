"""The price book: prices by id and region, and the file that they are kept in.

A price that is not in the book is unknown. It is never taken from another region, unless the user says so by name
(`filled_from`), and then it is marked as weak.
"""

import datetime
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from homeport.errors import HomeportError

Confidence = Literal["H", "M", "L"]
GLOBAL, HEROKU = "global", "heroku"
SHIPPED = Path(__file__).with_name("book.json")
REFRESH = "homeport prices refresh"


@dataclass(frozen=True)
class Tier:
    """What a unit costs above this many units a month."""

    above: float
    usd: float


@dataclass(frozen=True, kw_only=True)
class Price:
    """What one unit of something costs in one region.

    `free` units a month cost nothing; AWS grants them once to an organisation, not to each account. `date` is when
    AWS published it, or for a researched price when its source did.
    """

    id: str
    region: str
    service: str
    usage_type: str = ""
    sku: str = ""
    unit: str
    tiers: tuple[Tier, ...]
    free: float = 0.0
    date: str
    source: str
    confidence: Confidence

    def cents(self, units: float, free: float | None = None) -> float:
        """Of this many units in a month, not rounded; `free` is what is left of the free units."""
        billed = max(0.0, units - (self.free if free is None else free))
        total = 0.0
        for place, tier in enumerate(self.tiers):
            end = self.tiers[place + 1].above if place + 1 < len(self.tiers) else billed
            total += max(0.0, min(billed, end) - tier.above) * tier.usd
        return total * 100

    @property
    def usd(self) -> float:
        """Of a unit in the first tier that is billed."""
        return self.tiers[0].usd


@dataclass(frozen=True)
class PriceBook:
    """Prices by (id, region). `date` is when the book was made."""

    date: str
    prices: Mapping[tuple[str, str], Price] = field(default_factory=dict)

    def find(self, id: str, region: str) -> Price | None:
        """The price there, or the one that is the same everywhere; None if it is unknown."""
        return self.prices.get((id, region)) or self.prices.get((id, GLOBAL))

    def laid_over(self, other: "PriceBook") -> "PriceBook":
        """Both books' prices, this one's where both have one.

        Free units are kept, as price lists do not tell them; unless they do, by a first tier that costs nothing.
        """
        kept = {
            key: price if price.free or not price.usd else replace(price, free=_free(other, key))
            for key, price in self.prices.items()
        }
        return PriceBook(max(self.date, other.date), {**other.prices, **kept})

    def filled_from(self, region: str) -> "PriceBook":
        """What is unknown elsewhere taken from `region`, with confidence L and a source that says so."""
        regions = {place for _, place in self.prices} - {GLOBAL, HEROKU, region}
        taken = {
            (price.id, place): replace(
                price, region=place, confidence="L", sku="", source=f"unknown there: {region}'s, {price.source}"
            )
            for price in self.prices.values()
            if price.region == region
            for place in regions
            if (price.id, place) not in self.prices
        }
        return PriceBook(self.date, {**self.prices, **taken})

    def age_days(self, today: datetime.date) -> int:
        """Days since the book was made."""
        return (today - datetime.date.fromisoformat(self.date)).days

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """AWS regions that the book knows something of."""
        return tuple(sorted({region for _, region in self.prices} - {GLOBAL, HEROKU}))

    @cached_property
    def best_known(self) -> str:
        """The region with most prices; empty if there is none."""
        known = Counter(region for _, region in self.prices if region in self.regions)
        return max(known, key=lambda region: (known[region], region), default="")


def book_of(day: str, prices: Iterable[Price]) -> PriceBook:
    """A book of these prices. Raises HomeportError if two are for the same id and region."""
    found: dict[tuple[str, str], Price] = {}
    for price in prices:
        key = (price.id, price.region)
        if key in found:
            raise HomeportError(f"price {price.id} in {price.region}: is there twice")
        found[key] = price
    return PriceBook(day, found)


def render_book(book: PriceBook) -> str:
    """The file, one price on a line, in order: two books differ where their lines do."""
    ordered = sorted(book.prices.values(), key=lambda price: (price.id, price.region))
    lines = ",\n".join(json.dumps(_to_json(price), ensure_ascii=False) for price in ordered)
    return f'{{"date": {json.dumps(book.date)}, "prices": [\n{lines}\n]}}\n'


def parse_book(text: str, place: str) -> PriceBook:
    """The book in a file. Raises HomeportError if it is not one; `place` is named in the message."""
    try:
        document = json.loads(text)
        datetime.date.fromisoformat(document["date"])
        return book_of(document["date"], (_from_json(item) for item in document["prices"]))
    except (ValueError, KeyError, TypeError, IndexError) as error:
        reason = f"has no {error}" if isinstance(error, KeyError) else str(error)
        raise HomeportError(f"{place}: is not a price book: {reason}", f"{REFRESH} writes one") from None


def load_book(file: Path | None = None) -> PriceBook:
    """The shipped book, with the prices of `file` laid over it."""
    shipped = parse_book(SHIPPED.read_text(encoding="utf-8"), str(SHIPPED))
    if file is None:
        return shipped
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise HomeportError(f"{file}: cannot be read: {error}", f"{REFRESH} writes one") from None
    return parse_book(text, str(file)).laid_over(shipped)


def _free(book: PriceBook, key: tuple[str, str]) -> float:
    found = book.prices.get(key)
    return found.free if found else 0.0


def _to_json(price: Price) -> dict[str, Any]:
    document = asdict(price) | {"tiers": [[tier.above, tier.usd] for tier in price.tiers]}
    return {key: value for key, value in document.items() if value not in ("", 0.0) or key == "tiers"}


def _from_json(item: dict[str, Any]) -> Price:
    tiers = tuple(Tier(float(above), float(usd)) for above, usd in item["tiers"])
    if not tiers or any(tier.usd < 0 for tier in tiers) or [*tiers] != sorted(tiers, key=lambda tier: tier.above):
        raise ValueError(f"{item['id']}: tiers are not in order")
    if item["confidence"] not in ("H", "M", "L"):
        raise ValueError(f"{item['id']}: confidence is {item['confidence']!r}; expected H, M or L")
    return Price(**{**item, "tiers": tiers})
