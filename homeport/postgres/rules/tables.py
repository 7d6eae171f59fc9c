"""Rules about the source's tables and what hangs on them."""

from collections.abc import Iterator

from homeport.postgres.catalog import Catalog
from homeport.postgres.follow.captured import is_whole
from homeport.postgres.rules.finding import Finding, counted, listed

TEXT_BYTES_MAX = 512 * 1024 * 1024  # of a bytea that can be written as text; a smaller table has no larger value


def row_security(source: Catalog, target: Catalog) -> Iterator[Finding]:
    if source.database.bypasses_row_security:
        return
    hidden = {t.full_name for t in source.tables if t.row_security and (t.row_security_forced or not t.is_ours)}
    if hidden:
        yield Finding(
            "row-security",
            "refuses",
            "row security hides rows of these tables from the connected role",
            "they would not be copied",
            "ALTER TABLE … NO FORCE ROW LEVEL SECURITY, or connect as a role with BYPASSRLS",
            listed(hidden),
        )
    shown = {t.full_name for t in source.tables if t.row_security} - hidden
    if shown:
        yield Finding(
            "row-security",
            "informs",
            f"row security is on for {counted(len(shown), 'table')}",
            "it does not apply to their owner, who reads them",
            "policies are copied with the schema",
            listed(shown),
        )


def keys(source: Catalog, target: Catalog) -> Iterator[Finding]:
    without = [f"{t.full_name} (about {t.rows_estimate:,} rows)" for t in source.data_tables if not t.key]
    if without:
        yield Finding(
            "keys",
            "warns",
            f"{counted(len(without), 'table')} without a primary key or a unique index without nulls",
            "their changes are followed by the content of whole rows, which costs more",
            "nothing need be done; a primary key makes following cheaper",
            listed(without),
        )


def loaded_whole(source: Catalog, target: Catalog) -> Iterator[Finding]:
    columns = {t.full_name: [c.name for c in t.columns if not c.generated] for t in source.data_tables}
    names = {t.full_name for t in source.data_tables if is_whole(columns[t.full_name], t.key)}
    if names:
        yield Finding(
            "loaded-whole",
            "informs",
            f"{counted(len(names), 'table')} without columns of its own, or with too many for a log",
            "a table of PostgreSQL has 1600 columns at most, a log of changes too",
            "each is loaded whole when it changes",
            listed(names),
        )


def long_texts(source: Catalog, texts: frozenset[str]) -> Iterator[Finding]:
    """`texts`: tables whose rows can only be sent as text, quoted as PostgreSQL does."""
    large = {t.full_name for t in source.data_tables if t.size_bytes > TEXT_BYTES_MAX}
    names = {name for name in (text.replace('"', "") for text in texts) if name in large}
    if names:
        yield Finding(
            "long-texts",
            "warns",
            f"{counted(len(names), 'large table')} with a type that has no binary form that means the same elsewhere",
            "their rows go as text, and a text of more than 1 GB stops the move: a bytea of over 512 MB has one",
            "see that no value is that large: SELECT max(octet_length(…)) tells",
            listed(names),
        )


def unlogged(source: Catalog, target: Catalog) -> Iterator[Finding]:
    names = [t.full_name for t in source.tables if t.persistence == "u"]
    if names:
        yield Finding(
            "unlogged",
            "warns",
            counted(len(names), "unlogged table"),
            "a crash of either server empties them, and a standby does not have their rows",
            "they are copied, and stay unlogged",
            listed(names),
        )


def foreign_tables(source: Catalog, target: Catalog) -> Iterator[Finding]:
    names = [t.full_name for t in source.tables if t.kind == "f"]
    names += [f"server {server.name} ({server.wrapper})" for server in source.foreign_servers]
    if names:
        yield Finding(
            "foreign-tables",
            "warns",
            "there are foreign tables or servers",
            "their rows live elsewhere, and passwords of user mappings are not readable",
            "definitions are copied, rows are not; create the user mappings in the target yourself",
            listed(names),
        )


def exclusion_constraints(source: Catalog, target: Catalog) -> Iterator[Finding]:
    names = [f"{c.schema}.{c.table}: {c.name}" for c in source.constraints if c.kind == "x"]
    if names:
        yield Finding(
            "exclusion-constraints",
            "informs",
            counted(len(names), "exclusion constraint"),
            "its index cannot be built first and attached afterwards",
            "each is added as a whole, after the rows",
            listed(names),
        )


def partitioned(source: Catalog, target: Catalog) -> Iterator[Finding]:
    names = [t.full_name for t in source.tables if t.kind == "p"]
    if names:
        yield Finding(
            "partitioned",
            "informs",
            counted(len(names), "partitioned table"),
            "only partitions hold rows",
            "each partition is copied as a table of its own",
            listed(names),
        )


def generated_columns(source: Catalog, target: Catalog) -> Iterator[Finding]:
    names = [f"{t.full_name}.{c.name}" for t in source.tables for c in t.columns if c.generated]
    if names:
        yield Finding(
            "generated-columns",
            "informs",
            counted(len(names), "generated column"),
            "their values cannot be written",
            "the target computes them, and the comparison compares them",
            listed(names),
        )


def identity_columns(source: Catalog, target: Catalog) -> Iterator[Finding]:
    names = [f"{t.full_name}.{c.name}" for t in source.tables for c in t.columns if c.identity]
    if names:
        yield Finding(
            "identity-columns",
            "informs",
            counted(len(names), "identity column"),
            "new rows must go on counting where the source stopped",
            "values are kept, and their sequences are set at the cutover",
            listed(names),
        )


def replica_identity(source: Catalog, target: Catalog) -> Iterator[Finding]:
    names = [
        t.full_name
        for t in source.data_tables
        if t.replica_identity == "n" or (t.replica_identity == "d" and not t.key)
    ]
    if names:
        yield Finding(
            "replica-identity",
            "informs",
            f"{counted(len(names), 'table')} without a replica identity",
            "logical replication refuses updates and deletes on them",
            "nothing need be done: their changes are captured by triggers, which do not need one",
            listed(names),
        )


def unvalidated_constraints(source: Catalog, target: Catalog) -> Iterator[Finding]:
    names = [f"{c.schema}.{c.table}: {c.name}" for c in source.constraints if not c.is_validated]
    if names:
        yield Finding(
            "unvalidated-constraints",
            "informs",
            counted(len(names), "constraint that is NOT VALID", "constraints that are NOT VALID"),
            "rows may break them",
            "they are copied as NOT VALID",
            listed(names),
        )


def invalid_indexes(source: Catalog, target: Catalog) -> Iterator[Finding]:
    names = [f"{i.schema}.{i.name}" for i in source.indexes if not i.is_valid]
    if names:
        yield Finding(
            "invalid-indexes",
            "warns",
            counted(len(names), "invalid index", "invalid indexes") + ", left by a failed CREATE INDEX CONCURRENTLY",
            "building them may fail in the target for the same reason",
            "DROP INDEX them, or REINDEX INDEX CONCURRENTLY",
            listed(names),
        )
