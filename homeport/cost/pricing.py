"""Uses and a price book → lines, and what is unknown.

Tiers and free units are those of the whole organisation's bill, as AWS counts them: first all uses of a price are added
up, then what they cost together is shared out by quantity.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from homeport.cost.line import CASES, Amount, Line, Unknown, Use
from homeport.cost.prices.book import Price, PriceBook


def price_uses(uses: Iterable[Use], book: PriceBook) -> tuple[tuple[Line, ...], tuple[Unknown, ...]]:
    """Lines in the order of the uses. A use of nothing at all gives no line."""
    wanted = [use for use in uses if use.amount.high > 0]
    priced = [(use, book.find(use.price, use.region)) for use in wanted]
    known = [(use, price) for use, price in priced if price]
    rates = [_rates(known, case) for case in CASES]
    lines = tuple(_line(use, price, *(rate[price.id, price.region] for rate in rates)) for use, price in known)
    unknown = tuple(Unknown(use=use, reason=_reason(use, book)) for use, price in priced if price is None)
    return lines, unknown


def _rates(known: Sequence[tuple[Use, Price]], case: Callable[[Amount], float]) -> dict[tuple[str, str], float]:
    """Average cents of a unit by price and region, when all of them are used together."""
    total: dict[tuple[str, str], float] = defaultdict(float)
    prices: dict[tuple[str, str], Price] = {}
    for use, price in known:
        total[price.id, price.region] += case(use.amount)
        prices[price.id, price.region] = price
    left = {price.id: price.free for price in prices.values()}
    rates: dict[tuple[str, str], float] = {}
    for key, units in total.items():
        free = left[key[0]]
        left[key[0]] = max(0.0, free - units)
        rates[key] = prices[key].cents(units, free) / units if units else 0.0
    return rates


def _line(use: Use, price: Price, typical: float, low: float, high: float) -> Line:
    amount = use.amount
    cents = (amount.typical * typical, amount.low * low, amount.high * high)
    return Line(
        environment=use.environment,
        part=use.part,
        kind=use.kind,
        item=use.item,
        quantity=amount,
        unit=price.unit,
        unit_usd=price.usd,
        price=price.id,
        region=price.region,
        sku=price.sku,
        usage_type=price.usage_type,
        date=price.date,
        source=price.source,
        confidence=price.confidence,
        cents=cents[0],
        cents_low=min(cents[:2]),
        cents_high=max(cents[0], cents[2]),
        note=use.note,
    )


def _reason(use: Use, book: PriceBook) -> str:
    elsewhere = sorted(region for id, region in book.prices if id == use.price)
    where = f"; known in {', '.join(elsewhere)}" if elsewhere else ""
    return f"no price of {use.price} in {use.region}{where}"
