"""The fate of one record: which list of the report it is in, and in what words."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from homeport.heroku.records import Record
from homeport.heroku.report import CHANGED, MOVED, NOT_MOVED, Entry


@dataclass(frozen=True)
class Fate:
    """`todo` is what a person must do. Records with equal fates are one entry."""

    list: str
    title: str
    why: str = ""
    todo: str = ""


def moved(title: str, why: str = "") -> Fate:
    return Fate(MOVED, title, why)


def changed(title: str, why: str, todo: str = "") -> Fate:
    return Fate(CHANGED, title, why, todo)


def not_moved(title: str, why: str, todo: str = "") -> Fate:
    return Fate(NOT_MOVED, title, why, todo)


def collect(fates: Iterable[tuple[Record, Fate]], name: str) -> tuple[Entry, ...]:
    """Entries of one list, by title, with the origins of the records that share them."""
    origins: dict[Fate, list[str]] = defaultdict(list)
    for record, fate in fates:
        if fate.list == name:
            origins[fate].append(record.origin)
    return tuple(
        Entry(fate.title, fate.why, fate.todo, tuple(sorted(origins[fate])))
        for fate in sorted(origins, key=lambda fate: (fate.title, fate.why, fate.todo))
    )
