"""What a rule says: a fact of one of the two databases, why it matters, and what follows."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from homeport.postgres.catalog import Catalog

Severity = Literal["refuses", "warns", "informs"]
LISTED = 20


@dataclass(frozen=True)
class Finding:
    """`then` is what Homeport will do, or what the user must do first; `objects` names what is concerned."""

    rule: str
    severity: Severity
    what: str
    why: str
    then: str
    objects: tuple[str, ...] = ()


Rule = Callable[[Catalog, Catalog], Iterator[Finding]]  # the source's and the target's catalog


def listed(names: Iterable[str]) -> tuple[str, ...]:
    """The first names, in order, and how many more there are."""
    ordered = sorted(names)
    more = len(ordered) - LISTED
    return (*ordered[:LISTED], *([f"and {more} more"] if more > 0 else []))


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 table`, `3 tables`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
