"""What a side that is followed knows of it: the move, its tables, their logs. Plain values, read from its schema."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from homeport.postgres.catalog import NO_EXTENSION, USER_SCHEMA
from homeport.postgres.copy.reading import Form
from homeport.postgres.server import Connection

TABLES = """
CREATE SCHEMA IF NOT EXISTS homeport;
CREATE TABLE IF NOT EXISTS homeport.capture (
  one boolean PRIMARY KEY DEFAULT true CHECK (one), move text NOT NULL, other text NOT NULL, always boolean NOT NULL,
  slot text, began pg_lsn, ready xid8);
CREATE TABLE IF NOT EXISTS homeport.captured (
  number int PRIMARY KEY, name text NOT NULL UNIQUE, columns text[] NOT NULL, key text[] NOT NULL, shape text NOT NULL,
  file oid, published text);
CREATE TABLE IF NOT EXISTS homeport.reload (number int NOT NULL);
"""
EXISTS = "SELECT to_regclass('homeport.capture') IS NOT NULL AND to_regclass('homeport.captured') IS NOT NULL"
# A table's columns as far as a delta depends on them (their numbers tell one that was dropped and made anew), and our
# triggers with whether they fire, or where the table stands in our publication: who takes it out and puts it back gives
# it another oid.
SHAPES = rf"""
SELECT format('%I.%I', n.nspname, c.relname), n.nspname::text, c.relname::text,
       (SELECT string_agg(format('%I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
                                 CASE WHEN a.attnotnull THEN ' not null' ELSE '' END,
                                 CASE WHEN a.attgenerated <> '' THEN ' generated' ELSE '' END), ', ' ORDER BY a.attnum)
               || ' (' || string_agg(a.attnum::text, ' ' ORDER BY a.attnum) || ')'
          FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS shape,
       (SELECT string_agg(t.tgname || ' ' || t.tgenabled::text, ', ' ORDER BY t.tgname)
          FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
         WHERE t.tgrelid = c.oid AND p.pronamespace = to_regnamespace('homeport')::oid
           AND p.proname NOT IN ('fenced', 'gate')),
       (SELECT r.oid::text FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
         WHERE r.prrelid = c.oid AND p.pubname LIKE 'homeport\_%'
           AND p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND {USER_SCHEMA}
   AND {NO_EXTENSION.format(catalog="pg_class", oid="c.oid")}
"""
# Tables that were rewritten since they were last loaded: ALTER TABLE … TYPE … USING changes rows without a trigger.
REWRITTEN = """
SELECT k.number FROM homeport.captured k JOIN pg_class c ON c.oid = to_regclass(k.name) WHERE c.relfilenode <> k.file"""
KEEP_FILES = """
UPDATE homeport.captured k SET file = c.relfilenode FROM pg_class c WHERE c.oid = to_regclass(k.name)"""
EXTENSION_SCHEMAS = """
SELECT DISTINCT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
 WHERE n.nspname <> 'pg_catalog' ORDER BY 1"""
COLUMNLESS = "(no columns)"
COLUMNS_MAX = 1600  # of any table of PostgreSQL's, so also of a log and of what a delta is staged in


@dataclass(frozen=True)
class Captured:
    """A table that is followed. Names are quoted and qualified, ready for a statement; without a key, `key` is ()."""

    number: int
    name: str
    columns: tuple[str, ...]  # without generated ones
    key: tuple[str, ...]
    shape: str = ""
    binary: bool = False  # whether its rows can be sent in binary form; else as text, of which 1 GB is the most
    bytes: frozenset[str] = frozenset()  # the columns that are bytea
    published: str | None = None  # where it stands in the publication; None: its changes are captured by triggers

    @property
    def log(self) -> str:
        """Where its changes are read: in a table that triggers fill, or in one that the session fills from the slot."""
        return f"{'homeport' if self.published is None else 'pg_temp'}.log_{self.number}"

    @property
    def is_whole(self) -> bool:
        """Whether each change has all of it loaded again: no log can hold a row without columns, or one of so many."""
        return is_whole(self.columns, self.key)


@dataclass(frozen=True)
class Shape:
    """A table's columns, as one text, and the triggers of ours that it has."""

    schema: str
    table: str
    columns: str
    triggers: str
    published: str | None = None


@dataclass(frozen=True)
class Capture:
    """`ready` is the transaction that committed after the last table was captured; None until then.

    `slot` is the replication slot (and the publication) that tells of the changes of some tables; `began` is the place
    in WAL from which on it does.
    """

    move: str
    other: str
    always: bool  # triggers fire in sessions with session_replication_role = replica too
    ready: str | None
    tables: tuple[Captured, ...]
    slot: str | None = None
    began: str | None = None


def is_whole(columns: Sequence[str], key: Sequence[str]) -> bool:
    """Whether a table of these columns is followed by loading it whole (`Captured.is_whole`)."""
    return not columns or len(columns) + max(len(key) + 1, 2) > COLUMNS_MAX


def read_capture(connection: Connection) -> Capture | None:
    """What this side captures, if it does."""
    if not connection.execute(EXISTS).fetchall()[0][0]:
        return None
    query = "SELECT move, other, always, ready::text, slot, began::text FROM homeport.capture"
    rows = connection.execute(query).fetchall()
    if not rows:
        return None
    query = "SELECT number, name, columns, key, shape, published FROM homeport.captured ORDER BY number"
    captured = tuple(
        Captured(number, name, tuple(columns), tuple(key), shape, published=published)
        for number, name, columns, key, shape, published in connection.execute(query).fetchall()
    )
    move, other, always, ready, slot, began = rows[0]
    return Capture(move, other, always, ready, captured, slot, began)


def read_shapes(connection: Connection) -> dict[str, Shape]:
    """What every table looks like to the caller's transaction, by its quoted name."""
    rows = connection.execute(SHAPES.encode()).fetchall()
    return {
        str(name): Shape(schema, table, columns or COLUMNLESS, triggers or "", published)
        for name, schema, table, columns, triggers, published in rows
    }


def find_changes(connection: Connection, capture: Capture) -> list[str]:
    """What was changed behind our back since the capture began, in words; nothing if nothing was."""
    now = read_shapes(connection)
    known = {table.name: table for table in capture.tables}
    lines = [f"table {name}: is new" for name in now if name not in known]
    for name, table in known.items():
        if name not in now:
            lines.append(f"table {name}: is gone")
            continue
        if now[name].columns != table.shape:
            lines.append(f"table {name}: its columns were {table.shape}; now they are {now[name].columns}")
        if missing := _missing(table, now[name], "A" if capture.always else "AO"):
            lines.append(
                f"table {name}: changes may have been missed: {', '.join(missing)} is gone or was disabled"
                f" (load it again: --reload {name})"
            )
    return lines


def operator_path(connection: Connection) -> str:
    """A search_path in which the operators of extensions' types (citext's `=`) are found, and nothing of users."""
    return ", ".join(["pg_catalog", *(str(row[0]) for row in connection.execute(EXTENSION_SCHEMAS).fetchall())])


def trigger_names(table: Captured) -> tuple[str, ...]:
    if table.published is not None:
        return ()
    return ("homeport_new", *(("homeport_changed",) if table.key else ()), "homeport_old", "homeport_truncated")


def choose_forms(
    tables: tuple[Captured, ...], giving: dict[str, Form], receiving: dict[str, Form]
) -> tuple[Captured, ...]:
    """The tables, each with the form in which its rows go over: binary where both sides have it for the same types."""
    found = []
    for table in tables:
        form = giving.get(table.name)
        binary = form is not None and form.binary and form == receiving.get(table.name)
        found.append(replace(table, binary=binary, bytes=form.bytes if form else frozenset()))
    return tuple(found)


def _missing(table: Captured, now: Shape, states: str) -> list[str]:
    """Triggers that do not fire, or were disabled: who enables them again makes them `O`, not `A`. The publication."""
    if table.published is not None:
        return [] if now.published == table.published else ["its place in the publication"]
    enabled = {words[0] for words in (each.split() for each in now.triggers.split(", ") if each) if words[1] in states}
    return [name for name in trigger_names(table) if name not in enabled]
