"""The database that receives: whether it may be written, what it held before, and back to that.

What is there, was not there `before` and is one of the objects that a copy was about to bring came from an earlier,
unfinished copy: `clean` drops it. What neither explains is somebody else's, and nothing is dropped beside it.
"""

import zlib
from collections.abc import Iterable, Mapping

import psycopg
from psycopg import sql

from homeport.errors import HomeportError
from homeport.postgres.copy.reading import OURS, SYSTEM
from homeport.postgres.server import Connection, Server

BATCH = 100  # dropped per transaction: each takes locks, and a server has a fixed number of them
LOCK_ATTEMPTS, LOCK_PAUSE_SECONDS = 20, 0.1
LOCK = 0x686F6D65  # key of the advisory lock that one copy holds on its target
KINDS = {"r": "TABLE", "p": "TABLE", "v": "VIEW", "m": "MATERIALIZED VIEW", "S": "SEQUENCE", "f": "FOREIGN TABLE"}
TWO_WORDS = (
    "MATERIALIZED VIEW",
    "FOREIGN TABLE",
    "LARGE OBJECT",
    "OPERATOR FAMILY",
    "TEXT SEARCH CONFIGURATION",
    "TEXT SEARCH DICTIONARY",
)
RIGHTS = ("DEFAULT PRIVILEGES ", "REVOKE ")  # of these objects the name is what undoes them
OURS_ANYWAY = (*RIGHTS, "LARGE OBJECT ")  # a cutover makes the target's large objects those of the source
# Of an extension, or of another object (the constructor of a range type, the sequence of an identity column).
MEMBER = """EXISTS (
  SELECT FROM pg_depend d WHERE d.classid = '{0}'::regclass AND d.objid = {1}.oid
  AND (d.refclassid, d.refobjid) <> (d.classid, d.objid) AND d.deptype IN ('e', 'i'))"""

RELATIONS = f"""
SELECT c.relkind, format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND c.relpersistence <> 't' AND {SYSTEM}
  AND NOT {MEMBER.format("pg_class", "c")}
ORDER BY c.relkind IN ('r', 'S'), 2"""
OTHERS = f"""
SELECT i.type, i.identity FROM (
  SELECT 'pg_proc'::regclass AS class, p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE {SYSTEM} AND NOT {MEMBER.format("pg_proc", "p")}
  UNION ALL
  SELECT 'pg_type', t.oid FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_class c ON c.oid = t.typrelid
  WHERE t.typtype IN ('d', 'e', 'r', 'c') AND (c.relkind IS NULL OR c.relkind = 'c')
    AND {SYSTEM} AND NOT {MEMBER.format("pg_type", "t")}
  UNION ALL
  SELECT 'pg_operator', o.oid FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
  WHERE {SYSTEM} AND NOT {MEMBER.format("pg_operator", "o")}
  UNION ALL
  SELECT 'pg_opfamily', o.oid FROM pg_opfamily o JOIN pg_namespace n ON n.oid = o.opfnamespace
  WHERE {SYSTEM} AND NOT {MEMBER.format("pg_opfamily", "o")}
  UNION ALL
  SELECT 'pg_collation', o.oid FROM pg_collation o JOIN pg_namespace n ON n.oid = o.collnamespace
  WHERE {SYSTEM} AND NOT {MEMBER.format("pg_collation", "o")}
  UNION ALL
  SELECT 'pg_ts_config', o.oid FROM pg_ts_config o JOIN pg_namespace n ON n.oid = o.cfgnamespace
  WHERE {SYSTEM} AND NOT {MEMBER.format("pg_ts_config", "o")}
  UNION ALL
  SELECT 'pg_ts_dict', o.oid FROM pg_ts_dict o JOIN pg_namespace n ON n.oid = o.dictnamespace
  WHERE {SYSTEM} AND NOT {MEMBER.format("pg_ts_dict", "o")}
  UNION ALL
  SELECT 'pg_foreign_server', o.oid FROM pg_foreign_server o
) found, pg_identify_object(found.class, found.oid, 0) i ORDER BY 1, 2"""
SCHEMAS = (
    f"SELECT quote_ident(n.nspname) FROM pg_namespace n WHERE {SYSTEM} AND NOT {MEMBER.format('pg_namespace', 'n')}"
)
# What undoes the default privileges of the connected role, after ALTER; those that nobody changed are in no catalog.
DEFAULTS = """
WITH own AS (
  SELECT d.defaclnamespace = 0 AS is_global, d.defaclobjtype, d.defaclacl, d.defaclrole, k.name,
         'DEFAULT PRIVILEGES ' || coalesce('IN SCHEMA ' || quote_ident(n.nspname) || ' ', '') AS begun
  FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
  JOIN (VALUES ('r', 'TABLES'), ('S', 'SEQUENCES'), ('f', 'FUNCTIONS'), ('T', 'TYPES'), ('n', 'SCHEMAS'),
               ('L', 'LARGE OBJECTS')) k(type, name) ON k.type = d.defaclobjtype::text
  WHERE pg_get_userbyid(d.defaclrole) = current_user)
SELECT DISTINCT own.begun || 'REVOKE ALL ON ' || own.name || ' FROM '
       || CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END
FROM own, aclexplode(own.defaclacl) g
WHERE g.grantee <> own.defaclrole AND NOT (g.grantee = 0 AND own.is_global AND own.defaclobjtype IN ('f', 'T'))
UNION ALL
SELECT own.begun || 'GRANT ' || CASE own.defaclobjtype WHEN 'f' THEN 'EXECUTE' ELSE 'USAGE' END || ' ON ' || own.name
       || ' TO PUBLIC'
FROM own WHERE own.is_global AND own.defaclobjtype IN ('f', 'T')
  AND NOT EXISTS (SELECT FROM aclexplode(own.defaclacl) g WHERE g.grantee = 0)
ORDER BY 1"""
# What undoes a right on a schema that was given by the connected role: schemas that were there before get it too.
SCHEMA_RIGHTS = f"""
SELECT format('REVOKE %s ON SCHEMA %I FROM %s', g.privilege_type, n.nspname,
              CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END)
FROM pg_namespace n, aclexplode(n.nspacl) g
WHERE {SYSTEM} AND g.grantee <> n.nspowner AND pg_has_role(g.grantor, 'USAGE') ORDER BY 1"""
SETTINGS = """
SELECT split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1)
FROM pg_db_role_setting s, unnest(s.setconfig) AS setting
WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()) AND s.setrole = 0 ORDER BY 1"""
EXTENSIONS = "SELECT quote_ident(extname) FROM pg_extension"
HOLDERS = """
SELECT a.pid, a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.classid = %s AND a.datname = current_database()"""
IN_USE = """
SELECT format('session %s (%s, user %s)', pid, coalesce(nullif(application_name, ''), 'unnamed'), usename)
FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'
  AND pid <> pg_backend_pid() AND coalesce(application_name, '') NOT LIKE 'homeport %' ORDER BY pid"""
LARGE_OBJECTS = "SELECT oid::bigint FROM pg_largeobject_metadata"


def read_objects(connection: Connection) -> list[str]:
    """What the database holds, as `kind identity`, in the order in which it can be dropped."""
    found = [f"{KINDS[str(kind)]} {name}" for kind, name in connection.execute(RELATIONS.encode()).fetchall()]
    found += [f"{str(kind).upper()} {name}" for kind, name in connection.execute(OTHERS.encode()).fetchall()]
    for kind, query in (("EXTENSION", EXTENSIONS), ("SCHEMA", SCHEMAS), ("LARGE OBJECT", LARGE_OBJECTS)):
        found += [f"{kind} {row[0]}" for row in connection.execute(query.encode()).fetchall()]
    for query in (DEFAULTS, SCHEMA_RIGHTS):
        found += [str(row[0]) for row in connection.execute(query.encode()).fetchall()]
    return found


def read_helpers(connection: Connection, jobs: int) -> int:
    """How many parallel workers each of so many builds of an index may have, by the processors that there seem to be.

    A server does not say how many it has; RDS sets max_worker_processes to twice their number, and to 8 where that is
    less, as it is everywhere by default. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Parameters.html
    """
    asked = """SELECT least(current_setting('max_parallel_maintenance_workers')::int,
                            greatest(current_setting('max_worker_processes')::int / 2 / %s - 1, 0))"""
    return int(connection.execute(asked, [jobs]).fetchall()[0][0])


def read_settings(connection: Connection) -> dict[str, str]:
    """The database's own settings."""
    return {str(name): str(value) for name, value in connection.execute(SETTINGS.encode()).fetchall()}


def occupants(objects: Iterable[str]) -> list[str]:
    """Of these objects, those that make a database not empty: all but extensions, schemas and rights."""
    return [name for name in objects if not name.startswith((*RIGHTS, "EXTENSION ", "SCHEMA "))]


def check_empty(target: Server, found: list[str], source: frozenset[str], named: str | None) -> None:
    """Refuse a target that holds something, unless it is named and nothing in it is in the way."""
    here = occupants(found)
    if not here:
        return
    some = ", ".join(here[:5]) + (f" and {len(here) - 5} more" if len(here) > 5 else "")
    if named != target.database:
        raise HomeportError(
            f"{target}: is not empty: it holds {some}",
            f"copy into a new database; or keep all that and copy beside it: --into-nonempty {target.database}",
        )
    if both := sorted(source & set(here)):
        raise HomeportError(
            f"{target}: holds what the source holds too: {', '.join(both[:10])}{' …' if len(both) > 10 else ''}",
            "drop these on the target, or copy into a new database",
        )


def find_ours(found: list[str], before: Iterable[str], brought: Iterable[str]) -> tuple[list[str], list[str]]:
    """Pure: of what a target holds now, what a copy has brought, in the order in which it can be dropped; and what is
    somebody else's, of whatever makes a database not empty."""
    kept, known = {*before, "SCHEMA public", f"SCHEMA {OURS}"}, set(brought)
    new = [name for name in found if name not in kept]
    ours = [name for name in new if name in known or name.startswith(OURS_ANYWAY)]
    order = {"DEFAULT": -1, "REVOKE": -1, "EXTENSION": 1, "SCHEMA": 2}
    ours.sort(key=lambda name: order.get(name.partition(" ")[0], 0))
    return ours, [name for name in occupants(new) if name not in known and not name.startswith(OURS_ANYWAY)]


def read_ours(connection: Connection, target: Server, before: Iterable[str], brought: Iterable[str]) -> list[str]:
    """What a copy has brought to the target, in the order in which it can be dropped.

    HomeportError if the target holds somebody else's objects too: dropping could take them along.
    """
    ours, others = find_ours(read_objects(connection), before, brought)
    if others:
        some = ", ".join(others[:5]) + (f" and {len(others) - 5} more" if len(others) > 5 else "")
        raise HomeportError(
            f"{target}: holds what this move has not brought, and what it has brought is to be dropped: {some}",
            "move these elsewhere or drop them yourself, then start again; or copy into a new database",
        )
    return ours


def drop(connection: Connection, ours: list[str]) -> None:
    """Drop these. Needs autocommit; may be stopped, and run again with what is left."""
    for start in range(0, len(ours), BATCH):
        with connection.transaction():
            connection.execute("; ".join(_drop(name) for name in ours[start : start + BATCH]).encode())


def check_unused(connection: Connection, target: Server) -> None:
    """HomeportError with the sessions of others: rows that somebody uses are not dropped."""
    if sessions := [str(row[0]) for row in connection.execute(IN_USE.encode()).fetchall()]:
        some = ", ".join(sessions[:5]) + (f" and {len(sessions) - 5} more" if len(sessions) > 5 else "")
        raise HomeportError(f"{target}: is in use: {some}", "is it the right database? end these sessions, start again")


def reset_settings(connection: Connection, names: Iterable[str], before: Mapping[str, str]) -> None:
    """Give the database back the settings of these names that it had."""
    database = sql.Identifier(str(connection.execute("SELECT current_database()").fetchall()[0][0]))
    for name in names:
        connection.execute(sql.SQL("ALTER DATABASE {} RESET {}").format(database, sql.Identifier(name)))
    apply_settings(connection, tuple((name, before[name]) for name in names if name in before))


def lock(connection: Connection, target: Server, work: str = "copy") -> None:
    """Hold the target for this work, as long as the connection lives; refuse if somebody else holds it for that."""
    key = LOCK + zlib.crc32(work.encode()) % 1000
    query = "SELECT pg_try_advisory_lock(%s, hashtext(current_database())) OR pg_sleep(%s) IS NULL"
    for _ in range(LOCK_ATTEMPTS):  # a server may not have noticed yet that a process was killed
        if connection.execute(query, [key, LOCK_PAUSE_SECONDS]).fetchall()[0][0]:
            return
    rows = connection.execute(HOLDERS.encode(), [key]).fetchall()
    pid = rows[0][0] if rows else "pid"
    who = f" (session {rows[0][0]}, {rows[0][1]})" if rows else ""
    raise HomeportError(
        f"{target}: another {work} into it is running{who}",
        f"wait for it; if its machine is gone, on the target: SELECT pg_terminate_backend({pid})",
    )


def end_leftovers(connection: Connection, application: str) -> int:
    """End sessions that a killed process of this move left behind, and wait until they are gone."""
    mine = "FROM pg_stat_activity WHERE application_name = %s AND pid <> pg_backend_pid() AND usename = current_user"
    ended = connection.execute(f"SELECT pg_terminate_backend(pid) {mine}".encode(), [application]).fetchall()
    while connection.execute(f"SELECT 1 {mine} AND pg_sleep(0.05) IS NOT NULL".encode(), [application]).fetchall():
        connection.execute("SELECT pg_sleep(0.05)")
        connection.execute(f"SELECT pg_terminate_backend(pid) {mine}".encode(), [application])
    return len(ended)


def check_different(source: Connection, target: Connection, where: Server) -> None:
    """Refuse if both connections lead to the same database: a lock taken on one is seen from the other."""
    name = f"homeport {where.host}"
    key = zlib.crc32(name.encode()) & 0x7FFFFFFF
    pid = target.execute("SELECT pg_backend_pid()").fetchall()[0][0]
    with target.transaction():
        target.execute("SELECT pg_advisory_xact_lock(%s, %s)", [key, pid])
        seen = source.execute(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid::bigint = %s AND pid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [key, pid, pid],
        ).fetchall()
    if seen:
        raise HomeportError(f"{where}: is the source itself", f"name another database (the schema {OURS} is untouched)")


def apply_settings(connection: Connection, settings: tuple[tuple[str, str], ...]) -> list[str]:
    """Give the database the source's own settings; those that the server refuses, with its words."""
    refused: list[str] = []
    rows = connection.execute("SELECT current_database()").fetchall()
    database = sql.Identifier(str(rows[0][0]))
    for name, value in settings:
        # A list (search_path) is stored as it is written after SET, each member quoted.
        lists = name.lower() in (
            "search_path",
            "temp_tablespaces",
            "session_preload_libraries",
            "local_preload_libraries",
        )
        written = sql.SQL(value) if lists and value else sql.Literal(value)
        try:
            statement = sql.SQL("ALTER DATABASE {} SET {} = {}").format(database, sql.Identifier(name), written)
            connection.execute(statement)
        except psycopg.Error as error:
            refused.append(f"{name} = {value} ({error.diag.message_primary})")
    return refused


def _drop(name: str) -> str:
    kind, _, identity = name.partition(" ")
    for two in TWO_WORDS:
        if name.startswith(f"{two} "):
            kind, identity = two, name.removeprefix(f"{two} ")
    if kind == "DEFAULT":
        return f"ALTER {name}"
    if kind == "REVOKE":
        return name
    if kind == "LARGE OBJECT":
        return f"SELECT lo_unlink({identity})"
    return f"DROP {kind} IF EXISTS {identity} CASCADE"
