"""Estimates and the Heroku bill → what to do: which layout, or to stay, and which service not to move."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from homeport.cost.estimate import Estimate
from homeport.cost.heroku_bill import HerokuBill
from homeport.cost.layout import Layout
from homeport.cost.line import Line
from homeport.model.platform import Platform


@dataclass(frozen=True, kw_only=True)
class Part:
    """A service with the data that only it uses, in all environments: on Heroku and, without the floor, on AWS."""

    name: str
    heroku_cents: float
    aws_cents: float

    @property
    def is_dearer(self) -> bool:
        """Costs more on AWS even if the floor were free. Without a Heroku bill nothing is dearer."""
        return 0 < self.heroku_cents < self.aws_cents


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`moves` is False where Heroku is cheaper, or nothing says what Heroku costs. `reasons` are sentences."""

    layout: Layout
    moves: bool
    saving_cents: float
    saving_percent: float
    reasons: tuple[str, ...]
    parts: tuple[Part, ...] = ()

    @property
    def stay(self) -> tuple[str, ...]:
        """Services that had better stay on Heroku."""
        return tuple(part.name for part in self.parts if part.is_dearer)


def judge(platform: Platform, bill: HerokuBill, estimates: Sequence[Estimate]) -> Verdict:
    """The cheapest layout that Homeport builds and that keeps the availability of the first one; else to stay.

    `estimates` begin with the layout that was asked for.
    """
    asked = estimates[0]
    comparable = [e for e in estimates if e.layout.availability == asked.layout.availability]
    built = [e for e in comparable if not e.layout.missing] or [asked]
    best = min(built, key=_order)
    aws = best.cents + bill.kept_cents
    saving = bill.cents - aws
    return Verdict(
        layout=best.layout,
        moves=bool(bill.cents) and saving > 0,
        saving_cents=saving,
        saving_percent=100 * saving / bill.cents if bill.cents else 0.0,
        reasons=tuple(_reasons(bill, best, comparable, saving)),
        parts=tuple(parts(platform, bill, best)),
    )


def parts(platform: Platform, bill: HerokuBill, estimate: Estimate) -> list[Part]:
    """Each service and function with the data that nobody else uses, then what is shared."""
    owner = owners(platform)
    heroku: dict[str, float] = defaultdict(float)
    for line in bill.lines:
        if line.charge.moves:
            heroku[owner.get(line.charge.part, line.charge.part) or "other charges"] += line.cents or 0
    aws: dict[str, float] = defaultdict(float)
    for priced in estimate.lines:
        if not priced.is_floor:
            aws[_owner(owner, priced)] += priced.cents
    names = [name for _, name, _ in platform.with_code()]
    names += [name for name in {**heroku, **aws} if name not in names and name]
    return [Part(name=name, heroku_cents=heroku[name], aws_cents=aws[name]) for name in names]


def owners(platform: Platform) -> dict[str, str]:
    """Data → the only service or function that uses it."""
    users: dict[str, list[str]] = defaultdict(list)
    for _, name, part in platform.with_code():
        for used in part.uses:
            users[used].append(name)
    return {used: names[0] for used, names in users.items() if len(names) == 1}


def _owner(owner: dict[str, str], line: Line) -> str:
    return owner.get(line.part, line.part) or "shared servers"


def _order(estimate: Estimate) -> tuple[int, float]:
    """What is unknown in one layout and known in another makes it look cheap: the fewest unknown prices first."""
    return len({unknown.use.price for unknown in estimate.unknown}), estimate.cents


def _reasons(bill: HerokuBill, best: Estimate, comparable: Sequence[Estimate], saving: float) -> list[str]:
    reasons = []
    if not bill.cents:
        reasons.append("what Heroku costs is not known: write homeport.usage.yml with `homeport import`")
    elif saving <= 0:
        reasons.append(f"AWS would cost ${-saving / 100:,.2f} a month more than Heroku: stay, whole")
    else:
        most = "at most " if best.unknown else ""
        reasons.append(f"AWS costs {most}${saving / 100:,.2f} a month less than Heroku")
        if best.cents_high + bill.kept_cents > bill.cents:
            reasons.append("if everything assumed came out high, it would cost more: measure first")
    sensible = [e for e in comparable if e.layout.sharing == best.layout.sharing]
    cheaper = min(sensible, key=_order)
    if cheaper.layout != best.layout and cheaper.cents < best.cents:
        more = (best.cents - cheaper.cents) / 100
        reasons.append(
            f"${more:,.2f} less would be possible with {', '.join(cheaper.layout.missing)}, which Homeport does not "
            "build yet"
        )
    if best.unknown:
        ids = len({unknown.use.price for unknown in best.unknown})
        reasons.append(f"{ids} prices are unknown and in no sum: AWS will cost more than this says")
    return reasons
