"""Estimates and the Heroku bill → what to do: which layout, or to stay, and which service not to move."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from homeport.cost.estimate import Estimate
from homeport.cost.heroku_bill import HerokuBill
from homeport.cost.layout import Layout
from homeport.cost.line import Line
from homeport.cost.subset import owners
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
    """What to do; `reasons` are sentences.

    `layout` is the best of as many as `built`, which Homeport builds today. `is_known`: none of its prices is unknown.
    `moves` is False where Heroku is cheaper, and where nobody can say: then the saving is None.
    """

    layout: Layout
    built: int
    is_known: bool
    moves: bool
    saving_cents: float | None
    saving_percent: float | None
    reasons: tuple[str, ...]
    parts: tuple[Part, ...] = ()

    @property
    def recommended(self) -> Layout | None:
        """None where its prices are not all known: what is unknown would make it look cheap."""
        return self.layout if self.is_known else None

    @property
    def answer(self) -> str:
        """The sentence that a report begins with."""
        if self.moves:
            return "Move."
        return "Stay on Heroku." if self.saving_cents is not None else "No advice."

    @property
    def stay(self) -> tuple[str, ...]:
        """Services that had better stay on Heroku."""
        return tuple(part.name for part in self.parts if part.is_dearer)


def judge(platform: Platform, bill: HerokuBill, estimates: Sequence[Estimate]) -> Verdict:
    """The cheapest layout that Homeport builds and that keeps the availability of the first one; else to stay.

    `estimates` begin with the layout that was asked for; one of them Homeport builds.
    """
    asked = estimates[0]
    comparable = [e for e in estimates if e.layout.availability == asked.layout.availability]
    built = [e for e in comparable if not e.layout.missing]
    best = min(built, key=_order)
    saving = bill.cents - best.cents - bill.kept_cents
    can_say = bool(bill.cents) and (not best.unknown or saving <= 0)  # what is unknown only makes AWS dearer
    return Verdict(
        layout=best.layout,
        built=len(built),
        is_known=not best.unknown,
        moves=can_say and saving > 0,
        saving_cents=saving if can_say else None,
        saving_percent=100 * saving / bill.cents if can_say else None,
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


def _owner(owner: dict[str, str], line: Line) -> str:
    return owner.get(line.part, line.part) or "shared servers"


def _order(estimate: Estimate) -> tuple[int, float]:
    """What is unknown in one layout and known in another makes it look cheap: the fewest unknown prices first."""
    return len({unknown.use.price for unknown in estimate.unknown}), estimate.cents


def _reasons(bill: HerokuBill, best: Estimate, comparable: Sequence[Estimate], saving: float) -> list[str]:
    reasons = []
    unknown = len({unknown.use.price for unknown in best.unknown})
    if not bill.cents:
        reasons.append("what Heroku costs is not known: write homeport.usage.yml with `homeport import`")
    elif saving <= 0:
        least = "at least " if unknown else ""
        reasons.append(f"AWS would cost {least}${-saving / 100:,.2f} a month more than Heroku: stay, whole")
    elif not unknown:
        reasons.append(f"AWS costs ${saving / 100:,.2f} a month less than Heroku")
        if best.cents_high + bill.kept_cents > bill.cents:
            reasons.append("if everything assumed came out high, it would cost more: measure first")
    sensible = [e for e in comparable if e.layout.sharing == best.layout.sharing]
    cheaper = min(sensible, key=_order)
    if cheaper.layout != best.layout and cheaper.cents < best.cents and not unknown:
        more = (best.cents - cheaper.cents) / 100
        reasons.append(
            f"${more:,.2f} less would be possible with {', '.join(cheaper.layout.missing)}, which Homeport does not "
            "build yet"
        )
    if unknown:
        reasons.append(f"{unknown} prices are unknown and in no sum: `homeport prices refresh` reads them from AWS")
    return reasons
