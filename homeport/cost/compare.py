"""Heroku beside AWS: layouts side by side, which lines change between them, what to do, and where it breaks even."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from homeport.cost.estimate import Estimate, estimate_places
from homeport.cost.heroku_bill import HerokuBill, read_bill
from homeport.cost.layout import DEFAULT, Layout
from homeport.cost.place import find_places, laid_out
from homeport.cost.prices.book import PriceBook
from homeport.cost.verdict import Part, Verdict, judge, parts
from homeport.model.platform import Platform
from homeport.model.usage import Usage

CHANGE_CENTS = 50.0  # smaller changes are added up


@dataclass(frozen=True)
class Change:
    """What a kind of line costs more (or less) than in the layout that is compared with."""

    item: str
    cents: float


@dataclass(frozen=True, kw_only=True)
class Option:
    """A layout, its estimate and how it compares with the one that was asked for.

    `more_unknown` are prices that only this layout needs and that the book does not know: its sum is too low by them.
    `break_even_cents` is the Heroku bill at which it costs the same, None where it never does, or is not known.
    """

    layout: Layout
    estimate: Estimate
    changes: tuple[Change, ...]
    break_even_cents: float | None
    cents: float  # with what goes on being paid to vendors
    more_unknown: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Everything that the report shows. `options` begin with the layout that was asked for.

    Where prices of a region are unknown, `filled` is the same with those of `filled_from`, which knows most of them:
    what it would cost if they were alike. It is never in a sum of this one.
    """

    bill: HerokuBill
    options: tuple[Option, ...]
    verdict: Verdict
    filled: "Comparison | None" = None
    filled_from: str = ""

    @property
    def chosen(self) -> Option:
        """The option that the report is about."""
        return self.options[0]

    @property
    def recommended(self) -> Option:
        return next(option for option in self.options if option.layout == self.verdict.layout)


def compare(
    platform: Platform,
    usage: Usage,
    book: PriceBook,
    layout: Layout = DEFAULT,
    environments: Sequence[str] = (),
) -> Comparison:
    """The layout that was asked for and every sensible other one, beside the Heroku bill.

    Raises HomeportError if an environment is not declared.
    """
    found = _compare(platform, usage, book, layout, environments)
    region = book.best_known
    if not found.chosen.estimate.unknown or not region:
        return found
    filled = _compare(platform, usage, book.filled_from(region), layout, environments)
    if len(filled.chosen.estimate.unknown) == len(found.chosen.estimate.unknown):
        return found
    return replace(found, filled=filled, filled_from=region)


def _compare(
    platform: Platform, usage: Usage, book: PriceBook, layout: Layout, environments: Sequence[str]
) -> Comparison:
    bill = read_bill(usage, book, environments)
    places = find_places(platform, usage, layout, environments)
    options: list[Option] = []
    for other in alternatives(layout):
        there = estimate_places(laid_out(places, other), book)
        before = options[0].estimate if options else there
        if any((there.lines, there.unknown) == (o.estimate.lines, o.estimate.unknown) for o in options):
            continue  # one of them is that already
        more = tuple(sorted(unknown_ids(there) - unknown_ids(before)))
        options.append(
            Option(
                layout=other,
                estimate=there,
                changes=differences(before, there),
                break_even_cents=None if more else break_even(there, bill),
                cents=there.cents + bill.kept_cents,
                more_unknown=more,
                parts=tuple(parts(platform, bill, there)),
            )
        )
    verdict = judge(platform, bill, [option.estimate for option in options])
    return Comparison(bill=bill, options=tuple(options), verdict=verdict)


def alternatives(layout: Layout) -> list[Layout]:
    """The layout itself, then those that differ in one choice, then the cheapest that is still sensible."""
    others = [
        replace(layout, sharing="isolated"),
        replace(layout, sharing="network"),
        replace(layout, sharing="data"),
        replace(layout, architecture="arm"),
        replace(layout, architecture="x86"),
        replace(layout, architecture="arm", spot=True),
        replace(layout, front="direct"),
        replace(layout, availability="standard"),
        replace(layout, availability="high"),
        replace(layout, sleep=True),
        replace(layout, architecture="arm", sleep=True),
        replace(layout, sharing="data", architecture="arm", sleep=True),
    ]
    return list(dict.fromkeys([layout, *others]))


def differences(before: Estimate, after: Estimate) -> tuple[Change, ...]:
    """By kind and item, the largest first; what is below half a dollar is added up."""
    cents: dict[str, float] = defaultdict(float)
    for sign, estimate in ((-1, before), (1, after)):
        for line in estimate.lines:
            cents[f"{line.kind}: {_generic(line.item)}"] += sign * line.cents
    large = {item: change for item, change in cents.items() if abs(change) >= CHANGE_CENTS}
    rest = sum(cents.values()) - sum(large.values())
    ordered = [Change(item, change) for item, change in sorted(large.items(), key=lambda pair: -abs(pair[1]))]
    return tuple([*ordered, Change("everything else", rest)] if abs(rest) >= CHANGE_CENTS else ordered)


def unknown_ids(estimate: Estimate) -> set[str]:
    """Prices that the estimate needs and the book does not know."""
    return {f"{unknown.use.price} in {unknown.use.region}" for unknown in estimate.unknown}


def break_even(estimate: Estimate, bill: HerokuBill) -> float | None:
    """The Heroku bill, in cents, at which the layout costs the same.

    What stands (networks, load balancers, accounts) is paid for as many services as there are; what runs in them, and
    what vendors go on getting, is taken to grow with the bill: bill = standing + bill × share. None where no bill is
    high enough.
    """
    if not bill.cents:
        return None
    standing = sum(line.cents for line in estimate.lines if line.is_standing)
    share = (estimate.cents - standing + bill.kept_cents) / bill.cents
    return standing / (1 - share) if share < 1 else None


def _generic(item: str) -> str:
    """Without what differs between things of the same sort: the size of a task, the number of a gateway."""
    if item.endswith((": vCPU", ": memory")):
        return f"tasks{item[item.rindex(':') :]}"
    for start in ("PostgreSQL", "Valkey", "disk"):
        if item.startswith(start):
            return start
    return "NAT gateways" if item.endswith("NAT gateways") and item[0].isdigit() else item
