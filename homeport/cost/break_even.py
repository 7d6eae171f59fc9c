"""Where a layout breaks even: not by a formula, but by estimating smaller and smaller teams of the same services.

The service that saves most is left out first, so that each smaller team is the one that a move pays least; between two
of them the sign of the saving changes. It holds for a bill of this mix, and for no other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from homeport.cost.estimate import estimate_places
from homeport.cost.heroku_bill import HerokuBill
from homeport.cost.place import Place
from homeport.cost.prices.book import PriceBook
from homeport.cost.subset import bill_without, place_without
from homeport.cost.verdict import Part
from homeport.model.platform import Platform


@dataclass(frozen=True)
class BreakEven:
    """Two Heroku bills, in cents: at the first AWS costs more, at the second no more; None: not with all services."""

    dearer_cents: float
    cheaper_cents: float | None
    dearer_services: int
    cheaper_services: int | None


def find_break_even(
    platform: Platform, places: Sequence[Place], bill: HerokuBill, book: PriceBook, parts: Sequence[Part]
) -> BreakEven | None:
    """By halving the list of services: about log2 of their number estimates. None without a bill.

    What is left when all services are gone (the floor) costs more than nothing, so one end is always there.
    """
    if not bill.cents:
        return None
    code = {name for _, name, _ in platform.with_code()}
    ranked = sorted((part for part in parts if part.name in code), key=lambda part: part.aws_cents - part.heroku_cents)
    order = [part.name for part in ranked]

    def heroku_and_saving(left: int) -> tuple[float, float]:
        gone = set(order[: len(order) - left])
        smaller = bill_without(bill, platform, gone)
        there = estimate_places([place_without(place, gone) for place in places], book)
        return smaller.cents, smaller.cents - smaller.kept_cents - there.cents

    whole, saving = heroku_and_saving(len(order))
    if saving < 0:
        return BreakEven(whole, None, len(order), None)
    dearer, cheaper = 0, len(order)
    bills = {cheaper: whole, dearer: heroku_and_saving(0)[0]}
    while cheaper - dearer > 1:
        middle = (dearer + cheaper) // 2
        bills[middle], saving = heroku_and_saving(middle)
        dearer, cheaper = (middle, cheaper) if saving < 0 else (dearer, middle)
    return BreakEven(bills[dearer], bills[cheaper], dearer, cheaper)
