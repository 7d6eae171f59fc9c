"""A copy between real servers holds everything, or says why not before it changes anything."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from homeport.errors import HomeportError
from homeport.postgres.compare import compare
from homeport.postgres.copy import schema
from homeport.postgres.copy.reading import read_contents
from homeport.postgres.copy.schema import AT_ONCE
from homeport.postgres.copy.target import read_helpers
from homeport.postgres.server import Server, connect
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql
from tests.postgres.copy.both import EVERYTHING, load_sql, read_rows, read_schema, run_copy

pytestmark = pytest.mark.integration
Find = Callable[..., Cluster]
SMALL = """CREATE TABLE t (id int PRIMARY KEY, v text);
INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 2000) i;
"""


def source_with(cluster: Cluster, text: str) -> Server:
    server = heroku_like(cluster)
    load_sql(server, text)
    return server


@pytest.mark.parametrize(("one", "other"), [("13", "16"), ("15", "15"), ("15", "16"), ("16", "16"), ("16", "18")])
def test_a_copy_holds_everything(cluster: Find, tmp_path: Path, one: str, other: str) -> None:
    source, target = source_with(cluster(one), EVERYTHING.read_text()), rds_like(cluster(other))
    report = run_copy(source, target, tmp_path / "state")
    assert read_rows(target) == read_rows(source)
    assert report.bytes > 100_000
    assert [
        f"{each.kind} {each.name} {each.what}" for each in compare(source, target).objects if not each.is_note
    ] == []
    if one == other:  # another major version words the same view differently
        assert read_schema(target, int(other)) == read_schema(source, int(other))
    assert run_sql(target, "SELECT count(*) FROM pg_constraint WHERE NOT convalidated") == [(1,)]
    assert run_sql(target, "SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [(0,)]
    assert run_sql(target, "SELECT reltuples FROM pg_class WHERE relname = 'child'") == [(5000.0,)]


def test_tables_that_are_not_small_come_in_chunks_and_have_each_index_built_by_itself(
    cluster: Find, tmp_path: Path
) -> None:
    source, target = source_with(cluster("15"), EVERYTHING.read_text()), rds_like(cluster("15"))
    done: list[str] = []
    run_copy(source, target, tmp_path / "state", done.append, chunk_bytes=65536, small_bytes=0)
    assert "after index public.child_lower" in done
    assert "after keys public.parent" in done
    assert not [point for point in done if point.startswith("after build ")]
    assert read_rows(target) == read_rows(source)
    assert read_schema(target, 15) == read_schema(source, 15)


def test_builds_have_parallel_workers_where_processors_are_left_for_them(cluster: Find) -> None:
    for settings, helpers in (({}, {1: 2, 2: 1, 4: 0}), ({"max_worker_processes": "16"}, {2: 2, 4: 1, 8: 0})):
        target = rds_like(cluster("15", **settings))
        with connect(target, application="test") as connection:
            assert {jobs: read_helpers(connection, jobs) for jobs in helpers} == helpers


def test_a_target_that_holds_something_is_refused_unless_named(cluster: Find, tmp_path: Path) -> None:
    source, target = source_with(cluster("15"), SMALL), rds_like(cluster("15"))
    run_sql(target, "CREATE TABLE mine (n int)", "INSERT INTO mine VALUES (1)")
    with pytest.raises(HomeportError, match="is not empty: it holds TABLE public.mine"):
        run_copy(source, target, tmp_path / "state")
    assert run_sql(target, "SELECT to_regnamespace('homeport')") == [(None,)]
    run_copy(source, target, tmp_path / "state", into_nonempty=target.database)
    assert run_sql(target, "SELECT count(*) FROM t") == [(2000,)]
    assert run_sql(target, "SELECT count(*) FROM mine") == [(1,)]


def test_what_both_hold_is_refused_even_when_named(cluster: Find, tmp_path: Path) -> None:
    source, target = source_with(cluster("15"), SMALL), rds_like(cluster("15"))
    run_sql(target, "CREATE TABLE t (n int)")
    with pytest.raises(HomeportError, match="holds what the source holds too: TABLE public.t"):
        run_copy(source, target, tmp_path / "state", into_nonempty=target.database)


def test_a_database_is_not_copied_into_itself(cluster: Find, tmp_path: Path) -> None:
    source = source_with(cluster("15"), SMALL)
    with pytest.raises(HomeportError, match="is the source itself"):
        run_copy(source, replace(source, host="localhost"), tmp_path / "state")


def test_an_older_target_is_refused(cluster: Find, tmp_path: Path) -> None:
    source, target = source_with(cluster("16"), SMALL), rds_like(cluster("15"))
    with pytest.raises(HomeportError, match="PostgreSQL 15, older than the source's 16"):
        run_copy(source, target, tmp_path / "state")


def test_a_schema_is_made_of_more_tables_than_the_target_can_lock_at_once(
    cluster: Find, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables before the rows; triggers and rights after them."""
    many = 6 * AT_ONCE
    tables = "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';\n" + "".join(
        f"CREATE TABLE t{number} (id int GENERATED ALWAYS AS IDENTITY, v text);\n"
        f"CREATE TRIGGER touch BEFORE UPDATE ON t{number} FOR EACH ROW EXECUTE FUNCTION touch();\n"
        f"GRANT SELECT ON t{number}, t{number}_id_seq TO PUBLIC;\n"
        for number in range(many)
    )
    source, target = source_with(cluster("15"), tables), rds_like(cluster("18", max_locks_per_transaction="10"))
    with connect(target, application="test", autocommit=True) as other:
        with pytest.raises(psycopg.errors.OutOfMemory):
            other.execute("SELECT pg_advisory_lock(i) FROM generate_series(1, 1000000) i")
        other.execute("SELECT pg_advisory_unlock(i) FROM generate_series(1, %s) i", [many])
        with monkeypatch.context() as patch:
            patch.setattr(schema, "AT_ONCE", many)
            with pytest.raises(HomeportError, match="max_locks_per_transaction") as caught:
                run_copy(source, target, tmp_path / "state")
        assert type(caught.value) is HomeportError  # trying again would not help
        run_copy(source, target, tmp_path / "state")
    assert [each for each in compare(source, target).objects if not each.is_note] == []


def test_an_extension_that_the_target_lacks_is_named(cluster: Find, tmp_path: Path) -> None:
    source, target = heroku_like(cluster("15"), ["hstore"]), rds_like(cluster("16"))
    with pytest.raises(HomeportError, match="hstore"):
        run_copy(source, target, tmp_path / "state")


def test_extensions_in_heroku_ext_and_the_search_path_come_along(cluster: Find, tmp_path: Path) -> None:
    source, target = heroku_like(cluster("15"), ["hstore", "citext"]), rds_like(cluster("15"))
    run_sql(source, "CREATE TABLE t (a hstore, b citext[])", "INSERT INTO t VALUES ('a=>1', ARRAY['B']::citext[])")
    run_copy(source, target, tmp_path / "state")
    assert run_sql(target, "SHOW search_path") == [('"$user", public, heroku_ext',)]
    assert run_sql(target, "SELECT a::text, b::text FROM t") == [('"a"=>"1"', "{B}")]


def test_multiranges_of_what_only_text_can_hold_go_as_text(cluster: Find, tmp_path: Path) -> None:
    """Of an array of the user's type, say: its binary form holds the type's oid, which is another on the target."""
    statements = (
        "CREATE TYPE mood AS ENUM ('sad', 'glad')",
        "CREATE TYPE moods AS RANGE (subtype = mood[])",
        "CREATE TABLE t (v moods_multirange)",
        "CREATE TABLE u (v int8multirange)",
        "INSERT INTO t SELECT moods_multirange(moods('{sad}', '{glad}'))",
        "INSERT INTO u VALUES ('{[1,2),[5,7)}')",
    )
    source, target = heroku_like(cluster("15")), rds_like(cluster("16"))
    run_sql(source, *statements)
    with connect(source, application="test") as connection:
        assert {table.name: table.binary for table in read_contents(connection).tables} == {
            "public.t": False,
            "public.u": True,
        }
    run_copy(source, target, tmp_path / "state")
    assert read_rows(target) == read_rows(source)


def test_a_finished_copy_is_not_done_again(cluster: Find, tmp_path: Path) -> None:
    source, target = source_with(cluster("15"), SMALL), rds_like(cluster("15"))
    run_copy(source, target, tmp_path / "state")
    run_sql(target, "INSERT INTO t VALUES (-1)")
    assert run_copy(source, target, tmp_path / "state").resumed
    assert run_sql(target, "SELECT count(*) FROM t") == [(2001,)]


def test_grants_follow_roles(cluster: Find, tmp_path: Path) -> None:
    source, target = source_with(cluster("15"), SMALL), rds_like(cluster("15"))
    cluster("15").execute("CREATE ROLE reader")
    cluster("15").execute("CREATE ROLE analyst")
    run_sql(source, "GRANT SELECT ON t TO reader")
    run_copy(source, target, tmp_path / "state", roles={"reader": "analyst"})
    granted = (
        "SELECT grantee FROM information_schema.role_table_grants WHERE table_name = 't' AND grantee <> current_user"
    )
    assert run_sql(target, granted) == [("analyst",)]


def test_what_was_taken_from_everybody_stays_taken(cluster: Find, tmp_path: Path) -> None:
    """Also when the copy is begun again, with default privileges of the first one in place."""
    source, target = source_with(cluster("15"), EVERYTHING.read_text()), rds_like(cluster("15"))
    cluster("15").execute(f"CREATE ROLE any_{source.user}")
    reader = f"any_{source.user}"
    run_sql(
        source, f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {reader}", f"GRANT USAGE ON TYPE mood TO {reader}"
    )

    def stop(point: str) -> None:
        if point == "after rest":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_copy(source, target, tmp_path / "state", at=stop)
    run_sql(target, "DELETE FROM homeport.done")
    run_copy(source, target, tmp_path / "state")
    allowed = f"""SELECT has_function_privilege('{reader}', 'secret()', 'execute'),
        has_type_privilege('{reader}', 'mood', 'usage'), has_table_privilege('{reader}', 'empty', 'select')"""
    assert run_sql(target, allowed) == [(False, True, False)]
    assert [each for each in compare(source, target).objects if not each.is_note] == []
    run_sql(target, "GRANT EXECUTE ON FUNCTION secret() TO PUBLIC", "REVOKE SELECT ON LARGE OBJECT 4711 FROM PUBLIC",
            "ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC")  # fmt: skip
    assert [f"{each.kind} {each.name} {each.what}" for each in compare(source, target).objects] == [
        "privilege default functions to its owner is missing in the target",
        "privilege function public.secret() to PUBLIC is only in the target",
        "privilege large object 4711 to PUBLIC is missing in the target",
    ]


def test_a_thousand_values_of_a_megabyte_pass_through_little_memory(cluster: Find, tmp_path: Path) -> None:
    """One value of 100 MB: the whole of it is never held."""
    import resource

    source, target = source_with(cluster("15"), "CREATE TABLE big (v text)"), rds_like(cluster("15"))
    run_sql(source, "ALTER TABLE big ALTER v SET STORAGE EXTERNAL", "INSERT INTO big SELECT repeat('x', 100000000)")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run_copy(source, target, tmp_path / "state")
    assert run_sql(target, "SELECT length(v) FROM big") == [(100_000_000,)]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
