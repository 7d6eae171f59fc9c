"""Heroku beside AWS: layouts side by side, which lines change between them, what to do, and where it breaks even."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from homeport.cost.break_even import BreakEven, find_break_even
from homeport.cost.estimate import Estimate, estimate_places
from homeport.cost.heroku_bill import HerokuBill, read_bill
from homeport.cost.layout import DEFAULT, Layout
from homeport.cost.place import Place, find_places, laid_out
from homeport.cost.prices.book import PriceBook
from homeport.cost.subset import owner_of, place_without
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
    `break_even` is None without a Heroku bill, and where prices are unknown.
    """

    layout: Layout
    estimate: Estimate
    changes: tuple[Change, ...]
    break_even: BreakEven | None
    cents: float  # with what goes on being paid to vendors
    more_unknown: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Leaving:
    """The recommended layout without the services that had better stay on Heroku, which go on being paid there."""

    names: tuple[str, ...]
    aws_cents: float
    heroku_cents: float
    vendor_cents: float

    @property
    def cents(self) -> float:
        return self.aws_cents + self.heroku_cents + self.vendor_cents


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Everything that the report shows. `options` begin with the layout that was asked for.

    `leaving` is there where services had better stay although the team moves. Where prices of a region are unknown,
    `filled` is the same with those of `filled_from`, which knows most of them: what it would cost if they were alike.
    It is never in a sum of this one.
    """

    platform: Platform
    bill: HerokuBill
    options: tuple[Option, ...]
    verdict: Verdict
    leaving: Leaving | None = None
    filled: "Comparison | None" = None
    filled_from: str = ""

    @property
    def shown(self) -> "Comparison":
        """What reports begin with: as much as can be said, and marked where it is filled from another region."""
        return self.filled or self

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
        if any(_is_that(o, there) for o in options):
            continue
        more = tuple(sorted(unknown_ids(there) - unknown_ids(before)))
        of_layout = tuple(parts(platform, bill, there))
        options.append(
            Option(
                layout=other,
                estimate=there,
                changes=differences(before, there),
                break_even=find_break_even(platform, laid_out(places, other), bill, book, of_layout)
                if not there.unknown
                else None,
                cents=there.cents + bill.kept_cents,
                more_unknown=more,
                parts=of_layout,
            )
        )
    verdict = judge(platform, bill, [option.estimate for option in options])
    leaving = _leave(platform, laid_out(places, verdict.layout), bill, book, verdict)
    return Comparison(platform=platform, bill=bill, options=tuple(options), verdict=verdict, leaving=leaving)


def _is_that(option: Option, other: Estimate) -> bool:
    """Whether it is the same bill, and no layout that Homeport builds goes for one that it does not build."""
    there = option.estimate
    built = bool(other.layout.missing) >= bool(option.layout.missing)
    return built and (there.lines, there.unknown) == (other.lines, other.unknown)


def _leave(
    platform: Platform, places: Sequence[Place], bill: HerokuBill, book: PriceBook, verdict: Verdict
) -> Leaving | None:
    code = {name for _, name, _ in platform.with_code()}
    names = tuple(name for name in verdict.stay if name in code)
    if not verdict.moves or not names:
        return None
    owner = owner_of(bill, platform)
    stays = [line for line in bill.lines if owner(line.charge) in names and line.charge.moves]
    return Leaving(
        names=names,
        aws_cents=estimate_places([place_without(place, names) for place in places], book).cents,
        heroku_cents=sum(line.cents or 0 for line in stays),
        vendor_cents=bill.kept_cents,
    )


def alternatives(layout: Layout) -> list[Layout]:
    """The layout itself, what Homeport builds, those that differ in one choice, and the cheapest that is sensible."""
    others = [
        Layout(availability=layout.availability, baseline=layout.baseline),
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


def _generic(item: str) -> str:
    """Without what differs between things of the same sort: the size of a task, the number of a gateway."""
    if item.endswith((": vCPU", ": memory")):
        return f"tasks{item[item.rindex(':') :]}"
    for start in ("PostgreSQL", "Valkey", "disk"):
        if item.startswith(start):
            return start
    return "NAT gateways" if re.fullmatch(r"\d+ NAT gateways?", item) else item
