"""What an import remembers for the next one: the records that it read, and the names that it gave.

Heroku's answers of one day are no whole picture: a list may be refused, and only a part may have been asked for.
`carry` adds what is remembered of the rest, so that only what Heroku was asked for, and does not have any more, is
missing. Values of config vars are never remembered, nor are people.
"""

import dataclasses
import functools
import json
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homeport.errors import HomeportError
from homeport.heroku import records as kinds
from homeport.heroku.convert import data
from homeport.heroku.convert.given import Given
from homeport.heroku.records import AddOn, App, Attachment, Collaborator, Inventory, Job, Record, Unreadable

LIVE = ("api: ", "data: ", "metrics: ", "github: ")
FORGOTTEN = (Collaborator,)
RECORD = "record"  # the key that names its class; no record has a field of this name


@dataclass(frozen=True)
class Scope:
    """What an import asks for: `team` and `apps` of Heroku where `live` (neither: all), and checkouts by label."""

    live: bool = False
    team: str = ""
    apps: frozenset[str] = frozenset()
    checkouts: frozenset[str] = frozenset()

    def covers(self, app: App) -> bool:
        """Whether an app on Heroku is asked for."""
        if not self.live:
            return False
        return app.app in self.apps if self.apps else self.team in ("", app.team)


@dataclass(frozen=True)
class Memory:
    given: Given = Given()
    records: tuple[Record, ...] = ()
    valued: frozenset[tuple[str, str]] = frozenset()  # config vars whose values are in the secrets file
    unreadable: tuple[Unreadable, ...] = ()  # what no import has been able to read


@dataclass(frozen=True)
class Carried:
    """`inventory` is what was read and what is remembered besides; the rest says in words what was kept, and why."""

    inventory: Inventory
    unread: tuple[str, ...] = ()  # was not read this time
    elsewhere: tuple[str, ...] = ()  # apps and checkouts that were not asked for
    gone: tuple[str, ...] = ()  # apps and databases that Heroku does not have any more


def carry(found: Inventory, scope: Scope, memory: Memory, *, prune: bool = False) -> Carried:
    """Add what is remembered to what was found. With `prune` what is gone is not added."""
    missing = _Missing(found, scope, memory)
    kept: dict[str, Record] = {}
    unread, gone = set[str](), set[str]()
    for record in memory.records:
        if hidden := missing.hidden(record):
            unread |= hidden
            kept[record.origin] = record
        elif record.origin in missing.new:
            continue
        elif missing.is_elsewhere(record):
            kept[record.origin] = record
        elif left := missing.left(record):
            gone.add(left)
            if not prune:
                kept[record.origin] = record
    inventory = dataclasses.replace(
        found,
        records=(*(record for record in found.records if record.origin not in kept), *kept.values()),
        unreadable=tuple(missing.unreadable()),
        valued=found.valued | memory.valued,
    )
    return Carried(inventory, tuple(sorted(unread)), missing.elsewhere(), tuple(sorted(gone)))


def remember(inventory: Inventory, given: Given) -> Memory:
    """What to keep of an import."""
    return Memory(
        given,
        tuple(record for record in inventory.records if not isinstance(record, FORGOTTEN)),
        inventory.valued | frozenset(inventory.values),
        tuple(one for one in inventory.unreadable if one.origins and not one.remembered),
    )


class _Missing:
    """Why a remembered record was not found."""

    def __init__(self, found: Inventory, scope: Scope, memory: Memory) -> None:
        self.new = {record.origin for record in found.records}
        self._scope, self._memory, self._found = scope, memory, found
        self._unreadable = [one for one in found.unreadable if one.origins]
        apps = {app.app: app for app in memory.records if isinstance(app, App) and _is_live(app)}
        self._known = frozenset(apps)
        self._outside = {name for name, app in apps.items() if not scope.covers(app)} - _names(found.of(App))
        self._renamed = {app.id for app in found.of(App) if app.id}
        self._gone = {
            name
            for name, app in apps.items()
            if name not in self._outside and app.origin not in self.new and app.id not in self._renamed
        }
        self._files = {_label(record) for record in memory.records if not _is_live(record)} - scope.checkouts
        self._folders = {app.app for app in memory.records if isinstance(app, App) and _label(app) in self._files}
        self._gone_data = set(self._find_gone_data(found, memory))
        self._typed = {job.app for job in found.of(Job) if not job.is_inferred}

    def hidden(self, record: Record) -> set[str]:
        """What was not readable, and would have given this record; an origin in full hides what is there of it."""
        return {
            f"{one.what}: {one.reason}"
            for one in self._unreadable
            if record.origin in one.origins or (record.origin not in self.new and one.hides(record.origin))
        }

    def is_elsewhere(self, record: Record) -> bool:
        if not _is_live(record):
            is_typed = isinstance(record, Job) and record.app in self._typed
            return _label(record) in self._files and not is_typed
        if not self._scope.live or record.app in self._outside:
            return True
        return not record.app and bool(self._outside)

    def left(self, record: Record) -> str:
        """The app or database, in words, with which this record went; empty if it went alone."""
        if record.app in self._gone and _is_live(record):
            return f"app {record.app}"
        name = record.name if isinstance(record, AddOn) else getattr(record, "addon", "")
        is_of_data = isinstance(record, AddOn | Attachment | kinds.DatabaseFacts | kinds.CacheFacts)
        return f"add-on {name}" if is_of_data and name in self._gone_data else ""

    def unreadable(self) -> Iterator[Unreadable]:
        """What was refused, with what is remembered of it; and what was refused before, and not asked for today."""
        never = {(one.what, one.app) for one in self._memory.unreadable}
        for one in self._found.unreadable:
            is_new = not one.origins or (one.what, one.app) in never
            yield one if is_new else dataclasses.replace(one, remembered=self._known)
        for one in self._memory.unreadable:
            if not self._scope.live or one.app in self._outside:
                yield one

    def elsewhere(self) -> tuple[str, ...]:
        return tuple(sorted(self._outside | self._folders))

    def _find_gone_data(self, found: Inventory, memory: Memory) -> Iterator[str]:
        """Databases and caches that are no more, and whose place no other one has taken."""
        here = {key for addon in found.of(AddOn) for key in (addon.name, addon.id) if key}
        attached = {(one.app, one.name) for one in found.of(Attachment)}
        places: dict[str, set[tuple[str, str]]] = {}
        for record in memory.records:
            if isinstance(record, Attachment):
                places.setdefault(record.addon, set()).add((record.app, record.name))
        for record in memory.records:
            if not isinstance(record, AddOn) or not data.kind_of(record) or not _is_live(record):
                continue
            if not {record.name, record.id} & here and not places.get(record.name, set()) & attached:
                yield record.name


def _names(apps: Iterable[App]) -> set[str]:
    return {app.app for app in apps}


def _is_live(record: Record) -> bool:
    return record.origin.startswith(LIVE)


def _label(record: Record) -> str:
    """The path that a record of a file was read from, as the import calls it; "" for what a person typed."""
    return "" if record.origin.startswith("typed: ") else record.origin.partition(":")[0].partition("/")[0]


# ── as text ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def render_memory(memory: Memory) -> str:
    """JSON with a record on each line, in an order that does not depend on how it was read."""
    document = {
        "services": dict(sorted(memory.given.services.items())),
        "data": dict(sorted(memory.given.data.items())),
        "valued": sorted(map(list, memory.valued)),
        "unreadable": sorted([one.what, one.reason, one.app, list(one.origins)] for one in memory.unreadable),
    }
    parts = [f'"{key}": {json.dumps(value, indent=1)}' for key, value in document.items()]
    lines = sorted({json.dumps(_plain(record)) for record in memory.records})
    return "{\n" + ",\n".join(parts) + ',\n"records": [\n' + ",\n".join(lines) + "\n]\n}\n"


def parse_memory(text: str | None, name: str) -> Memory:
    """Raises HomeportError with `name` if the text was not written by `render_memory`."""
    if text is None:
        return Memory()
    try:
        document = json.loads(text)
        return Memory(
            Given(dict(document["services"]), dict(document["data"])),
            tuple(_record(item) for item in document["records"]),
            frozenset((app, variable) for app, variable in document["valued"]),
            tuple(
                Unreadable(what, reason, app, origins=tuple(origins))
                for what, reason, app, origins in document["unreadable"]
            ),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        hint = f"git checkout {name}; or remove it: then the next import takes what it reads for everything"
        raise HomeportError(f"{name}: was not written by this version of homeport import ({said})", hint) from None


def _plain(record: Record) -> dict[str, Any]:
    fields = {
        one.name: _value(getattr(record, one.name))
        for one in dataclasses.fields(record)
        if getattr(record, one.name) != one.default
    }
    return {RECORD: type(record).__name__, **fields}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return dict(value) if isinstance(value, Mapping) else value


def _record(item: dict[str, Any]) -> Record:
    kind = getattr(kinds, item[RECORD])
    if not issubclass(kind, Record):
        raise TypeError(f"{item[RECORD]} is no record")
    types = _types(kind)
    record: Record = kind(**{key: _read(types[key], value) for key, value in item.items() if key != RECORD})
    return record


_types = functools.cache(typing.get_type_hints)


def _read(type_: Any, value: Any) -> Any:
    if type_ is datetime:
        return datetime.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else value
