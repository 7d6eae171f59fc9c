"""An inventory, in an order that does not depend on how it was read, and quick to ask by kind and app."""

from collections import defaultdict
from typing import TypeVar

from homeport.heroku.records import AddOn, App, CacheFacts, DatabaseFacts, Inventory, Record

R = TypeVar("R", bound=Record)


class Records:
    """`every` holds each record once, by origin."""

    def __init__(self, inventory: Inventory) -> None:
        unique = {repr((type(record).__name__, record)): record for record in inventory.records}
        self.every: tuple[Record, ...] = tuple(
            record for _, record in sorted(unique.items(), key=lambda item: (item[1].origin, item[0]))
        )
        self.values, self.valued = inventory.values, inventory.valued
        self._origins = {record.origin for record in self.every}
        self._unreadable = [one for one in inventory.unreadable if one.origins]
        self._of_kind: dict[type[Record], list[Record]] = defaultdict(list)
        self._of_app: dict[tuple[type[Record], str], list[Record]] = defaultdict(list)
        for record in self.every:
            self._of_kind[type(record)].append(record)
            self._of_app[type(record), record.app].append(record)
        self._addons: dict[str, list[AddOn]] = defaultdict(list)
        for addon in self.of(AddOn):
            self._addons[addon.name].append(addon)
        self._database_facts = {facts.addon: facts for facts in reversed(self.of(DatabaseFacts))}
        self._cache_facts = {facts.addon: facts for facts in reversed(self.of(CacheFacts))}
        known = {record.app for record in self.every if record.app}
        self.apps = tuple(sorted(known))
        self.checkouts = frozenset(app for app in known if self._is_checkout(app))

    def of(self, kind: type[R], app: str | None = None) -> list[R]:
        """Records of a kind, of one app or of all."""
        found = self._of_kind.get(kind, []) if app is None else self._of_app.get((kind, app), [])
        return [record for record in found if isinstance(record, kind)]

    def first(self, kind: type[R], app: str) -> R | None:
        return next(iter(self.of(kind, app)), None)

    def addon(self, name: str, app: str = "") -> AddOn | None:
        """The add-on of a name; names of checkouts' add-ons are not unique, so the app's own comes first."""
        found = self._addons.get(name, [])
        return next((addon for addon in found if addon.app == app), next(iter(found), None))

    def database_facts(self, addon: str) -> DatabaseFacts | None:
        return self._database_facts.get(addon)

    def cache_facts(self, addon: str) -> CacheFacts | None:
        return self._cache_facts.get(addon)

    def is_hidden(self, origin: str, app: str) -> bool:
        """Whether a record of an app was never read, because Heroku refused it."""
        unknown = (one for one in self._unreadable if app not in one.remembered)
        return origin not in self._origins and any(one.hides(origin) for one in unknown)

    def _is_checkout(self, app: str) -> bool:
        """Every app record of it is of a folder."""
        apps = self.of(App, app)
        return bool(apps) and all(record.folder for record in apps)
