"""What a database holds, as a copy needs it: tables and their columns, indexes, constraints, sequences, views.

Plain values, read once in the copy's snapshot (`reading`), kept on the target as JSON, so that whoever takes over
builds the same indexes. Names are quoted and qualified, ready to stand in a statement.
"""

from dataclasses import dataclass

from pydantic import TypeAdapter


@dataclass(frozen=True)
class Table:
    name: str
    columns: tuple[str, ...]  # without generated ones
    binary: bool  # whether every type has a binary form that means the same on both sides
    bytes: int  # TOAST included, indexes not
    pages: int  # of the heap
    condition: str = ""  # `WHERE …`: an extension's table, of which only these rows are the user's
    logged: bool = True


@dataclass(frozen=True)
class Index:
    name: str
    table: str
    create: str
    bytes: int  # that building it handles, of a tree; more for what takes longer
    attach: str = ""  # what makes it a constraint, or the table's key for replication or clustering
    parent: str = ""  # the partitioned index that it belongs to
    sampled_bytes: int = 0  # of the rows for which ANALYZE computes what its expressions say, if it has any


@dataclass(frozen=True)
class Constraint:
    """One that builds its own index: exclusion, without overlaps, or a key of a partitioned table."""

    name: str
    table: str
    create: str
    bytes: int
    parent: str = ""


@dataclass(frozen=True)
class ForeignKey:
    name: str
    table: str
    parent: str
    definition: str
    valid: bool
    in_one_step: bool  # of or to a partitioned table: adding it unchecked and checking it later does not work there
    bytes: int


@dataclass(frozen=True)
class View:
    """A materialized view."""

    name: str
    populated: bool
    bytes: int
    after: tuple[str, ...]  # materialized views that it reads


@dataclass(frozen=True)
class Grant:
    privilege: str
    object: str  # kind and name
    role: str  # not quoted; empty: PUBLIC
    grantable: bool
    default: str = ""  # `ALTER DEFAULT PRIVILEGES …`: of what will be made later; then the object is a kind alone


@dataclass(frozen=True)
class Contents:
    tables: tuple[Table, ...] = ()
    indexes: tuple[Index, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    views: tuple[View, ...] = ()
    sequences: tuple[str, ...] = ()
    large_objects: tuple[tuple[int, int], ...] = ()  # ranges of oids, both ends included
    revokes: tuple[str, ...] = ()  # statements that come before the grants
    grants: tuple[Grant, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()  # of the database: name, value
    foreign_tables: tuple[str, ...] = ()
    search_path: str = ""  # in which functions of the user's find what they name without a schema

    @property
    def bytes(self) -> int:
        return sum(table.bytes for table in self.tables)


_ADAPTER = TypeAdapter(Contents)


def render_contents(contents: Contents) -> str:
    return _ADAPTER.dump_json(contents).decode()


def load_contents(text: str) -> Contents:
    return _ADAPTER.validate_json(text)
