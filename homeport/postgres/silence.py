"""The triggers, rules and foreign keys of a receiving side that would meddle with the changes brought to it: quiet
for as long as it receives, and afterwards exactly as they were.

A row that is brought has been through its own side's triggers already. Where the session's role is `replica`, only
triggers and rules that are ALWAYS or REPLICA still act; where it may not be (on Heroku), all do, and foreign keys
cascade. What is changed is recorded in the transaction that changes it, on the side itself.
"""

import psycopg

from homeport.postgres.copy.reading import SYSTEM
from homeport.postgres.locks import retry
from homeport.postgres.server import Connection
from homeport.postgres.traces import FENCE

TABLES = """
CREATE TABLE IF NOT EXISTS homeport.silenced (
  relation text NOT NULL, kind text NOT NULL, name text NOT NULL, enabled text NOT NULL,
  PRIMARY KEY (relation, kind, name));
CREATE TABLE IF NOT EXISTS homeport.dropped (
  relation text NOT NULL, name text NOT NULL, definition text NOT NULL, in_one_step boolean NOT NULL,
  remark text, PRIMARY KEY (relation, name))"""
ACTING = f"""
SELECT format('%%I.%%I', n.nspname, c.relname), f.kind, quote_ident(f.name), f.enabled
FROM (
  SELECT tgrelid AS relation, 'TRIGGER' AS kind, tgname AS name, tgenabled::text AS enabled
  FROM pg_trigger WHERE NOT tgisinternal AND tgname <> '{FENCE}'
  UNION ALL
  SELECT ev_class, 'RULE', rulename, ev_enabled::text FROM pg_rewrite WHERE rulename <> '_RETURN') f
JOIN pg_class c ON c.oid = f.relation JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND {SYSTEM.replace("%", "%%")} AND f.enabled = ANY (%s)
ORDER BY 1, 2, 3"""
FOREIGN_KEYS = f"""
SELECT format('%I.%I', n.nspname, c.relname), quote_ident(x.conname), pg_get_constraintdef(x.oid),
       'p' IN (c.relkind, p.relkind), obj_description(x.oid, 'pg_constraint')
FROM pg_constraint x JOIN pg_class c ON c.oid = x.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class p ON p.oid = x.confrelid
WHERE x.contype = 'f' AND x.conparentid = 0 AND {SYSTEM} ORDER BY 1, 2"""
# What is quiet and still there: a copy that was begun anew may not have brought it yet.
SILENCED = """
SELECT s.relation, s.kind, s.name, s.enabled FROM homeport.silenced s
WHERE EXISTS (SELECT FROM pg_trigger t WHERE s.kind = 'TRIGGER' AND t.tgrelid = to_regclass(s.relation)
              AND quote_ident(t.tgname) = s.name)
   OR EXISTS (SELECT FROM pg_rewrite r WHERE s.kind = 'RULE' AND r.ev_class = to_regclass(s.relation)
              AND quote_ident(r.rulename) = s.name)
ORDER BY 1, 2, 3"""
OURS = "homeport_"  # what the names of our own triggers begin with
ENABLE = {"O": "ENABLE", "A": "ENABLE ALWAYS", "R": "ENABLE REPLICA"}


def may_be_replica(connection: Connection) -> bool:
    """Whether this role may keep triggers and foreign keys quiet by itself. Needs autocommit."""
    try:
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")
        return True
    except psycopg.errors.InsufficientPrivilege:
        return False


def how_to_be_replica(role: str, version: int) -> str:
    """Who may on a server of this version (server_version_num). Before 15 the parameter could not be granted."""
    elsewhere = f"as a superuser: GRANT SET ON PARAMETER session_replication_role TO {role}"
    if version < 150000:
        elsewhere = "as a superuser, or move to PostgreSQL 15 or later"
    return f"on RDS, connect as a member of rds_superuser; elsewhere, {elsewhere}"


def silence(connection: Connection, *, as_replica: bool) -> list[str]:
    """Quieten what would act on the changes brought, and record it, in one transaction; what was, in words, a line each
    but for our own triggers, which are counted.

    `as_replica`: the changes come in sessions whose role is replica. May be run again.
    """

    def work() -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
        connection.execute(TABLES.encode())
        states = ["A", "R"] if as_replica else ["O", "A"]
        acting = connection.execute(ACTING.encode(), [states]).fetchall()
        for relation, kind, name, enabled in acting:
            connection.execute(
                "INSERT INTO homeport.silenced VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
                [relation, kind, name, enabled],
            )
            connection.execute(f"ALTER TABLE ONLY {relation} DISABLE {kind} {name}".encode())
        dropped = [] if as_replica else connection.execute(FOREIGN_KEYS.encode()).fetchall()
        for relation, name, *rest in dropped:
            connection.execute("INSERT INTO homeport.dropped VALUES (%s, %s, %s, %s, %s)", [relation, name, *rest])
            connection.execute(f"ALTER TABLE {relation} DROP CONSTRAINT {name}".encode())
        return acting, dropped

    acting, dropped = retry(connection, work, "triggers and foreign keys of the receiving side")
    ours = sum(str(name).startswith(OURS) for _, _, name, _ in acting)
    words = [
        f"{str(kind).lower()} {name} of {relation}"
        for relation, kind, name, _ in acting
        if not str(name).startswith(OURS)
    ]
    words += [f"foreign key {name} of {relation}" for relation, name, *_ in dropped]
    return words + [f"{ours} triggers of Homeport's own"] * bool(ours)


def restore(connection: Connection) -> None:
    """Triggers and rules as they were, foreign keys that are not checked yet; in the caller's transaction."""
    if not _exists(connection, "homeport.silenced"):
        return
    for relation, kind, name, enabled in connection.execute(SILENCED).fetchall():
        connection.execute(f"ALTER TABLE ONLY {relation} {ENABLE[str(enabled)]} {kind} {name}".encode())
    connection.execute("DELETE FROM homeport.silenced")
    for relation, name, definition, in_one_step, remark in _dropped(connection):
        if name in _constraints(connection, str(relation)):
            continue
        unchecked = "" if in_one_step or str(definition).endswith(" NOT VALID") else " NOT VALID"
        connection.execute(f"ALTER TABLE {relation} ADD CONSTRAINT {name} {definition}{unchecked}".encode())
        if remark is not None:
            quoted = str(remark).replace("'", "''")
            connection.execute(f"COMMENT ON CONSTRAINT {name} ON {relation} IS E'{_escaped(quoted)}'".encode())


def validate(connection: Connection) -> list[str]:
    """Check the foreign keys that came back, one by one, while the application works; their names. Needs autocommit."""
    if not _exists(connection, "homeport.dropped"):
        return []
    names = []
    for relation, name, definition, in_one_step, _ in _dropped(connection):
        with connection.transaction():
            if not in_one_step and not str(definition).endswith(" NOT VALID"):
                connection.execute(f"ALTER TABLE {relation} VALIDATE CONSTRAINT {name}".encode())
                names.append(f"{name} of {relation}")
            connection.execute("DELETE FROM homeport.dropped WHERE relation = %s AND name = %s", [relation, name])
    return names


def read_silenced(connection: Connection) -> frozenset[str]:
    """What is quiet, as `schema.table.name`, without quotes."""
    if not _exists(connection, "homeport.silenced"):
        return frozenset()
    rows = connection.execute("SELECT relation || '.' || name FROM homeport.silenced").fetchall()
    return frozenset(str(row[0]).replace('"', "") for row in rows)


def holds_any(connection: Connection) -> bool:
    """Whether something of this side is still other than it was."""
    return any(
        _exists(connection, table) and connection.execute(f"SELECT 1 FROM {table} LIMIT 1".encode()).fetchall()
        for table in ("homeport.silenced", "homeport.dropped")
    )


def _dropped(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute("SELECT * FROM homeport.dropped ORDER BY 1, 2").fetchall()


def _constraints(connection: Connection, relation: str) -> set[str]:
    query = "SELECT quote_ident(conname) FROM pg_constraint WHERE conrelid = %s::text::regclass"
    return {str(row[0]) for row in connection.execute(query, [relation]).fetchall()}


def _exists(connection: Connection, name: str) -> bool:
    return bool(connection.execute("SELECT to_regclass(%s) IS NOT NULL", [name]).fetchall()[0][0])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\")
