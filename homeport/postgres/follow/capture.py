"""A database → one whose changes leave their keys in logs. `traces.remove` is the way back.

Triggers, because an owner may make them where nobody else may do more. Row triggers: for the statements of a web
application, which change one row each, they cost less than statement triggers with transition tables (`make bench-db`
db_capture shows both), and they fire on each partition, however the row came there. CREATE TRIGGER takes SHARE ROW
EXCLUSIVE, which conflicts with the lock of every transaction that has written the table: when it commits, none is left
that wrote without it. It is never waited for longer than LOCK_TIMEOUT_MS, since writers queue behind who waits.

The functions run with the rights of who installed them (SECURITY DEFINER), so that every role's changes are captured;
each is one INSERT of plain values with qualified names, in which no operator or function of another role can be found.

Where the source allows logical replication, the keys of most tables come from a slot instead (`slot`), and no
trigger of ours fires there.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import psycopg

from homeport.errors import HomeportError
from homeport.postgres.catalog import read_catalog
from homeport.postgres.checksum import quote
from homeport.postgres.copy.target import end_leftovers
from homeport.postgres.follow.captured import (
    TABLES,
    Capture,
    Captured,
    find_changes,
    operator_path,
    read_capture,
    read_shapes,
    trigger_names,
)
from homeport.postgres.follow.definitions import keep_definitions
from homeport.postgres.follow.slot import (
    explain_refusal,
    is_told,
    make_slot,
    publish_statements,
    published,
    slot_name,
    why_no_slot,
)
from homeport.postgres.follow.stream import connect_replication
from homeport.postgres.locks import patiently
from homeport.postgres.objects import Table
from homeport.postgres.server import Connection, Server, connect, explain

LOCK_TIMEOUT_MS = 1000
DEFINER = "RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS"
# Logs lose all their rows again and again: dead ones are to go soon.
STORAGE = (
    "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_analyze_threshold = 100000"
)
Say = Callable[[str], None]
At = Callable[[str], None]
Method = Literal["auto", "slot", "triggers"]


def install(  # noqa: PLR0913 what is captured for whom, and who is told
    server: Server,
    move: str,
    other: str,
    *,
    always: bool,
    method: Method = "triggers",
    what: str = "the source",
    say: Say = lambda words: None,
    at: At = lambda point: None,
) -> Capture:
    """Capture the changes of every table, for this move; go on where a killed process stopped.

    `always`: in sessions with session_replication_role = replica too. `other` describes who will receive them.
    `method` `auto` takes a slot where there may be one. HomeportError if another move captures this database, a table
    is somebody else's, or is locked all the time, or the method cannot be had.
    """
    with connect(
        server, application=f"capture {move}", autocommit=True, lock_timeout_ms=LOCK_TIMEOUT_MS, what=what
    ) as connection:
        try:
            end_leftovers(
                connection, f"homeport capture {move}"
            )  # one may wait to make a slot, and would make it later
            where = f"{what} ({server})"
            known = _find_known(connection, move, method, where)
            if known is None:
                slot = slot_name(move) if _choose(connection, server, method, where) else None
                known = _begin(connection, Capture(move, other, always, None, (), slot))
            at("schema")
            return known if known.ready else _install(connection, known, where, say, at)
        except psycopg.Error as error:
            raise explain(server, error, what) from None


def capture_statements(table: Captured, *, always: bool) -> list[str]:
    """The log of a table, and the triggers that fill it."""
    name, log, number = table.name, table.log, table.number
    new, old = (", ".join(f"{row}.{column}" for column in table.key or table.columns) for row in ("NEW", "OLD"))
    if table.key:
        kept = ", ".join(f"{column} AS k{i}" for i, column in enumerate(table.key, 1))
        bodies = {"new": new, "old": old}
        changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in table.key)
        triggers = {
            "homeport_new": f"AFTER INSERT OR UPDATE ON {name} FOR EACH ROW EXECUTE FUNCTION homeport.new_{number}()",
            "homeport_changed": f"AFTER UPDATE ON {name} FOR EACH ROW WHEN ({changed})"
            f" EXECUTE FUNCTION homeport.old_{number}()",
            "homeport_old": f"AFTER DELETE ON {name} FOR EACH ROW EXECUTE FUNCTION homeport.old_{number}()",
        }
    else:
        images = [] if table.is_whole else [f"{column} AS c{i}" for i, column in enumerate(table.columns, 1)]
        kept = ", ".join(["pg_catalog.pg_current_xact_id() AS x", "1 AS sign", *images])
        bodies = {
            which: f"pg_catalog.pg_current_xact_id(), {sign}, {row}"
            for which, sign, row in (("new", "1", new), ("old", "-1", old))
        }
        triggers = {
            "homeport_new": f"AFTER INSERT OR UPDATE ON {name} FOR EACH ROW EXECUTE FUNCTION homeport.new_{number}()",
            "homeport_old": f"AFTER DELETE OR UPDATE ON {name} FOR EACH ROW EXECUTE FUNCTION homeport.old_{number}()",
        }
    triggers["homeport_truncated"] = f"AFTER TRUNCATE ON {name} EXECUTE FUNCTION homeport.truncated_{number}()"
    reload = f"INSERT INTO homeport.reload VALUES ({number})"
    functions = {
        f"{which}_{number}": reload if table.is_whole else f"INSERT INTO {log} VALUES ({values})"
        for which, values in bodies.items()
    }
    functions[f"truncated_{number}"] = reload
    statements = [
        f"LOCK TABLE ONLY {name} IN SHARE ROW EXCLUSIVE MODE",
        f"CREATE TABLE {log} AS SELECT {kept} FROM ONLY {name} WITH NO DATA",
        f"ALTER TABLE {log} SET ({STORAGE})",
    ]
    statements += [
        f"CREATE FUNCTION homeport.{function}() {DEFINER} 'BEGIN {_quoted(body)}; RETURN NULL; END'"
        for function, body in functions.items()
    ]
    statements += [f"CREATE TRIGGER {trigger} {definition}" for trigger, definition in triggers.items()]
    if always:
        statements += [f"ALTER TABLE ONLY {name} ENABLE ALWAYS TRIGGER {trigger}" for trigger in triggers]
    return [*statements, _keep(table, "NULL")]


def recapture_statements(connection: Connection, table: Captured, capture: Capture) -> list[str]:
    """Have a table captured as it was: its triggers fire, or it is in the publication. What was missed stays missed."""
    if table.published is None or capture.slot is None:
        state = "ENABLE ALWAYS" if capture.always else "ENABLE"
        return [f"ALTER TABLE ONLY {table.name} {state} TRIGGER {each}" for each in trigger_names(table)]
    place = published(_literal(table.name), capture.slot)
    ((there,),) = connection.execute(f"SELECT {place}".encode()).fetchall()
    keep = f"UPDATE homeport.captured SET published = {place} WHERE number = {table.number}"
    drop = [f'ALTER PUBLICATION "{capture.slot}" DROP TABLE ONLY {table.name}'] if there else []
    return [*drop, *publish_statements(table.name, table.key, capture.slot, connection.info.server_version), keep]


def _find_known(connection: Connection, move: str, method: Method, where: str) -> Capture | None:
    """The capture that was begun. HomeportError if it is another move's, or another method is wanted."""
    known = read_capture(connection)
    if known and known.move != move:
        raise HomeportError(
            f"{where}: its changes are captured by another move, {known.move}, into {known.other}",
            "go on with that one, or end it: homeport db clean",
        )
    if known and method == ("triggers" if known.slot else "slot"):
        raise HomeportError(
            f"{where}: its changes are captured by {'a replication slot' if known.slot else 'triggers'} already",
            f"go on with that; or begin again: homeport db follow --again --capture {method}",
        )
    return known


def _choose(connection: Connection, server: Server, method: Method, where: str) -> bool:
    """Whether a slot is to tell of changes. HomeportError if one is wanted and there can be none."""
    if method == "triggers":
        return False
    reason = why_no_slot(read_catalog(connection))
    if reason is None:
        try:
            connect_replication(server, "capture look").close()
        except psycopg.Error as error:
            reason = explain_refusal(server, error)
    if reason and method == "slot":
        raise HomeportError(
            f"{where}: its changes cannot be read from a replication slot: {reason}",
            "mend that; or capture by triggers: --capture triggers",
        )
    return reason is None


def _begin(connection: Connection, wanted: Capture) -> Capture:
    with connection.transaction():
        connection.execute(TABLES.encode())
        connection.execute(
            "INSERT INTO homeport.capture (move, other, always, slot) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [wanted.move, wanted.other, wanted.always, wanted.slot],
        )
    return wanted


def _install(connection: Connection, capture: Capture, where: str, say: Say, at: At) -> Capture:
    if capture.slot:
        make_slot(connection, capture.slot, where, say)
        connection.execute(f"SET lock_timeout = {LOCK_TIMEOUT_MS}".encode())
        say(f"{where}: changes are read from the replication slot {capture.slot}; what it cannot tell, triggers do")
        at("slot")
    connection.execute(f"SET search_path = {operator_path(connection)}".encode())
    while missing := _find_missing(connection, capture, where):
        for table in missing:
            patiently(connection, [table.name], _statements(connection, table, capture), where, say)
            at(f"captured {table.name}")
        say(f"{where}: the changes of {len(missing)} tables are captured")
    with connection.transaction():
        keep_definitions(connection)
        connection.execute("UPDATE homeport.capture SET ready = pg_current_xact_id() WHERE ready IS NULL")
    at("ready")
    found = read_capture(connection)
    if found is None or find_changes(connection, found):
        raise HomeportError(f"{where}: its tables are being changed", "let the migration end; then start again")
    return found


def _statements(connection: Connection, table: Captured, capture: Capture) -> list[str]:
    if table.published is None or capture.slot is None:
        return capture_statements(table, always=capture.always)
    version = connection.info.server_version
    place = published(_literal(table.name), capture.slot)
    return [*publish_statements(table.name, table.key, capture.slot, version), _keep(table, place)]


def _find_missing(connection: Connection, capture: Capture, where: str) -> list[Captured]:
    """Tables that are not captured yet; `published` of those that the slot is to tell of is not NULL."""
    known = read_capture(connection)
    done = {table.name for table in known.tables} if known else set()
    first = max((table.number for table in known.tables), default=0) + 1 if known else 1
    tables = {(each.schema, each.name): each for each in read_catalog(connection).data_tables}
    missing = {
        name: shape
        for name, shape in read_shapes(connection).items()
        if name not in done and (shape.schema, shape.table) in tables
    }
    found = [(name, shape, tables[shape.schema, shape.table]) for name, shape in missing.items()]
    if foreign := [name for name, _, table in found if not table.is_ours]:
        raise HomeportError(
            f"{where}: these tables belong to another role, which alone may make triggers: {', '.join(foreign)}",
            "as that role: ALTER TABLE … OWNER TO the role of this URL",
        )
    new = []
    for number, (name, shape, table) in enumerate(found, first):
        one = Captured(number, name, _columns(table), _key(table), shape.columns)
        told = capture.slot and one.key and not one.is_whole and is_told(table)
        new.append(replace(one, published="") if told else one)
    return new


def _keep(table: Captured, published_at: str) -> str:
    """What remembers that a table is captured, what it looks like, and the file that it is in."""
    arrays = ", ".join(f"ARRAY[{', '.join(map(_literal, value))}]::text[]" for value in (table.columns, table.key))
    row = f"{table.number}, {_literal(table.name)}, {arrays}, {_literal(table.shape)}"
    file = f"pg_relation_filenode({_literal(table.name)}::regclass)"
    return f"INSERT INTO homeport.captured VALUES ({row}, {file}, {published_at})"


def _columns(table: Table) -> tuple[str, ...]:
    return tuple(quote(column.name) for column in table.columns if not column.generated)


def _key(table: Table) -> tuple[str, ...]:
    """The key; none if a column of it is generated: what cannot be written cannot be read from a log either."""
    generated = {column.name for column in table.columns if column.generated}
    return () if generated & set(table.key) else tuple(quote(name) for name in table.key)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _quoted(text: str) -> str:
    return text.replace("'", "''")
