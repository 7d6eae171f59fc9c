"""What a followed database's objects are, apart from columns and rows: kept when capture begins, compared later.

Both readings are of one server, so any difference is a change that somebody made: functions, views, defaults,
constraints, indexes, triggers, types and the rest of `definitions.sql`. No delta carries such a change over. Only
hashes are kept; which object it is, its name tells.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files

from homeport.postgres.catalog import NO_EXTENSION, OWN_SCHEMA, USER_SCHEMA
from homeport.postgres.server import Connection

MAKE = """
CREATE TABLE IF NOT EXISTS homeport.defined (kind text, name text, hash text NOT NULL, PRIMARY KEY (kind, name))"""
KEEP = "INSERT INTO homeport.defined SELECT kind, name, md5(coalesce(definition, '')) FROM ({0}) AS now"
CHANGED = """
SELECT coalesce(now.kind, was.kind), coalesce(now.name, was.name), was.hash IS NULL, now.kind IS NULL
  FROM ({0}) AS now FULL JOIN homeport.defined AS was ON was.kind = now.kind AND was.name = now.name
 WHERE was.hash IS DISTINCT FROM CASE WHEN now.kind IS NOT NULL THEN md5(coalesce(now.definition, '')) END
 ORDER BY 1, 2"""
ACCEPT = "--accept-differences"
HINT = (
    f"undo this on that side; or make the same change on the other side, and say so: {ACCEPT};"
    " or begin again: homeport db follow --again"
)


def keep_definitions(connection: Connection) -> None:
    """From now on, what the objects of this side are at this moment is what they were. In one transaction."""
    with connection.transaction(), _qualified(connection):
        connection.execute(MAKE)
        connection.execute("DELETE FROM homeport.defined")
        connection.execute(KEEP.format(_query()).encode())


def find_changed(connection: Connection) -> list[str]:
    """Objects that were changed, made or dropped since, in words. Reads in the caller's snapshot."""
    with _qualified(connection):
        rows = connection.execute(CHANGED.format(_query()).encode()).fetchall()
    return [
        f"{kind} {name}: {'is new' if is_new else 'is gone' if is_gone else 'was changed'}"
        for kind, name, is_new, is_gone in rows
    ]


def accept_changed(connection: Connection, say: Callable[[str], None]) -> None:
    """Take what was changed as it is now: the user has changed the other side, or wants it otherwise. Says each."""
    changed = find_changed(connection)
    for line in changed:
        say(f"{line}; accepted")
    if changed:
        keep_definitions(connection)


@contextmanager
def _qualified(connection: Connection) -> Iterator[None]:
    """Whatever the session's search_path is, servers write names with their schema here."""
    ((path,),) = connection.execute("SELECT current_setting('search_path')").fetchall()
    set_path = "SELECT set_config('search_path', %s, false)"
    connection.execute(set_path, [""])
    yield
    connection.execute(set_path, [path])


@cache
def _query() -> str:
    text = files("homeport.postgres.follow").joinpath("definitions.sql").read_text()
    text = text.replace("{user}", USER_SCHEMA).replace("{own}", OWN_SCHEMA)
    return re.sub(r"\{no_extension:(\w+):([\w.]+)\}", lambda m: NO_EXTENSION.format(catalog=m[1], oid=m[2]), text)
