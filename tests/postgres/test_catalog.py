"""What is read of real databases, of every major version."""

import time
from collections.abc import Callable

import pytest

from homeport.errors import HomeportError
from homeport.postgres.catalog import Catalog, order_materialized, read_catalog
from homeport.postgres.server import Server, connect
from tests.postgres.clusters import Cluster, heroku_like, installed_majors, run_sql

pytestmark = pytest.mark.integration

Clusters = Callable[..., Cluster]


def read(server: Server) -> Catalog:
    with connect(server, application="test") as connection:
        return read_catalog(connection)


@pytest.mark.parametrize("major", installed_majors())
def test_each_kind_of_object_is_read(cluster: Clusters, major: str) -> None:
    server = heroku_like(cluster(major))
    run_sql(
        server,
        "CREATE TYPE mood AS ENUM ('good', 'bad')",
        "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
        "CREATE TABLE a (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, m mood, p positive,"
        " t text COLLATE \"C\" DEFAULT 'x', twice int GENERATED ALWAYS AS (2 * 2) STORED)",
        "CREATE TABLE b (x int NOT NULL, y int NOT NULL, z text, UNIQUE (y, x))",
        "ALTER TABLE b ADD CHECK (x > 0) NOT VALID",
        "ALTER TABLE b ADD FOREIGN KEY (x) REFERENCES a DEFERRABLE",
        "CREATE UNLOGGED TABLE c (x int UNIQUE)",
        "CREATE TABLE parts (at date) PARTITION BY RANGE (at)",
        "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')",
        "CREATE MATERIALIZED VIEW last AS SELECT 1 AS one",
        "CREATE SEQUENCE used",
        "SELECT nextval('used')",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER t BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION f()",
        "GRANT SELECT ON a TO PUBLIC",
        "SELECT lo_create(0)",
        f"ALTER DATABASE {server.database} SET work_mem = '5MB'",
        "CREATE SCHEMA homeport",
        "CREATE TABLE homeport.log (x int)",
    )
    found = read(server)
    tables = {table.name: table for table in found.tables}
    assert list(tables) == ["a", "b", "c", "last", "parts", "parts_1"]
    assert [table.name for table in found.data_tables] == ["a", "b", "c", "parts_1"]
    assert [tables[name].key for name in "abc"] == [("id",), ("y", "x"), ()]
    assert tables["c"].persistence == "u"
    assert (tables["parts_1"].parent, tables["parts"].partition_key) == ("parts", "RANGE (at)")
    columns = {column.name: column for column in tables["a"].columns}
    assert (columns["id"].identity, columns["twice"].generated, columns["t"].collation) == ("a", "s", "C")
    assert columns["m"].type == "public.mood"
    assert [c.name for c in found.constraints if not c.is_validated] == ["b_x_check"]
    assert {c.name for c in found.constraints if c.is_deferrable} == {"b_x_fkey"}
    assert {s.name: s.last_value for s in found.sequences} == {"a_id_seq": None, "used": 1}
    assert {t.name: t.definition for t in found.types} == {
        "mood": "'good', 'bad'",
        "positive": "integer CHECK ((VALUE > 0))",
    }
    assert [(t.name, t.enabled) for t in found.triggers] == [("t", "O")]
    granted = [(p.name, p.grantee, p.rights) for p in found.privileges]
    assert ("a", "PUBLIC", "SELECT") in granted and ("f()", "PUBLIC", "EXECUTE") in granted
    assert [(s.name, s.value) for s in found.settings] == [("work_mem", "5MB")]
    assert (found.database.major, found.database.large_objects) == (int(major), 1)
    assert not found.database.may_replicate
    assert found.database.connections_left == 60 - 3 - 2  # ours, and the superuser's, which the cluster keeps


def test_sizes_count_what_is_toasted(cluster: Clusters) -> None:
    server = heroku_like(cluster("15"))
    run_sql(
        server,
        "CREATE TABLE big (body text)",
        "ALTER TABLE big ALTER body SET STORAGE EXTERNAL",
        "INSERT INTO big VALUES (repeat('x', 3000000))",
    )
    (table,) = read(server).tables
    assert table.size_bytes > 3_000_000


def test_materialized_views_come_after_those_they_read(cluster: Clusters) -> None:
    server = heroku_like(cluster("15"))
    run_sql(
        server,
        "CREATE MATERIALIZED VIEW z AS SELECT 1 AS one",
        "CREATE VIEW through AS SELECT * FROM z",
        "CREATE MATERIALIZED VIEW a AS SELECT * FROM through",
    )
    assert [view.name for view in order_materialized(read(server))] == ["z", "a"]


def test_an_exclusive_lock_is_named_and_not_waited_for(cluster: Clusters) -> None:
    server = heroku_like(cluster("15"))
    run_sql(server, "CREATE TABLE held (x int)")
    with connect(server, application="holder") as holder, connect(server, application="test") as connection:
        holder.execute("LOCK TABLE public.held IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(HomeportError, match="locked exclusively"):
            read_catalog(connection, lock_timeout_ms=50)


def test_identity_tells_databases_apart(cluster: Clusters) -> None:
    one, other = heroku_like(cluster("15")), heroku_like(cluster("15"))
    assert read(one).identity == read(one).identity != read(other).identity


def test_two_thousand_tables_are_read_at_once(cluster: Clusters) -> None:
    server = heroku_like(cluster("15", max_locks_per_transaction="512"))
    run_sql(
        server,
        "DO $$ BEGIN FOR i IN 1..2000 LOOP EXECUTE 'CREATE TABLE t' || i || '(i int)'; END LOOP; END $$",
    )
    started = time.monotonic()
    assert len(read(server).tables) == 2000
    assert time.monotonic() - started < 5
