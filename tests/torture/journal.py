"""What writers wrote down outside of both databases → what each table must hold.

A line before COMMIT says what a transaction does, a line after it how that ended. A transaction whose connection broke
during COMMIT may have happened: it stays `unknown` until its own row in `deed` is looked for.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

Outcome = Literal["committed", "undone", "unknown"]
Tables = dict[str, dict[str, str]]  # table → key → row as text; of a table without a key: row → how often


@dataclass(frozen=True)
class Effect:
    """What happened to one row.

    `put` and `drop` are of rows with a key, `add` of whole numbers that any writer may add to, `bag` of rows without
    a key, more or fewer of them. Rows of one key that several writers write have a `version`, which the row itself
    counts. TRUNCATE makes a new `generation` of a table: rows of all others are gone.
    """

    kind: Literal["put", "drop", "add", "bag", "generation"]
    table: str
    key: str = ""
    row: str = ""
    amount: int = 0
    version: int = 0
    generation: int = 0


@dataclass(frozen=True)
class Entry:
    id: int
    side: str  # where it was written, as `Sides` names it
    effects: tuple[Effect, ...]
    outcome: Outcome = "unknown"


class Journal:
    """The file of one writer. Lines are in the order in which this writer's transactions happened."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lines = file.open("a", buffering=1)

    def intend(self, entry: Entry) -> None:
        """Before COMMIT."""
        self._write({"id": entry.id, "side": entry.side, "effects": [_short(effect) for effect in entry.effects]})

    def conclude(self, identifier: int, outcome: Outcome) -> None:
        """After COMMIT, or when it is known how it ended."""
        self._write({"id": identifier, "outcome": outcome})

    def close(self) -> None:
        self._lines.close()

    def _write(self, line: Mapping[str, object]) -> None:
        self._lines.write(json.dumps(line) + "\n")


def read_journal(file: Path) -> list[Entry]:
    """The entries of one writer, each with its last known outcome."""
    entries: dict[int, Entry] = {}
    for text in file.read_text().splitlines():
        line = json.loads(text)
        if "effects" in line:
            effects = tuple(Effect(**effect) for effect in line["effects"])
            entries[line["id"]] = Entry(line["id"], line["side"], effects)
        else:
            known = entries[line["id"]]
            entries[line["id"]] = Entry(known.id, known.side, known.effects, line["outcome"])
    return list(entries.values())


def replay(initial: Tables, journals: Iterable[list[Entry]]) -> Tables:
    """What the tables hold after the committed transactions of all writers, each writer's in its own order."""
    effects = [list(_committed(journal)) for journal in journals]
    generations: dict[str, int] = {}
    for effect in (one for journal in effects for one in journal):
        generations[effect.table] = max(generations.get(effect.table, 0), effect.generation)
    emptied = {table for table, number in generations.items() if number}
    tables = {table: {} if table in emptied else dict(rows) for table, rows in initial.items()}
    versions: dict[tuple[str, str], int] = {}
    for journal in effects:
        for effect in journal:
            if effect.generation == generations[effect.table]:
                _apply(tables.setdefault(effect.table, {}), effect, versions)
    return tables


def find_differences(expected: Tables, found: Tables, named: tuple[str, str] = ("journal", "database")) -> list[str]:
    """A line for each table that differs, with some of its rows."""
    lines = []
    for table in sorted(expected.keys() | found.keys()):
        left, right = expected.get(table, {}), found.get(table, {})
        keys = sorted(key for key in left.keys() | right.keys() if left.get(key) != right.get(key))
        some = [f"{key}: {named[0]} {_cut(left.get(key))}, {named[1]} {_cut(right.get(key))}" for key in keys[:5]]
        if keys:
            lines.append(f"{table}: {len(keys)} rows differ: " + "; ".join(some))
    return lines


def _committed(journal: list[Entry]) -> Iterator[Effect]:
    for entry in journal:
        if entry.outcome == "committed":
            yield Effect("put", "deed", str(entry.id), str(entry.id))
            yield from entry.effects


def _apply(rows: dict[str, str], effect: Effect, versions: dict[tuple[str, str], int]) -> None:
    if effect.kind == "put":
        if effect.version >= versions.get((effect.table, effect.key), 0):
            versions[effect.table, effect.key] = effect.version
            rows[effect.key] = effect.row
    elif effect.kind == "drop":
        rows.pop(effect.key, None)
    elif effect.kind == "add":
        rows[effect.key] = str(int(rows.get(effect.key, "0")) + effect.amount)
    elif effect.kind == "bag":
        counts = Counter({effect.row: int(rows.get(effect.row, "0"))})
        counts[effect.row] += effect.amount
        rows.pop(effect.row, None)
        if counts[effect.row]:
            rows[effect.row] = str(counts[effect.row])


def _short(effect: Effect) -> dict[str, object]:
    return {name: value for name, value in asdict(effect).items() if value or name in ("kind", "table")}


def _cut(text: str | None) -> str:
    return "none" if text is None else text if len(text) < 120 else f"{text[:120]}…"
