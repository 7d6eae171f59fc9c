"""Both bills cut in the same way: by kind, by account, and by service in each environment."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from homeport.cost.compare import Comparison
from homeport.cost.heroku_bill import kind_of
from homeport.cost.line import KINDS, Line
from homeport.cost.subset import owner_of, owners
from homeport.model.usage import Charge

VENDORS, SHARED, NOWHERE, TEAM = "vendors that stay", "shared by all", "organisation", "other charges"


@dataclass(frozen=True)
class Side:
    """What something costs on Heroku and on AWS, in cents; what vendors go on getting is on both sides."""

    name: str
    environment: str
    heroku_cents: float
    aws_cents: float


def by_kind(comparison: Comparison) -> list[Side]:
    """In the order of AWS's kinds, then what takes the place of nothing there."""
    found = _sides(comparison, lambda charge: (kind_of(charge), ""), lambda line: (line.kind, ""))
    order = [*KINDS, "other", VENDORS]
    return sorted(found, key=lambda side: order.index(side.name))


def by_environment(comparison: Comparison) -> list[Side]:
    """Charges of no environment are the team's, as are AWS's accounts that hold none."""
    return _sides(
        comparison, lambda charge: ("", charge.environment or NOWHERE), lambda line: ("", line.environment or NOWHERE)
    )


def by_service(comparison: Comparison) -> list[Side]:
    """Each service with the data that only it uses, in each environment."""
    platform = comparison.platform
    owner, of_charge = owners(platform), owner_of(comparison.bill, platform)

    def of_line(line: Line) -> tuple[str, str]:
        name = SHARED if line.is_floor else owner.get(line.part, line.part) or SHARED
        return name, line.environment or NOWHERE

    found = _sides(comparison, lambda c: (of_charge(c) or TEAM, c.environment or NOWHERE), of_line)
    order = [name for _, name, _ in platform.with_code()]
    return sorted(found, key=lambda side: order.index(side.name) if side.name in order else len(order))


def _sides(
    comparison: Comparison, of_charge: Callable[[Charge], tuple[str, str]], of_line: Callable[[Line], tuple[str, str]]
) -> list[Side]:
    cents: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for charged in comparison.bill.lines:
        key = of_charge(charged.charge)
        if not charged.charge.moves:
            key = (VENDORS if key[0] else "", key[1])
            cents[key][1] += charged.cents or 0
        cents[key][0] += charged.cents or 0
    for line in comparison.chosen.estimate.lines:
        cents[of_line(line)][1] += line.cents
    return [Side(name, environment, *both) for (name, environment), both in cents.items() if any(both)]
