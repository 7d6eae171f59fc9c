"""A target that follows its source by a replication slot, where the source allows that, on real servers."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from homeport.errors import HomeportError
from homeport.postgres.cutover.clean import clean
from homeport.postgres.follow.capture import install
from homeport.postgres.follow.captured import read_capture
from homeport.postgres.follow.run import FollowOptions, open_deltas
from homeport.postgres.follow.slot import find_slots
from homeport.postgres.server import Server, connect, conninfo
from homeport.postgres.status import Record, conclude, read_status
from homeport.postgres.traces import remove
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql
from tests.postgres.cutover.sides import Writers, dump, make, notes, run_cutover, run_rollback
from tests.postgres.follow.both import CHANGES, POINTS, are_equal, fill, run_follow, stop_and_follow_again
from tests.postgres.long import thinned

pytestmark = pytest.mark.integration
Find = Callable[..., Cluster]
SLOTS = "SELECT slot_name FROM pg_replication_slots WHERE database = current_database()"
PAIRS = [("13", "18"), ("15", "16")]


def logical(cluster: Find, major: str = "15") -> Cluster:
    return cluster(major, wal_level="logical", max_prepared_transactions="5", max_replication_slots="30")


def replicating(cluster: Cluster) -> Server:
    """A fresh database whose owner may replicate."""
    server = heroku_like(cluster)
    cluster.execute(f"ALTER ROLE {server.user} REPLICATION")
    return server


@pytest.fixture
def sides(cluster: Find) -> tuple[Server, Server]:
    source, target = replicating(logical(cluster)), rds_like(logical(cluster))
    fill(source)
    return source, target


def by_slot(server: Server) -> set[str]:
    """Tables whose changes a slot tells."""
    return {str(row[0]) for row in run_sql(server, "SELECT name FROM homeport.captured WHERE published IS NOT NULL")}


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_after_each_change_the_target_equals_the_source(cluster: Find, tmp_path: Path, old: str, new: str) -> None:
    source, target = replicating(logical(cluster, old)), rds_like(cluster(new))
    fill(source)
    run_follow(source, target, tmp_path / "state")
    assert are_equal(source, target)
    told = by_slot(source)
    assert {"public.account", "public.part_one", 'public."Odd ""name"'} <= told
    assert not {"public.keyless", "public.loose", "public.swap", "public.child"} & told  # these keep triggers
    with open_deltas(source, target, tmp_path / "state") as deltas:
        for change in CHANGES:
            run_sql(source, change)
            assert deltas.run().rows or change.endswith("ROLLBACK") or "TRUNCATE" in change, change
            assert are_equal(source, target), change
        assert deltas.run().rows == 0


def test_a_slot_is_taken_where_there_may_be_one_and_triggers_where_they_are_wanted(
    sides: tuple[Server, Server], cluster: Find
) -> None:
    source, _ = sides
    install(source, "one", "elsewhere", always=True, method="triggers")
    assert not by_slot(source)
    with pytest.raises(HomeportError, match="captured by triggers already"):
        install(source, "one", "elsewhere", always=True, method="slot")
    remove(source)
    assert install(source, "one", "elsewhere", always=True, method="auto").slot == "homeport_one"
    with pytest.raises(HomeportError, match="captured by a replication slot already"):
        install(source, "one", "elsewhere", always=True, method="triggers")
    remove(source)
    logical(cluster).execute(f"ALTER ROLE {source.user} NOREPLICATION")
    with pytest.raises(HomeportError, match="cannot be read from a replication slot: .* may not replicate"):
        install(source, "one", "elsewhere", always=True, method="slot")
    assert install(source, "one", "elsewhere", always=True, method="auto").slot is None


def wait_until(is_true: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_slot_that_a_killed_process_has_left_half_made_is_made_anew(sides: tuple[Server, Server]) -> None:
    """It is in the catalog while it waits for a transaction that writes, and begins nowhere yet."""
    source, _ = sides
    made = "SELECT pg_create_logical_replication_slot('homeport_one', 'pgoutput')"

    def leave() -> None:
        with suppress(psycopg.OperationalError), connect(source, application="capture one") as left:  # it is ended
            left.execute(made)

    points: list[str] = []

    def begin() -> None:
        install(source, "one", "elsewhere", always=True, method="slot", at=points.append)

    with psycopg.connect(**conninfo(source)) as writer:
        writer.execute("UPDATE pair SET v = v + 1")
        threading.Thread(target=leave, daemon=True).start()
        wait_until(lambda: bool(run_sql(source, SLOTS)))
        ((pid,),) = run_sql(source, "SELECT active_pid FROM pg_replication_slots WHERE slot_name = 'homeport_one'")
        thread = threading.Thread(target=begin, daemon=True)
        thread.start()
        alive = f"SELECT 1 FROM pg_stat_activity WHERE pid = {pid}"
        wait_until(lambda: "slot" in points or not run_sql(source, alive))
        writer.commit()
        thread.join()
    with connect(source, application="test", autocommit=True) as connection:
        capture, slot = read_capture(connection), find_slots(connection)["homeport_one"]
    assert capture
    assert capture.ready
    assert capture.began == slot.confirmed is not None


def test_nothing_of_ours_is_left(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    before = dump(source, 15)
    run_follow(source, target, tmp_path / "state")
    assert run_sql(source, SLOTS)
    assert "CREATE PUBLICATION" in dump(source, 15)
    clean(source, target, tmp_path / "state", lambda text: None)
    assert dump(source, 15) == before
    assert not run_sql(source, SLOTS)


def test_what_is_under_way_at_the_snapshot_comes_when_it_is_committed(
    sides: tuple[Server, Server], tmp_path: Path
) -> None:
    source, target = sides
    run_follow(source, target, tmp_path / "state")
    with psycopg.connect(**conninfo(source)) as one, open_deltas(source, target, tmp_path / "state") as deltas:
        one.execute("UPDATE pair SET v = v + 1")
        one.execute("SAVEPOINT a")
        one.execute("UPDATE pair SET v = v + 1; DELETE FROM entry WHERE id < 10")
        one.execute("RELEASE a")
        one.execute("SAVEPOINT b")
        one.execute("DELETE FROM account WHERE id = 20")
        one.execute("ROLLBACK TO b")
        run_sql(source, "INSERT INTO parent SELECT i, 'many' FROM generate_series(100, 5000) i")
        deltas.run()
        run_sql(source, "UPDATE parent SET v = 'again' WHERE id > 4000")
        one.commit()
        deltas.run()
        assert are_equal(source, target)


def test_a_prepared_transaction_comes_when_it_is_committed(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    run_follow(source, target, tmp_path / "state")
    with open_deltas(source, target, tmp_path / "state") as deltas:
        run_sql(
            source, "BEGIN; UPDATE pair SET v = -1; UPDATE pair SET a = a + 500 WHERE a < 4; PREPARE TRANSACTION 'p'"
        )
        run_sql(source, "INSERT INTO parent VALUES (77, 'meanwhile')")
        deltas.run()
        run_sql(source, "COMMIT PREPARED 'p'")
        deltas.run()
    assert are_equal(source, target)


def test_a_key_that_is_stored_apart_is_told_with_each_change(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    run_sql(
        source,
        "CREATE TABLE wide (k text PRIMARY KEY, v int, t text)",
        "ALTER TABLE wide ALTER k SET STORAGE EXTERNAL, ALTER t SET STORAGE EXTERNAL",
        "INSERT INTO wide SELECT repeat(chr(9) || '\\' || i, 500), 0, repeat('t', 10000) FROM generate_series(1, 3) i",
    )
    run_follow(source, target, tmp_path / "state")
    run_sql(source, "UPDATE wide SET v = 1", "DELETE FROM wide WHERE k LIKE '%3'", "UPDATE wide SET k = k || 'n'")
    run_follow(source, target, tmp_path / "state")
    assert "public.wide" in by_slot(source)
    assert are_equal(source, target)


@pytest.mark.parametrize("point", thinned(POINTS))
def test_a_delta_that_stops_anywhere_is_simply_run_again(
    sides: tuple[Server, Server], tmp_path: Path, point: str
) -> None:
    stop_and_follow_again(*sides, tmp_path / "state", point, "INSERT INTO pair VALUES (777, 'later', 1)")


def test_a_source_that_crashes_gives_again_what_was_not_applied(cluster: Find, tmp_path: Path) -> None:
    crashing = cluster("15", wal_level="logical", fsync="on")
    source, target = replicating(crashing), rds_like(cluster("16"))
    fill(source)
    run_sql(source, "DROP TABLE loose")
    run_follow(source, target, tmp_path / "state")
    events = iter(["crash", "cut"])

    def disturb(point: str) -> None:
        if point != "delta applied":
            return
        match next(events, None):
            case "cut":
                crashing.execute(
                    f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{source.user}'"
                )
            case "crash":
                crashing.stop("immediate")
                threading.Timer(1, crashing.start).start()

    run_sql(source, *(change for change in CHANGES if "loose" not in change))
    run_follow(source, target, tmp_path / "state", at=disturb)
    assert are_equal(source, target)


def test_a_slot_that_is_gone_or_another_one_is_told(
    sides: tuple[Server, Server], cluster: Find, tmp_path: Path
) -> None:
    source, target = sides
    run_follow(source, target, tmp_path / "state")
    one = logical(cluster)
    ((name,),) = one.execute("SELECT slot FROM homeport.capture", source.database)
    one.execute(f"SELECT pg_drop_replication_slot('{name}')")
    run_sql(source, "UPDATE pair SET v = 5")
    with pytest.raises(HomeportError, match=f"the replication slot {name} is gone") as caught:
        run_follow(source, target, tmp_path / "state")
    assert "--again" in caught.value.hint
    assert f"the replication slot {name} is gone" in " ".join(read_status(source, target, tmp_path / "state").notes)
    one.execute(f"SELECT pg_create_logical_replication_slot('{name}', 'pgoutput')", source.database)
    with pytest.raises(HomeportError, match="is another one of that name"):
        run_follow(source, target, tmp_path / "state")
    run_follow(source, target, tmp_path / "state", FollowOptions(again=True))
    assert are_equal(source, target)


def test_a_slot_that_the_server_gave_up_is_told(cluster: Find, tmp_path: Path) -> None:
    limits = {"max_slot_wal_keep_size": "1MB", "max_wal_size": "32MB", "min_wal_size": "32MB"}
    one = cluster("15", wal_level="logical", **limits)
    source, target = replicating(one), rds_like(one)
    fill(source)
    run_follow(source, target, tmp_path / "state")
    for _ in range(3):
        one.execute("SELECT pg_switch_wal()")
        run_sql(source, "UPDATE pair SET v = v + 1")
    one.execute("CHECKPOINT")
    with pytest.raises(HomeportError, match="was given up by the server"):
        run_follow(source, target, tmp_path / "state")
    found = read_status(source, target, tmp_path / "state")
    assert any("was given up by the server" in note for note in found.notes)


def test_the_wal_that_a_forgotten_slot_keeps_is_told(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    run_follow(source, target, tmp_path / "state")
    run_sql(source, "UPDATE pair SET v = 4")
    found = read_status(source, target, tmp_path / "state")
    assert found.source.kept > 0 and found.target.kept == 0
    assert any(left.startswith("replication slot homeport_") for left in found.source.left)
    grown = conclude(Record(), replace(found.source, kept=5_000_000_000), found.target, ())
    assert any("keeps 5.0 GB of WAL" in note for note in grown.notes)


def test_a_table_that_was_taken_out_of_the_publication_is_told_and_can_be_loaded_again(
    sides: tuple[Server, Server], tmp_path: Path
) -> None:
    source, target = sides
    run_follow(source, target, tmp_path / "state")
    with connect(source, application="test") as connection:
        capture = read_capture(connection)
    assert capture
    for statement in (f'ALTER PUBLICATION "{capture.slot}" DROP TABLE pair', "UPDATE pair SET v = 9 WHERE a = 1"):
        run_sql(source, statement)
    with pytest.raises(HomeportError, match="public.pair: changes may have been missed: its place in the publication"):
        run_follow(source, target, tmp_path / "state")
    run_sql(source, f'ALTER PUBLICATION "{capture.slot}" ADD TABLE ONLY pair')
    with pytest.raises(HomeportError, match="public.pair: changes may have been missed"):
        run_follow(source, target, tmp_path / "state")
    run_follow(source, target, tmp_path / "state", FollowOptions(reload=("pair",)))
    run_sql(source, "UPDATE pair SET v = 10 WHERE a = 2")
    run_follow(source, target, tmp_path / "state")
    assert are_equal(source, target)


def test_the_slot_lets_go_of_what_was_applied(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    run_follow(source, target, tmp_path / "state")
    with connect(source, application="test", autocommit=True) as connection:
        capture = read_capture(connection)
        assert capture and capture.slot
        before = find_slots(connection)[capture.slot]
        run_sql(source, "UPDATE pair SET v = 3")
        run_follow(source, target, tmp_path / "state")
        after = find_slots(connection)[capture.slot]
    assert before.confirmed != after.confirmed
    assert run_sql(target, f"SELECT read >= '{after.confirmed}' FROM homeport.applied") == [(True,)]


def test_a_cutover_and_the_way_back_lose_nothing(cluster: Find, tmp_path: Path) -> None:
    source, target = replicating(logical(cluster)), rds_like(logical(cluster))
    make(source)
    run_follow(source, target, tmp_path / "state")
    with Writers(source) as writers:
        assert run_cutover(source, target, tmp_path / "state").phase == "switched"
    assert set(writers.committed) == notes(source) == notes(target)
    with Writers(target) as back:
        assert run_rollback(source, target, tmp_path / "state").phase == "returned"
    run_sql(source, "INSERT INTO entry (account, note) VALUES (20, 'w again')")
    assert run_cutover(source, target, tmp_path / "state").phase == "switched"
    assert notes(target) == {*writers.committed, *back.committed, "w again"}
