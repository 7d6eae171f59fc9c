"""A connection → everything its database holds, as one frozen value; a dozen set-based queries, whatever the size."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import psycopg
from psycopg.rows import dict_row

from homeport.errors import HomeportError
from homeport.postgres import objects
from homeport.postgres.objects import Column, Database, Table, View
from homeport.postgres.server import Connection

OWN_SCHEMA = "homeport"  # what Homeport itself keeps in a database; never part of what is moved or compared
ROWS = {
    "indexes": objects.Index,
    "constraints": objects.Constraint,
    "sequences": objects.Sequence,
    "extensions": objects.Extension,
    "available": objects.Available,
    "schemas": objects.Schema,
    "functions": objects.Function,
    "triggers": objects.Trigger,
    "event_triggers": objects.EventTrigger,
    "types": objects.Type,
    "policies": objects.Policy,
    "others": objects.Other,
    "foreign_servers": objects.ForeignServer,
    "publications": objects.Publication,
    "settings": objects.Setting,
    "privileges": objects.Privilege,
    "transactions": objects.Transaction,
    "locks": objects.Lock,
    "roles": objects.Role,
    "collations": objects.Collation,
}
USER_SCHEMA = f"(n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', '{OWN_SCHEMA}'))"
NO_EXTENSION = (
    "NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '{catalog}'::regclass AND e.objid = {oid}"
    " AND e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e')"
)
NO_PART = (
    "NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '{catalog}'::regclass AND e.objid = {oid}"
    " AND e.deptype IN ('e', 'i'))"
)


@dataclass(frozen=True)
class Catalog:
    """A database's objects in name order, without those of extensions, of the system and of Homeport."""

    identity: str  # equal for two connections to one database, through whatever URL, and for its standbys
    database: Database
    tables: tuple[Table, ...]
    views: tuple[View, ...]
    indexes: tuple[objects.Index, ...]
    constraints: tuple[objects.Constraint, ...]
    sequences: tuple[objects.Sequence, ...]
    extensions: tuple[objects.Extension, ...]
    available: tuple[objects.Available, ...]
    schemas: tuple[objects.Schema, ...]
    functions: tuple[objects.Function, ...]
    triggers: tuple[objects.Trigger, ...]
    event_triggers: tuple[objects.EventTrigger, ...]
    types: tuple[objects.Type, ...]
    policies: tuple[objects.Policy, ...]
    others: tuple[objects.Other, ...]
    foreign_servers: tuple[objects.ForeignServer, ...]
    publications: tuple[objects.Publication, ...]
    settings: tuple[objects.Setting, ...]
    privileges: tuple[objects.Privilege, ...]
    transactions: tuple[objects.Transaction, ...]
    locks: tuple[objects.Lock, ...]
    roles: tuple[objects.Role, ...]
    collations: tuple[objects.Collation, ...]

    @property
    def data_tables(self) -> tuple[Table, ...]:
        """Tables with rows of their own."""
        return tuple(table for table in self.tables if table.holds_rows)

    @property
    def data_bytes(self) -> int:
        return sum(table.size_bytes for table in self.data_tables)

    @property
    def index_bytes(self) -> int:
        return sum(table.index_bytes for table in self.data_tables)


def read_catalog(connection: Connection, lock_timeout_ms: int = 10_000) -> Catalog:
    """What the connection's database holds, in one read-only transaction. HomeportError if a lock keeps it out.

    Sizes are of now, everything else is of one snapshot. Inside a transaction it reads in that one.
    """
    try:
        with _snapshot(connection, lock_timeout_ms):
            (database,) = _rows(connection, "database")
            found: dict[str, Any] = {
                name: tuple(row_class(**row) for row in _rows(connection, name)) for name, row_class in ROWS.items()
            }
            return Catalog(
                identity=_identity(connection, database),
                database=Database(**database | {"collation_names": frozenset(database["collation_names"])}),
                tables=tuple(_table(row) for row in _rows(connection, "tables")),
                views=tuple(View(**row | {"reads": tuple(row["reads"])}) for row in _rows(connection, "views")),
                **found,
            )
    except psycopg.errors.LockNotAvailable:
        raise HomeportError(
            f"a table is locked exclusively for more than {lock_timeout_ms} ms; its size cannot be read",
            "try again when the migration or the VACUUM FULL that holds it is done",
        ) from None


def order_materialized(catalog: Catalog) -> tuple[View, ...]:
    """Materialized views, each after those it reads, through plain views too."""
    views = {view.oid: view for view in catalog.views}
    ordered: dict[int, View] = {}
    visited: set[int] = set()

    def visit(view: View) -> None:
        if view.oid not in visited:
            visited.add(view.oid)
            for oid in view.reads:
                if oid in views:
                    visit(views[oid])
            ordered[view.oid] = view

    for view in catalog.views:
        visit(view)
    return tuple(view for view in ordered.values() if view.is_materialized)


@contextmanager
def _snapshot(connection: Connection, lock_timeout_ms: int) -> Iterator[None]:
    if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        yield
        return
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute(f"SET LOCAL lock_timeout = {lock_timeout_ms}")
        yield


def _rows(connection: Connection, name: str) -> Sequence[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_queries()[name].encode()).fetchall()


@lru_cache
def _queries() -> dict[str, str]:
    """Name → statement, of catalog.sql."""
    text = files("homeport.postgres").joinpath("catalog.sql").read_text()
    text = text.replace("{user_schema}", USER_SCHEMA).replace("{own_schema}", OWN_SCHEMA)
    text = re.sub(r"\{no_extension:(\w+):([\w.]+)\}", lambda m: NO_EXTENSION.format(catalog=m[1], oid=m[2]), text)
    text = re.sub(r"\{no_part:(\w+):([\w.]+)\}", lambda m: NO_PART.format(catalog=m[1], oid=m[2]), text)
    parts = re.split(r"^-- name: (\w+)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _table(row: dict[str, Any]) -> Table:
    columns = tuple(Column(**column) for column in row["columns"])
    return Table(**row | {"key": tuple(row["key"]), "columns": columns})


def _identity(connection: Connection, database: dict[str, Any]) -> str:
    """The cluster's identifier where it may be read, else the moment of its start; with the database's oid."""
    (may_read,) = connection.execute("SELECT has_function_privilege('pg_control_system()', 'execute')").fetchone() or (
        False,
    )
    if may_read:
        (identifier,) = connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone() or ("",)
        return f"{identifier}/{database['oid']}"
    return f"started {database['started']}/{database['oid']}"
