"""Before the fence's locks: new writers are turned away for a moment, so that those under way can end.

A transaction that writes several tables may wait for a lock that the fence has, while the fence waits for one that it
has: under load each attempt meets such a one. So a trigger turns away transactions that have not written yet, for as
long as an attempt takes, and lets those go on that have; the fence locks when these have ended. It proves nothing, the
fence does. What a killed process leaves closed opens by itself: the gate is closed until a time, by the server's clock.
"""

import time
from collections.abc import Sequence

import psycopg

from homeport.postgres.server import Connection

TRIGGER = "homeport_gate"
# In a transaction without a number nothing was written. Reads a table of ours, whoever writes: with our rights.
MAKE = """
CREATE TABLE IF NOT EXISTS homeport.closing (until timestamptz NOT NULL);
CREATE OR REPLACE FUNCTION homeport.gate() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF pg_catalog.pg_current_xact_id_if_assigned() IS NULL
     AND EXISTS (SELECT FROM homeport.closing WHERE until OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp())
     AND pg_catalog.current_setting('application_name') OPERATOR(pg_catalog.<>) 'homeport follow {move}'
  THEN
    RAISE EXCEPTION 'this database is being moved: % is refused', TG_OP
      USING ERRCODE = 'read_only_sql_transaction', HINT = 'connect to the database that DATABASE_URL names now';
  END IF;
  RETURN NULL;
END $$"""
CREATE = """
CREATE TRIGGER homeport_gate BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {name}
  FOR EACH STATEMENT EXECUTE FUNCTION homeport.gate();
ALTER TABLE ONLY {name} DISABLE TRIGGER homeport_gate"""
GATES = """
SELECT format('%I.%I', n.nspname, c.relname), t.tgenabled <> 'D' FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE t.tgname = 'homeport_gate' ORDER BY 1"""
WRITING = """
SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND datname = current_database()
AND pid <> pg_backend_pid() AND application_name NOT LIKE 'homeport %'"""
LOCK_MS, ATTEMPTS = 100, 5  # a table that is not free for the trigger stays without: the fence may still succeed
LOOK_SECONDS = 0.005
LONGER_SECONDS = 0.5  # the gate stays closed this much longer than the attempt


def find_gates(connection: Connection) -> dict[str, bool]:
    """Tables that have the trigger, and whether it acts."""
    return {str(name): bool(acts) for name, acts in connection.execute(GATES).fetchall()}


def enable(connection: Connection, tables: Sequence[str]) -> None:
    """Have the gate's triggers act, one table after the other: who holds one lock only waits in no circle."""
    gates = find_gates(connection)
    for name in (name for name in tables if gates.get(name) is False):
        for _ in range(ATTEMPTS):
            try:
                with connection.transaction():
                    connection.execute(f"SET LOCAL lock_timeout = {LOCK_MS}".encode())
                    connection.execute(f"ALTER TABLE ONLY {name} ENABLE TRIGGER {TRIGGER}".encode())
                break
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                continue


def close(connection: Connection, seconds: float) -> None:
    """Turn away whoever begins to write, for this time."""
    with connection.transaction():
        connection.execute("DELETE FROM homeport.closing")
        connection.execute(
            "INSERT INTO homeport.closing VALUES (clock_timestamp() + %s * interval '1 second')",
            [seconds + LONGER_SECONDS],
        )


def open_again(connection: Connection) -> None:
    """Let everybody in. If that cannot be said any more, the gate opens by itself."""
    try:
        connection.execute("DELETE FROM homeport.closing")
    except psycopg.Error:
        pass


def wait_for_writers(connection: Connection, seconds: float) -> None:
    """Until nobody is in the middle of writing, or this time has passed."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and connection.execute(WRITING).fetchall() != [(0,)]:
        time.sleep(LOOK_SECONDS)
