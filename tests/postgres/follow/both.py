"""A database with every kind of table, changes of every kind, and ways to follow them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.postgres.follow.run import FollowOptions, Lag, Listener, follow
from homeport.postgres.server import Server
from tests.postgres.clusters import run_sql
from tests.postgres.copy.both import read_rows

POINTS = ("delta begun", "delta read 1", "delta applied", "delta committed", "delta cleared")
TABLES = """
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE TABLE account (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner text NOT NULL, amount numeric,
  doubled numeric GENERATED ALWAYS AS (amount * 2) STORED, mood mood, tags text[], data jsonb, raw bytea, f float8);
CREATE TABLE entry (id serial PRIMARY KEY, account bigint REFERENCES account ON DELETE CASCADE, note text);
CREATE TABLE pair (a int, b text, v int, PRIMARY KEY (a, b));
CREATE TABLE swap (id int NOT NULL UNIQUE DEFERRABLE INITIALLY DEFERRED, code text UNIQUE NOT NULL, v int);
CREATE TABLE keyless (v text, n int, j json);
CREATE TABLE "Odd ""name" ("the key" int PRIMARY KEY, "sel'ect" text);
CREATE TABLE part (id int, at int, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE part_one PARTITION OF part FOR VALUES FROM (0) TO (10);
CREATE TABLE part_two PARTITION OF part FOR VALUES FROM (10) TO (20);
CREATE TABLE parent (id int PRIMARY KEY, v text);
CREATE TABLE child (extra text) INHERITS (parent);
CREATE UNLOGGED TABLE loose (id int PRIMARY KEY, v text);
CREATE TABLE emptied (id int PRIMARY KEY, v text);
CREATE TABLE audit (said text);
CREATE FUNCTION audited() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN INSERT INTO public.audit VALUES (TG_OP); RETURN NULL; END';
CREATE TRIGGER audited AFTER INSERT OR DELETE ON pair FOR EACH ROW EXECUTE FUNCTION audited();
INSERT INTO account (owner, amount, mood, tags, data, raw, f)
  SELECT 'o' || i, i, 'glad', ARRAY['a', NULL, 'b,"c'], '{"a": 1.50}', decode('00ff5c', 'hex'), 'NaN'
  FROM generate_series(1, 50) i;
INSERT INTO entry (account, note) SELECT i % 50 + 1, 'n' || i FROM generate_series(1, 200) i;
INSERT INTO pair SELECT i, 'b' || i, i FROM generate_series(1, 30) i;
INSERT INTO swap SELECT i, 'c' || i, i FROM generate_series(1, 10) i;
INSERT INTO keyless SELECT 'v' || i % 5, i % 3, NULL FROM generate_series(1, 40) i;
INSERT INTO "Odd ""name" VALUES (1, 'one'), (2, 'two');
INSERT INTO part SELECT i, i % 20, 'p' || i FROM generate_series(1, 60) i;
INSERT INTO parent VALUES (1, 'p');
INSERT INTO child VALUES (1, 'c', 'x');
INSERT INTO loose VALUES (1, 'l');
INSERT INTO emptied SELECT i, 'e' FROM generate_series(1, 100) i
"""
DEFAULTS = FollowOptions()
# Each is one transaction.
CHANGES = (
    "UPDATE account SET amount = amount + 1, mood = 'sad', f = '-0' WHERE id <= 10",
    "DELETE FROM account WHERE id IN (3, 4)",  # takes entries with it
    "INSERT INTO account (owner, amount, f) VALUES ('new', NULL, 'infinity')",
    "UPDATE pair SET a = a + 1000, b = b || '-moved' WHERE a < 5",
    "DELETE FROM pair WHERE a = 10; INSERT INTO pair VALUES (10, 'b10', 99)",
    "UPDATE swap SET id = 11 - id",
    "UPDATE swap SET code = 'x' || code; UPDATE swap SET code = 'c' || (11 - id)",
    "INSERT INTO keyless VALUES ('v1', 1, NULL), ('v1', 1, NULL), (NULL, NULL, '{ \"a\" :1}')",
    "DELETE FROM keyless WHERE ctid IN (SELECT ctid FROM keyless WHERE v = 'v1' LIMIT 3)",
    "UPDATE keyless SET n = n + 1 WHERE v = 'v2'",
    "UPDATE keyless SET n = n WHERE v = 'v3'",
    'UPDATE "Odd ""name" SET "the key" = 7, "sel\'ect" = \'\\.\' WHERE "the key" = 1',
    "UPDATE part SET at = (at + 10) % 20 WHERE id < 20",
    "UPDATE parent SET v = v || '!'",
    "INSERT INTO child VALUES (2, 'd', 'y'); DELETE FROM ONLY parent",
    "UPDATE loose SET v = 'm'; INSERT INTO loose VALUES (2, NULL)",
    "TRUNCATE emptied; INSERT INTO emptied VALUES (5, 'five'), (6, 'six')",
    "UPDATE emptied SET v = 'six!' WHERE id = 6",
    "TRUNCATE keyless",
    "INSERT INTO keyless SELECT 'again', i, NULL FROM generate_series(1, 9) i",
    "TRUNCATE part",
    "INSERT INTO part VALUES (1, 1, 'one'), (2, 12, 'two')",
    "BEGIN; INSERT INTO entry (account, note) VALUES (1, 'kept');"
    " SAVEPOINT a; DELETE FROM entry; ROLLBACK TO a; COMMIT",
    "BEGIN; DELETE FROM entry; ROLLBACK",
)


def fill(server: Server) -> None:
    run_sql(server, *(part for part in TABLES.split(";\n") if part.strip()))


def run_follow(
    source: Server,
    target: Server,
    state: Path,
    options: FollowOptions = DEFAULTS,
    said: list[str] | None = None,
    at: Callable[[str], None] = lambda point: None,
) -> Lag:
    """Follow until nothing waits."""
    listener = Listener(say=(said if said is not None else []).append)
    return follow(source, target, state, options, listener, stop=lambda lag: lag.rows == 0, at=at)


def stop_and_follow_again(source: Server, target: Server, state: Path, point: str, *later: str) -> None:
    """Follow, change everything, stop the delta at a point, make the changes of `later`, and follow again."""
    run_follow(source, target, state)
    run_sql(source, *CHANGES)

    def stop(name: str) -> None:
        if name == point:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_follow(source, target, state, at=stop)
    run_sql(source, *later, "DELETE FROM account WHERE id = 20")
    run_follow(source, target, state)
    assert are_equal(source, target)


def are_equal(source: Server, target: Server) -> bool:
    """Whether every table holds the same rows. Sequences are set at the cutover."""
    return read_tables(source) == read_tables(target)


def read_tables(server: Server) -> dict[str, object]:
    names = "SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences"
    sequences = {str(row[0]) for row in run_sql(server, names)}
    return {name: sums for name, sums in read_rows(server).items() if name not in sequences}
