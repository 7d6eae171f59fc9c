"""What Homeport leaves in a database while a move is under way, and taking it out."""

from collections.abc import Callable, Sequence

import psycopg

from homeport.postgres.follow.slot import remove_slots
from homeport.postgres.locks import patiently
from homeport.postgres.server import Server, connect, explain

LOCK_TIMEOUT_MS = 1000
FENCE = "homeport_fence"  # the trigger that refuses writes
OURS = """
SELECT format('%I.%I', n.nspname, c.relname), array_agg(quote_ident(t.tgname))
  FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE p.pronamespace = to_regnamespace('homeport')::oid AND NOT t.tgisinternal GROUP BY 1 ORDER BY 1"""
# What following and cutting over made, but for the tables that are kept.
MADE = """
SELECT 'DROP FUNCTION IF EXISTS ' || p.oid::regprocedure FROM pg_proc p
 WHERE p.pronamespace = to_regnamespace('homeport')::oid
UNION ALL
SELECT format('DROP TABLE IF EXISTS homeport.%%I', relname) FROM pg_class
 WHERE relnamespace = to_regnamespace('homeport')::oid AND relkind = 'r' AND relname <> ALL (%s)"""
AT_ONCE = 100  # dropped in one transaction
Say = Callable[[str], None]


def remove(
    server: Server, *, what: str = "the source", say: Say = lambda words: None, kept: Sequence[str] = ()
) -> None:
    """Take everything of ours out of a database: triggers, functions, logs, the schema `homeport`.

    `kept`: tables of the schema that stay, and the schema with them.
    """
    with connect(
        server, application="clean", autocommit=True, lock_timeout_ms=LOCK_TIMEOUT_MS, what=what
    ) as connection:
        try:
            for name, triggers in connection.execute(OURS.encode()).fetchall():
                drop = "; ".join(f"DROP TRIGGER IF EXISTS {trigger} ON {name}" for trigger in triggers)
                patiently(connection, [name], [drop], f"{what} ({server})", say)
            remove_slots(connection, f"{what} ({server})")
            statements = ["DROP SCHEMA IF EXISTS homeport CASCADE"]
            if kept:
                statements = [str(row[0]) for row in connection.execute(MADE.encode(), [list(kept)]).fetchall()]
            for start in range(0, len(statements), AT_ONCE):
                patiently(connection, [], statements[start : start + AT_ONCE], f"{what} ({server})", say)
        except psycopg.Error as error:
            raise explain(server, error, what) from None
