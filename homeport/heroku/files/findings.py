"""What one file gives: records, doubts and values, each with its place, collected while the file is read."""

from collections import Counter
from dataclasses import dataclass

from homeport.heroku.records import Doubt, Inventory, Record, Unreadable, Values

DOUBTS_MAX = 30  # of one file; more are only counted


@dataclass(frozen=True)
class Place:
    """Where a text comes from: `path` as origins name it (`shop/Procfile`), and the app that it belongs to."""

    path: str
    app: str

    def at(self, line: int, what: str = "") -> str:
        """`shop/app.json:12: env.DEBUG`: unique if `what` is the only one of its name in the line."""
        return f"{self.path}:{line}: {what}" if what else f"{self.path}:{line}"


class Findings:
    """Filled by one parser for one text, and emptied into an inventory."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.app = place.app
        self.records: list[Record] = []
        self.unreadable: list[Unreadable] = []
        self.values = Values()
        self._doubts: dict[Doubt, None] = {}
        self._more = 0
        self._origins: Counter[str] = Counter()
        self._addons: Counter[str] = Counter()

    def at(self, line: int, what: str = "") -> str:
        """An origin that no other record of this file has."""
        return self._unique(self.place.at(line, what))

    def named(self, what: str) -> str:
        """An origin without a line, for what a tool has written: `capture/ps-shop.json: web`."""
        return self._unique(f"{self.place.path}: {what}")

    def name_addon(self, service: str) -> str:
        """A name for an add-on that a file leaves without one: its service, with a number from the second on."""
        self._addons[service] += 1
        count = self._addons[service]
        return service if count == 1 else f"{service}-{count}"

    def _unique(self, origin: str) -> str:
        self._origins[origin] += 1
        count = self._origins[origin]
        return origin if count == 1 else f"{origin} ({count})"

    def doubt(self, line: int, text: str) -> None:
        """Keep how something odd was taken, in one line whatever names it quotes; line 0 means the file as a whole."""
        text = " ".join(text.split())
        if len(self._doubts) < DOUBTS_MAX:
            self._doubts[Doubt(self.place.at(line) if line else self.place.path, text)] = None
        else:
            self._more += 1

    def inventory(self) -> Inventory:
        doubts = list(self._doubts)
        if self._more:
            doubts.append(Doubt(self.place.path, f"has {self._more} more oddities like these"))
        return Inventory(tuple(self.records), tuple(self.unreadable), tuple(doubts), self.values)


def total(inventories: list[Inventory]) -> Inventory:
    """All of them added up."""
    return sum(inventories, Inventory())
