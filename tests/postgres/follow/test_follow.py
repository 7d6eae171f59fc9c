"""A target that follows its source through changes of every kind, on real servers."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.postgres.compare import compare
from homeport.postgres.copy.run import Options, copy
from homeport.postgres.follow.capture import install
from homeport.postgres.follow.delta import Deltas
from homeport.postgres.follow.run import FollowOptions, open_deltas
from homeport.postgres.server import Server, connect
from homeport.postgres.state import read_phase
from homeport.postgres.traces import remove
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql
from tests.postgres.copy.both import read_schema
from tests.postgres.cutover.sides import run_cutover
from tests.postgres.follow.both import CHANGES, POINTS, are_equal, fill, read_tables, run_follow, stop_and_follow_again
from tests.postgres.long import thinned

pytestmark = pytest.mark.integration
Find = Callable[..., Cluster]


@pytest.fixture
def sides(cluster: Find) -> tuple[Server, Server]:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    fill(source)
    return source, target


def test_after_each_change_the_target_equals_the_source(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    run_follow(source, target, tmp_path / "state")
    assert are_equal(source, target)
    with open_deltas(source, target, tmp_path / "state") as deltas:
        for change in CHANGES:
            run_sql(source, change)
            assert deltas.run().rows or change.endswith("ROLLBACK") or "TRUNCATE" in change, change
            assert are_equal(source, target), change
        assert deltas.run().rows == 0
    found = compare(source, target)
    assert not found.differences
    assert {each.kind for each in found.objects} <= {"sequence"}  # set at the cutover


def test_all_changes_at_once_come_over_in_one_delta(cluster: Find, tmp_path: Path) -> None:
    source, target = heroku_like(cluster("13")), rds_like(cluster("18"))
    fill(source)
    run_follow(source, target, tmp_path / "state")
    run_sql(source, *CHANGES)
    with open_deltas(source, target, tmp_path / "state") as deltas:
        assert deltas.run().tables > 10
    assert are_equal(source, target)
    with connect(target, application="test") as connection:
        phase = read_phase(connection)
    assert phase and phase.name == "following"


def test_changes_during_the_copy_are_not_lost_and_count_once(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    changes = iter(CHANGES[: next(i for i, change in enumerate(CHANGES) if "TRUNCATE" in change)])

    def change(point: str) -> None:
        if point.startswith(("captured ", "before rows ", "after index ", "restored", "cleaned")):
            run_sql(source, next(changes, "SELECT 1"))

    run_follow(source, target, tmp_path / "state", at=change)
    run_sql(source, *changes)
    run_follow(source, target, tmp_path / "state")
    assert are_equal(source, target)


@pytest.mark.parametrize("point", thinned(POINTS))
def test_a_delta_that_stops_anywhere_is_simply_run_again(
    sides: tuple[Server, Server], tmp_path: Path, point: str
) -> None:
    stop_and_follow_again(*sides, tmp_path / "state", point, "INSERT INTO keyless VALUES ('later', 1, NULL)")


def test_sessions_that_are_cut_and_servers_that_crash_are_waited_for(cluster: Find, tmp_path: Path) -> None:
    crashing = cluster("16")
    source, target = heroku_like(cluster("15")), rds_like(crashing)
    fill(source)
    run_sql(source, "DROP TABLE loose")
    run_follow(source, target, tmp_path / "state")
    said: list[str] = []
    events = iter(["cut", "crash", "cut"])

    def disturb(point: str) -> None:
        if point != "delta applied":
            return
        match next(events, None):
            case "cut":
                ours = "pg_stat_activity WHERE application_name LIKE 'homeport follow%'"
                cut = f"SELECT pg_terminate_backend(pid) FROM {ours}"
                cluster("15").execute(f"{cut} AND datname = '{source.database}'")
                crashing.execute(f"{cut} AND datname = '{target.database}'")
            case "crash":
                crashing.stop("immediate")
                threading.Timer(1, crashing.start).start()

    run_sql(source, *(change for change in CHANGES if "loose" not in change))
    run_follow(source, target, tmp_path / "state", at=disturb, said=said)
    assert are_equal(source, target)
    assert [line for line in said if line.endswith("trying again")]
    assert said[-1] == "it goes on"


def test_a_copy_that_loses_its_snapshot_begins_anew_by_itself(
    sides: tuple[Server, Server], cluster: Find, tmp_path: Path
) -> None:
    source, target = sides
    said: list[str] = []
    awaited = "before rows public.pair"

    def cut(point: str) -> None:
        nonlocal awaited
        if point == awaited:
            awaited = ""
            ours = "pg_stat_activity WHERE application_name LIKE 'homeport copy %'"
            cluster("15").execute(f"SELECT pg_terminate_backend(pid) FROM {ours} AND datname = '{source.database}'")

    run_follow(source, target, tmp_path / "state", at=cut, said=said)
    assert are_equal(source, target)
    assert [line for line in said if "the copy is tried again (1 of 5)" in line]


@pytest.mark.parametrize(
    ("ddl", "undo", "words"),
    [
        ("ALTER TABLE pair ADD COLUMN more int", "ALTER TABLE pair DROP COLUMN more", "public.pair: its columns were"),
        ("CREATE TABLE fresh (id int PRIMARY KEY)", "DROP TABLE fresh", "public.fresh: is new"),
        ("ALTER TABLE pair DISABLE TRIGGER homeport_old", None, "may have been missed: homeport_old"),
        (
            "BEGIN; ALTER TABLE pair DISABLE TRIGGER USER; UPDATE pair SET v = 0; ALTER TABLE pair ENABLE TRIGGER USER;"
            " COMMIT",
            None,
            "may have been missed",
        ),
        ("ALTER TABLE pair DROP COLUMN v, ADD COLUMN v int", "SELECT 1", "public.pair: its columns were"),
    ],
)
def test_a_schema_that_is_changed_behind_our_back_stops_it_until_that_is_undone(
    sides: tuple[Server, Server], tmp_path: Path, ddl: str, undo: str | None, words: str
) -> None:
    source, target = sides
    run_follow(source, target, tmp_path / "state")
    run_sql(source, ddl)
    with pytest.raises(HomeportError, match=words):
        run_follow(source, target, tmp_path / "state")
    run_sql(source, undo or "SELECT 1", "UPDATE pair SET v = v + 1")
    options = FollowOptions(reload=() if undo else ("pair",), again=undo == "SELECT 1")
    run_follow(source, target, tmp_path / "state", options=options)
    assert are_equal(source, target)


def test_rows_that_alter_table_rewrote_come_over(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    run_follow(source, target, tmp_path / "state")
    run_sql(source, "ALTER TABLE pair ALTER v TYPE int USING v * 2")
    run_follow(source, target, tmp_path / "state")
    assert are_equal(source, target)
    with open_deltas(source, target, tmp_path / "state") as deltas:
        assert deltas.run().tables == 0  # loaded once


def test_a_table_can_be_loaded_whole(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    run_follow(source, target, tmp_path / "state")
    run_sql(target, "UPDATE pair SET v = -1")
    run_follow(source, target, tmp_path / "state", options=FollowOptions(reload=("pair",)))
    assert are_equal(source, target)
    with pytest.raises(HomeportError, match=r"follows no table public\.absent"):
        run_follow(source, target, tmp_path / "state", options=FollowOptions(reload=("absent",)))


def test_a_copy_that_is_older_than_the_capture_is_not_followed(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    copy(source, target, tmp_path / "state", Options(), lambda progress: None)
    run_sql(source, "UPDATE pair SET v = v + 1")
    with pytest.raises(HomeportError, match="was copied before changes"):
        run_follow(source, target, tmp_path / "state")
    run_follow(source, target, tmp_path / "state", options=FollowOptions(again=True))
    assert are_equal(source, target)


def test_no_key_is_read_from_a_table_that_was_emptied_meanwhile(sides: tuple[Server, Server], tmp_path: Path) -> None:
    """LOCK TABLE comes before the snapshot: what committed before the lock was ours is in it."""
    source, _ = sides
    with connect(source, application="test", autocommit=True) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        connection.execute("SET LOCAL synchronous_commit = off")
        connection.execute("LOCK TABLE ONLY public.pair IN ACCESS SHARE MODE")
        run_sql(source, "INSERT INTO pair VALUES (77, 'after the lock', 1)")
        rows = connection.execute("SELECT count(*) FROM public.pair WHERE a = 77").fetchall()
        assert rows == [(1,)]


def test_every_trace_is_removed(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    before = read_schema(source, 15)
    install(source, "m1", "elsewhere", always=True)
    run_sql(source, *CHANGES)
    with connect(source, application="test") as connection:
        assert connection.execute("SELECT count(*) > 10 FROM homeport.log_1").fetchall() == [(True,)]
    remove(source)
    assert read_schema(source, 15) == before
    with connect(source, application="test") as connection:
        assert connection.execute("SELECT to_regnamespace('homeport') IS NULL").fetchall() == [(True,)]


def test_another_roles_changes_are_captured_with_its_own_rights_untouched(cluster: Find, tmp_path: Path) -> None:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    fill(source)
    role = f"r{source.user}"
    cluster("15").execute(f"CREATE ROLE {role}")
    cluster("15").execute(f"GRANT {role} TO {source.user}")
    run_sql(source, f"GRANT USAGE ON SCHEMA public TO {role}", f"GRANT SELECT, INSERT, UPDATE ON pair TO {role}")
    run_sql(source, f"GRANT INSERT ON audit TO {role}")
    run_follow(source, target, tmp_path / "state")
    run_sql(source, f"SET ROLE {role}", "RESET ROLE")
    run_sql(source, f"BEGIN; SET LOCAL ROLE {role}; INSERT INTO public.pair VALUES (500, 'r', 1); COMMIT")
    run_follow(source, target, tmp_path / "state")
    assert are_equal(source, target)
    with pytest.raises(Exception, match="permission denied"):
        run_sql(source, f"BEGIN; SET LOCAL ROLE {role}; INSERT INTO homeport.log_1 VALUES (1); COMMIT")


def test_a_second_follower_is_refused(sides: tuple[Server, Server], cluster: Find, tmp_path: Path) -> None:
    source, target = sides
    run_follow(source, target, tmp_path / "state")
    with open_deltas(source, target, tmp_path / "state"):
        with pytest.raises(HomeportError, match="another process works on this move"):
            run_follow(source, target, tmp_path / "state")
        with pytest.raises(HomeportError, match="another follow into it is running"):
            run_follow(source, target, tmp_path / "elsewhere")
    with pytest.raises(HomeportError, match="captured by another move"):
        run_follow(source, rds_like(cluster("15")), tmp_path / "third")


def test_a_target_that_may_not_silence_its_triggers_is_refused(cluster: Find, tmp_path: Path) -> None:
    source, target = heroku_like(cluster("15")), heroku_like(cluster("15"))
    fill(source)
    with pytest.raises(HomeportError, match="session_replication_role"):
        run_follow(source, target, tmp_path / "state")
    assert read_tables(target) == {"large objects": read_tables(target)["large objects"]}


def test_keys_of_types_of_extensions_are_found(cluster: Find, tmp_path: Path) -> None:
    source, target = heroku_like(cluster("15"), ["citext"]), rds_like(cluster("15"))
    cluster("15").execute("CREATE SCHEMA heroku_ext", target.database)
    cluster("15").execute("CREATE EXTENSION citext SCHEMA heroku_ext", target.database)
    cluster("15").execute(f"GRANT USAGE ON SCHEMA heroku_ext TO {target.user}", target.database)
    run_sql(
        source, "CREATE TABLE mail (name heroku_ext.citext PRIMARY KEY, v int)", "INSERT INTO mail VALUES ('A@b', 1)"
    )
    with connect(target, application="test") as connection:
        assert connection.execute("SELECT 1").fetchall()
    run_follow(source, target, tmp_path / "state")
    run_sql(
        source, "UPDATE mail SET name = 'a@B'", "INSERT INTO mail VALUES ('c', 2)", "DELETE FROM mail WHERE name = 'C'"
    )
    run_follow(source, target, tmp_path / "state")
    assert are_equal(source, target)


def test_functions_find_what_they_name_without_a_schema(cluster: Find, tmp_path: Path) -> None:
    """In a check, an index, a generated column and a materialized view: while rows are copied, and in every delta."""
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    run_sql(
        source,
        "CREATE SCHEMA shop",
        f"ALTER ROLE {source.user} SET search_path = shop, public",
    )
    body = "RETURNS text LANGUAGE plpgsql IMMUTABLE AS"
    run_sql(
        source,
        f"CREATE FUNCTION norm(t text) {body} 'BEGIN RETURN lower(t); END'",
        f"CREATE FUNCTION public.outer_norm(t text) {body} 'BEGIN RETURN norm(t); END'",
        "CREATE TABLE public.t (id int PRIMARY KEY, v text CHECK (outer_norm(v) <> 'bad'),"
        " g text GENERATED ALWAYS AS (outer_norm(v)) STORED)",
        "CREATE UNIQUE INDEX t_norm ON public.t (outer_norm(v))",
        "INSERT INTO public.t SELECT i, 'V' || i FROM generate_series(1, 100) i",
        "CREATE MATERIALIZED VIEW public.m AS SELECT outer_norm(v) AS v FROM public.t",
    )
    run_follow(source, target, tmp_path / "state")
    run_sql(source, "INSERT INTO public.t VALUES (101, 'NEW')", "UPDATE public.t SET v = 'X' WHERE id = 1")
    run_follow(source, target, tmp_path / "state")
    assert run_sql(target, "SELECT g FROM public.t WHERE id IN (1, 101) ORDER BY id") == [("x",), ("new",)]
    said: list[str] = []
    run_cutover(source, target, tmp_path / "state", said)
    assert run_sql(target, "SELECT count(*) FROM public.m WHERE v = 'new'") == [(1,)]


def test_deltas_go_up_to_exactly_a_snapshot_that_is_given(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    run_follow(source, target, tmp_path / "state")
    run_sql(source, "INSERT INTO pair VALUES (900, 'in', 1)")
    with open_deltas(source, target, tmp_path / "state") as deltas, connect(source, application="test") as holder:
        holder.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        name = str(holder.execute("SELECT pg_export_snapshot()").fetchall()[0][0])
        run_sql(source, "INSERT INTO pair VALUES (901, 'out', 1)")
        deltas.keep_keys(True)
        deltas.run(name)
        assert run_sql(target, "SELECT a FROM pair WHERE a >= 900") == [(900,)]
        since = f"SELECT k1 FROM homeport.since_{number(deltas)}"
        assert run_sql(target, since) == [(900,)]
        deltas.run()
        assert run_sql(target, "SELECT count(*) FROM pair WHERE a >= 900") == [(2,)]


def number(deltas: Deltas) -> int:
    return next(table.number for table in deltas.capture.tables if table.name == "public.pair")


def test_what_both_sides_hold_is_refused_before_anything_is_captured(
    sides: tuple[Server, Server], tmp_path: Path
) -> None:
    source, target = sides
    before = read_schema(source, 15)
    run_sql(target, "CREATE TABLE pair (other int)")
    options = FollowOptions(copy=Options(into_nonempty=target.database))
    with pytest.raises(HomeportError, match=r"holds what the source holds too: TABLE public\.pair"):
        run_follow(source, target, tmp_path / "state", options=options)
    assert read_schema(source, 15) == before
