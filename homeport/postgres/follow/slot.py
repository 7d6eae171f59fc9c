r"""A logical replication slot and its publication in a database: whether there may be one, made, looked at, removed.

The slot keeps all WAL from the moment it was made until it is told that it was read, so nothing is written for each
change. Its publication tells of tables whose primary key is their replica identity; of any other, PostgreSQL would
refuse updates while it is published, so these keep triggers. A table comes into the publication under SHARE ROW
EXCLUSIVE, as a trigger does: when that is committed, no transaction is left that wrote it without being told of.

Neither has a schema; both are named `homeport_<move>`, which is how they are found and removed.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from homeport.errors import HomeportError
from homeport.postgres.catalog import Catalog
from homeport.postgres.objects import Table
from homeport.postgres.server import Connection, Server, redact

PREFIX = "homeport_"
COLUMN_LISTS = 150000  # the version from which on a publication can leave out all but the key
ATTEMPTS, WAIT_MS = 60, 10_000  # making a slot waits for all transactions that write, and keeps nobody waiting
DROP_ATTEMPTS, PAUSE_SECONDS = 100, 0.1
MARK = """
CREATE TABLE IF NOT EXISTS homeport.mark (one boolean PRIMARY KEY DEFAULT true CHECK (one), number bigint NOT NULL);
INSERT INTO homeport.mark (number) VALUES (0) ON CONFLICT DO NOTHING"""
RUNNING = """
SELECT a.pid, coalesce(a.usename, ''), coalesce(nullif(a.application_name, ''), a.backend_type), a.state,
       extract(epoch FROM clock_timestamp() - a.xact_start)::int
  FROM pg_stat_activity a WHERE a.backend_xid IS NOT NULL AND a.pid <> pg_backend_pid() ORDER BY 5 DESC LIMIT 5"""
SLOTS = r"""
SELECT slot_name::text, confirmed_flush_lsn::text, coalesce(wal_status, 'lost') = 'lost' OR restart_lsn IS NULL,
       coalesce(pg_wal_lsn_diff(CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn() END, restart_lsn), 0)
         ::bigint,
       active_pid
  FROM pg_replication_slots WHERE slot_name LIKE 'homeport\_%' AND database = current_database()"""
PUBLICATIONS = r"SELECT quote_ident(pubname) FROM pg_publication WHERE pubname LIKE 'homeport\_%'"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Slot:
    """A slot as it is. `confirmed`: it gives what was committed after that; `kept_bytes`: of WAL, for its sake."""

    confirmed: str | None  # None while it is being made: that waits for every transaction which writes
    is_lost: bool
    kept_bytes: int
    reader: int | None  # the process that reads it


def slot_name(move: str) -> str:
    return f"{PREFIX}{move}"


def why_no_slot(catalog: Catalog) -> str | None:
    """Why the changes of this database cannot be read from a slot; None if they can."""
    database = catalog.database
    reasons = {
        f"wal_level is {database.wal_level}, not logical": database.wal_level != "logical",
        f"{database.role} may not replicate": not (database.may_replicate or database.is_superuser),
        "no replication slot is free": database.slots_left < 1,
        "no WAL sender is free": database.wal_senders_left < 1,
        f"{database.role} may not create a publication": not database.may_create,
        "its texts have no encoding (SQL_ASCII)": database.encoding == "SQL_ASCII",
        "it is a standby": database.in_recovery,
        "no table has a primary key that is its replica identity": not any(map(is_told, catalog.data_tables)),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def is_told(table: Table) -> bool:
    """Whether the slot tells the key of each change of this table, and PostgreSQL goes on taking its changes."""
    return table.persistence == "p" and table.replica_identity == "d" and table.has_primary_key


def make_slot(connection: Connection, slot: str, where: str, say: Say) -> None:
    """The publication, without tables yet, and the slot. Goes on where a killed process stopped; needs autocommit."""
    with connection.transaction():
        connection.execute(MARK.encode())
        if not connection.execute("SELECT FROM pg_publication WHERE pubname = %s", [slot]).fetchall():
            connection.execute(f'CREATE PUBLICATION "{slot}" FOR TABLE homeport.mark'.encode())
    connection.execute(f"SET lock_timeout = {WAIT_MS}".encode())
    for attempt in range(ATTEMPTS):
        found = find_slots(connection).get(slot)
        if found and found.confirmed:
            break
        if found:  # of a session that has just been ended while it was making it
            time.sleep(PAUSE_SECONDS)
            continue
        try:
            connection.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", [slot])
        except psycopg.errors.LockNotAvailable:
            if attempt % 6 == 0:
                say(f"{where}: the replication slot waits for transactions to end: {_describe_running(connection)}")
    else:
        raise HomeportError(
            f"{where}: no replication slot can be made while these write: {_describe_running(connection)}",
            "let these transactions end, or end them; or capture by triggers: --capture triggers",
        )
    connection.execute(
        "UPDATE homeport.capture SET began = s.confirmed_flush_lsn FROM pg_replication_slots s"
        " WHERE s.slot_name = %s AND began IS NULL",
        [slot],
    )


def publish_statements(name: str, key: tuple[str, ...], slot: str, version: int) -> list[str]:
    """Have the slot tell of a table; of its key alone, where the server (150018 is 15.18) can leave out the rest."""
    columns = f" ({', '.join(key)})" if version >= COLUMN_LISTS else ""
    return [
        f"LOCK TABLE ONLY {name} IN SHARE ROW EXCLUSIVE MODE",
        f'ALTER PUBLICATION "{slot}" ADD TABLE ONLY {name}{columns}',
    ]


def published(name: str, slot: str) -> str:
    """An expression: where a table (quoted as an SQL string) stands in the publication."""
    return (
        "(SELECT r.oid::text FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid"
        f" WHERE p.pubname = '{slot}' AND r.prrelid = {name}::regclass)"
    )


def find_slots(connection: Connection) -> dict[str, Slot]:
    """Our slots of this database by their names, as they are now."""
    return {name: Slot(*rest) for name, *rest in connection.execute(SLOTS.encode()).fetchall()}


def find_slot_problem(name: str, slot: Slot | None) -> str | None:
    """Why a slot that was made tells nothing any more, as the rest of a sentence that begins with it."""
    if slot is None:
        return f"{name} is gone"
    if slot.is_lost:
        return f"{name} was given up by the server, which keeps no more WAL than max_slot_wal_keep_size"
    return None


def remove_slots(connection: Connection, where: str) -> None:
    """Take our slots and publications out of the database. Who reads one still, from a killed process, is ended."""
    for _ in range(DROP_ATTEMPTS):
        slots = find_slots(connection)
        for name, slot in slots.items():
            try:
                if slot.reader:
                    connection.execute("SELECT pg_terminate_backend(%s)", [slot.reader])
                else:
                    connection.execute("SELECT pg_drop_replication_slot(%s)", [name])
            except (psycopg.errors.ObjectInUse, psycopg.errors.UndefinedObject):
                pass  # looked at again
        if not slots:
            break
        time.sleep(PAUSE_SECONDS if any(slot.reader for slot in slots.values()) else 0)
    else:
        raise HomeportError(f"{where}: its replication slot {min(slots)} is being read", "stop who reads it")
    for (name,) in connection.execute(PUBLICATIONS.encode()).fetchall():
        connection.execute(f"DROP PUBLICATION IF EXISTS {name}".encode())


def explain_refusal(server: Server, error: psycopg.Error) -> str:
    return " ".join(redact(server, str(error)).split())


def _describe_running(connection: Connection) -> str:
    rows = connection.execute(RUNNING.encode()).fetchall()
    lines = [f"session {pid} ({user}, {program}, {state}, {age} s)" for pid, user, program, state, age in rows]
    lines += [
        f"prepared transaction {gid!r} of {database}"
        for gid, database in connection.execute("SELECT gid, database FROM pg_prepared_xacts").fetchall()
    ]
    return ", ".join(lines) or "transactions that have ended meanwhile"
