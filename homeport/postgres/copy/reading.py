"""A connection inside the copy's snapshot → the `Contents` of its database. Reads catalogs only."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from homeport.postgres.checksum import quote
from homeport.postgres.copy.contents import Constraint, Contents, ForeignKey, Grant, Index, Table, View
from homeport.postgres.server import Connection

OURS = "homeport"  # the schema that Homeport makes, on either side: never copied
# The user's: neither the system's, nor a temporary one, nor ours.
SYSTEM = rf"n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', '{OURS}')"


@dataclass(frozen=True)
class Form:
    """Whether every type of a table has a binary form that means the same elsewhere; its columns, as one text."""

    binary: bool
    columns: str
    bytes: frozenset[str]  # columns that are bytea, quoted


def read_contents(connection: Connection) -> Contents:
    """Everything that has to be copied, the largest tables first."""
    indexes, constraints = _split(_rows(connection, "indexes"))
    return Contents(
        tables=tuple(_table(row) for row in _rows(connection, "tables")),
        indexes=indexes,
        constraints=constraints,
        foreign_keys=tuple(_foreign_key(row) for row in _rows(connection, "foreign_keys")),
        views=tuple(View(row[0], row[1], row[2], tuple(row[3])) for row in _rows(connection, "views")),
        sequences=tuple(row[0] for row in _rows(connection, "sequences")),
        large_objects=tuple((row[0], row[1]) for row in _rows(connection, "large_objects")),
        revokes=tuple(row[0] for row in _rows(connection, "revokes")),
        grants=tuple(Grant(*row) for name in ("grants", "default_grants") for row in _rows(connection, name)),
        settings=tuple((row[0], row[1]) for row in _rows(connection, "settings")),
        search_path=read_search_path(connection),
        foreign_tables=tuple(row[0] for row in _rows(connection, "foreign_tables")),
    )


def read_search_path(connection: Connection) -> str:
    """Where the application finds names, after the system's own: functions that checks, indexes, generated columns and
    materialized views call may rely on it."""
    ((path, role),) = _rows(connection, "search_path")
    return ", ".join(part for part in ("pg_catalog", str(path).replace('"$user"', str(role))) if part)


def read_forms(connection: Connection) -> dict[str, Form]:
    """In which form the rows of each table can be sent, by its name."""
    rows = _rows(connection, "forms")
    return {name: Form(binary, columns, frozenset(map(quote, bytea))) for name, binary, columns, bytea in rows}


def read_sequences(connection: Connection, names: tuple[str, ...]) -> list[tuple[str, int, bool]]:
    """Name, last value and whether it was given out, of each sequence, as it is now."""
    found: list[tuple[str, int, bool]] = []
    for start in range(0, len(names), 200):
        parts = [f"SELECT {i}, last_value, is_called FROM {name}" for i, name in enumerate(names[start : start + 200])]
        rows: list[Any] = connection.execute(" UNION ALL ".join(parts).encode()).fetchall()
        found += [(names[start + row[0]], row[1], row[2]) for row in rows]
    return found


def _rows(connection: Connection, name: str) -> list[Any]:
    return connection.execute(_queries()[name].encode()).fetchall()


@cache
def _queries() -> dict[str, str]:
    text = Path(__file__).with_name("reading.sql").read_text()
    parts = [part.partition("\n") for part in text.split("-- name: ")[1:]]
    found = {name: body.replace("{user}", SYSTEM).replace("{system}", SYSTEM) for name, _, body in parts}
    return {name: body.replace("{text_only}", found["text_only"]) for name, body in found.items()}


def _table(row: Any) -> Table:
    name, condition, logged, size, pages, columns, binary = row
    return Table(name, tuple(columns), binary, size, pages, condition, logged)


def _split(rows: list[Any]) -> tuple[tuple[Index, ...], tuple[Constraint, ...]]:
    """Indexes, and the constraints that must build theirs themselves."""
    indexes: list[Index] = []
    constraints: list[Constraint] = []
    for row in rows:
        name, short, table, partitioned, _, create, size, replica, clustered, kind, con = row[:11]
        deferrable, deferred, definition, period, parent, statistics, sampled = row[11:]
        after = [f"ALTER TABLE ONLY {table} REPLICA IDENTITY USING INDEX {short}"] if replica else []
        after += [f"ALTER TABLE {table} CLUSTER ON {short}"] if clustered else []
        after += statistics
        if kind and (kind == "x" or period or partitioned):
            whole = [f"ALTER TABLE ONLY {table} ADD CONSTRAINT {con} {definition}", *after]
            constraints.append(Constraint(name, table, "; ".join(whole), size, parent))
            continue
        if kind:
            words = "PRIMARY KEY" if kind == "p" else "UNIQUE"
            timing = " DEFERRABLE" * deferrable + " INITIALLY DEFERRED" * deferred
            after.insert(0, f"ALTER TABLE ONLY {table} ADD CONSTRAINT {con} {words} USING INDEX {short}{timing}")
        indexes.append(Index(name, table, create, size, "; ".join(after), parent, sampled))
    return tuple(indexes), tuple(constraints)


def _foreign_key(row: Any) -> ForeignKey:
    name, table, parent, definition, valid, partitioned, size = row
    return ForeignKey(name, table, parent, definition.removesuffix(" NOT VALID"), valid, partitioned, size)
