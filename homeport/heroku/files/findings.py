"""What one file gives: records, doubts and values, each with its place, collected while the file is read."""

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
        self._origins: dict[str, int] = {}

    def at(self, line: int, what: str = "") -> str:
        """An origin that no other record of this file has."""
        return self._unique(self.place.at(line, what))

    def named(self, what: str) -> str:
        """An origin without a line, for what a tool has written: `capture/ps-shop.json: web`."""
        return self._unique(f"{self.place.path}: {what}")

    def _unique(self, origin: str) -> str:
        count = self._origins[origin] = self._origins.get(origin, 0) + 1
        return origin if count == 1 else f"{origin} ({count})"

    def doubt(self, line: int, text: str) -> None:
        """Keep how something odd was taken; line 0 means the file as a whole."""
        self._doubts[Doubt(self.place.at(line) if line else self.place.path, text)] = None

    def inventory(self) -> Inventory:
        doubts = list(self._doubts)
        if len(doubts) > DOUBTS_MAX:
            more = len(doubts) - DOUBTS_MAX
            doubts[DOUBTS_MAX:] = [Doubt(self.place.path, f"has {more} more oddities like these")]
        return Inventory(tuple(self.records), tuple(self.unreadable), tuple(doubts), self.values)


def total(inventories: list[Inventory]) -> Inventory:
    """All of them added up."""
    return sum(inventories, Inventory())
