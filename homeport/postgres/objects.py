"""What a database is made of: one frozen class for each query of catalog.sql, with the fields that it selects."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Database:
    """The database that is connected to, its server's limits, and what the connected role may do there.

    Sizes are bytes, `started` and `clock` seconds since 1970; a limit of -1 is none.
    """

    version: int  # 150018 is 15.18
    name: str
    oid: int
    owner: str
    encoding: str
    collate: str
    ctype: str
    provider: str  # c libc, i ICU, b built in
    locale: str | None
    collation_version: str | None
    size_bytes: int
    started: float
    clock: float
    in_recovery: bool
    may_create: bool
    wal_level: str
    wal_senders_left: int
    slots_left: int
    slot_wal_bytes_max: int  # that a slot may keep before it is given up; negative: all
    connections_max: int
    connections_reserved: int
    connections_used: int
    connections_database: int
    connections_database_used: int
    connections_role: int
    connections_role_used: int
    role: str
    is_superuser: bool
    may_replicate: bool
    may_signal: bool
    bypasses_row_security: bool
    wal_bytes_max: int
    collation_names: frozenset[str]
    large_objects: int
    large_objects_of_others: int

    @property
    def major(self) -> int:
        return self.version // 10000

    @property
    def connections_left(self) -> int:
        """How many more this role can open, by the tightest of the three limits, ours already counted as used."""
        left = [self.connections_max - self.connections_reserved - self.connections_used]
        if self.connections_database >= 0:
            left.append(self.connections_database - self.connections_database_used)
        if self.connections_role >= 0:
            left.append(self.connections_role - self.connections_role_used)
        return max(0, min(left))


@dataclass(frozen=True)
class Column:
    """A column; its type as SQL writes it, every name with its schema."""

    name: str
    type: str
    not_null: bool
    default: str | None
    identity: str  # a always, d by default, or empty
    generated: str  # s stored, v virtual, or empty
    collation: str | None  # where it differs from the type's


@dataclass(frozen=True)
class Table:
    """A table, partitioned table, materialized view or foreign table."""

    oid: int
    schema: str
    name: str
    kind: str  # r table, p partitioned, m materialized view, f foreign
    persistence: str  # p permanent, u unlogged
    owner: str
    is_ours: bool  # the connected role may act as its owner
    size_bytes: int  # with TOAST, without indexes
    index_bytes: int
    heap_blocks: int  # what ctid counts; TOAST is not in them
    rows_estimate: int
    replica_identity: str  # d key, f full, i index, n nothing
    row_security: bool
    row_security_forced: bool
    parent: str | None
    is_partition: bool
    bound: str | None
    partition_key: str | None
    is_populated: bool
    key: tuple[str, ...]  # the primary key's columns, or those of the first unique index without nulls
    has_primary_key: bool
    columns: tuple[Column, ...]

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def holds_rows(self) -> bool:
        """Whether rows of its own are to be copied: not partitioned, not foreign, not derived."""
        return self.kind == "r"


@dataclass(frozen=True)
class Index:
    schema: str
    name: str
    table: str
    definition: str
    is_valid: bool
    size_bytes: int


@dataclass(frozen=True)
class Constraint:
    schema: str
    table: str
    name: str
    kind: str  # p primary, u unique, f foreign, c check, x exclusion, t trigger
    definition: str
    is_validated: bool
    is_deferrable: bool


@dataclass(frozen=True)
class Sequence:
    schema: str
    name: str
    owner: str
    type: str
    start: int
    increment: int
    minimum: int
    maximum: int
    cycles: bool
    cache: int
    owned_by: str | None  # schema.table.column
    is_identity: bool
    last_value: int | None  # none: never used, or not readable


@dataclass(frozen=True)
class View:
    schema: str
    name: str
    is_materialized: bool
    columns: str
    definition: str
    owner: str
    oid: int
    reads: tuple[int, ...]  # oids of relations


@dataclass(frozen=True)
class Extension:
    name: str
    version: str
    schema: str


@dataclass(frozen=True)
class Available:
    """A version of an extension that the server can create."""

    name: str
    version: str
    is_trusted: bool  # its creator need not be a superuser


@dataclass(frozen=True)
class Schema:
    name: str
    owner: str
    is_ours: bool


@dataclass(frozen=True)
class Function:
    schema: str
    name: str
    arguments: str
    kind: str  # f function, p procedure, a aggregate, w window
    language: str
    owner: str
    properties: str  # arguments with defaults, result, volatility and the like, settings
    source: str  # as it was written; empty where the body is SQL that the server has parsed
    definition: str
    is_maintained: bool  # an index or a materialized view is built with it


@dataclass(frozen=True)
class Trigger:
    schema: str
    table: str
    name: str
    definition: str
    enabled: str  # O origin, D disabled, R replica, A always


@dataclass(frozen=True)
class EventTrigger:
    name: str
    event: str
    owner: str
    enabled: str


@dataclass(frozen=True)
class Type:
    schema: str
    name: str
    kind: str  # e enum, d domain, c composite, r range
    owner: str
    definition: str | None


@dataclass(frozen=True)
class Other:
    """An object of which nothing but its words is compared: a comment, cast, operator, rule or statistics object."""

    kind: str
    name: str
    definition: str


@dataclass(frozen=True)
class Policy:
    schema: str
    table: str
    name: str
    command: str
    is_permissive: bool
    visible: str | None
    writable: str | None


@dataclass(frozen=True)
class ForeignServer:
    name: str
    wrapper: str
    owner: str


@dataclass(frozen=True)
class Publication:
    name: str
    all_tables: bool
    owner: str


@dataclass(frozen=True)
class Setting:
    """What ALTER ROLE or ALTER DATABASE sets for the sessions of the connected role."""

    role: str  # empty: every role
    in_database: bool
    name: str
    value: str


@dataclass(frozen=True)
class Privilege:
    """What somebody else than the owner may do; without a grantee, the owner, whose default privileges these are."""

    schema: str
    name: str
    kind: str
    grantee: str
    rights: str


@dataclass(frozen=True)
class Transaction:
    """A transaction that has been open for over a minute."""

    pid: int
    role: str
    application: str
    state: str
    seconds: float


@dataclass(frozen=True)
class Lock:
    """A lock on a table that keeps writers out, or is waited for."""

    pid: int
    schema: str
    table: str
    mode: str
    is_held: bool


@dataclass(frozen=True)
class Role:
    name: str
    may_log_in: bool


@dataclass(frozen=True)
class Collation:
    """A collation that a column uses, other than the database's."""

    name: str
    schema: str
    provider: str
    version: str | None
    actual_version: str | None
