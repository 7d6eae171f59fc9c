"""Rules about what goes on in the source right now, and about room in the target."""

from collections.abc import Iterator

from homeport.postgres.catalog import Catalog
from homeport.postgres.follow.slot import why_no_slot
from homeport.postgres.rules.finding import Finding, counted, listed

MEGABYTE = 1_000_000


def long_transactions(source: Catalog, target: Catalog) -> Iterator[Finding]:
    names = [f"{t.application or t.role} (pid {t.pid}): {t.state} for {t.seconds:.0f} s" for t in source.transactions]
    if names:
        yield Finding(
            "long-transactions",
            "warns",
            f"{counted(len(names), 'transaction')} of the source open for over a minute",
            "capture begins, and the fence closes, only when each transaction that wrote a table has ended",
            "end them before the move: SELECT pg_terminate_backend(pid)",
            listed(names),
        )


def locks(source: Catalog, target: Catalog) -> Iterator[Finding]:
    names = {
        f"{each.schema}.{each.table}: {each.mode} {'held' if each.is_held else 'awaited'} by pid {each.pid}"
        for each in source.locks
    }
    if names:
        yield Finding(
            "locks",
            "warns",
            "somebody holds or awaits strong locks on tables of the source",
            "capture needs a short lock on every table, and gives up rather than make writers queue",
            "wait for the migration or the VACUUM that holds them",
            listed(names),
        )


def not_empty(source: Catalog, target: Catalog) -> Iterator[Finding]:
    names = [t.full_name for t in target.tables] + [f"{v.schema}.{v.name}" for v in target.views]
    names += [f"{f.schema}.{f.name}()" for f in target.functions] + [f"{t.schema}.{t.name}" for t in target.types]
    names += [f"{s.schema}.{s.name}" for s in target.sequences]
    names += [counted(n, "large object") for n in [target.database.large_objects] if n]
    if names:
        yield Finding(
            "not-empty",
            "refuses",
            f"the target ({target.database.name}) is not empty",
            "a copy into it would mix with what it holds",
            f"create an empty database; or keep all that and copy beside it: --into-nonempty {target.database.name}",
            listed(set(names)),
        )


def slot_room(source: Catalog, target: Catalog) -> Iterator[Finding]:
    if why_no_slot(source):
        return
    limit = source.database.slot_wal_bytes_max
    limited = f"at most {limit / MEGABYTE:,.0f} MB (max_slot_wal_keep_size)" if limit >= 0 else "without a limit"
    yield Finding(
        "slot-room",
        "warns" if limit >= 0 else "informs",
        f"the source keeps its WAL for a replication slot until it is read, {limited}",
        "nobody reads it until the copy is complete, nor while nobody follows: its disk may fill, or the slot be lost",
        "see that it has room for the WAL of that time; --capture triggers keeps none",
    )


def room(source: Catalog, target: Catalog) -> Iterator[Finding]:
    rows, indexes = source.data_bytes / MEGABYTE, source.index_bytes / MEGABYTE
    wal = target.database.wal_bytes_max / MEGABYTE
    yield Finding(
        "room",
        "informs",
        f"the rows take {rows:,.0f} MB (TOAST counted), their indexes {indexes:,.0f} MB",
        f"the target needs {rows + indexes + wal:,.0f} MB free: these, and {wal:,.0f} MB of WAL between checkpoints",
        "see that its storage has that much; a server does not tell its free space over SQL",
    )
