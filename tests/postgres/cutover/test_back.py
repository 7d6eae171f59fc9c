"""The way back: what was written to the target is on the source, which is otherwise exactly as it was."""

from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.postgres.cutover.clean import clean
from homeport.postgres.server import Server, connect
from homeport.postgres.silence import may_be_replica
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql
from tests.postgres.copy.both import EVERYTHING, load_sql
from tests.postgres.cutover.sides import (
    Writers,
    dump,
    is_fenced,
    make,
    notes,
    read_rows,
    run_cutover,
    run_follow,
    run_rollback,
)
from tests.postgres.follow.both import CHANGES

pytestmark = pytest.mark.integration
Find = Callable[..., Cluster]
STATES = """
SELECT conrelid::regclass::text, conname, convalidated, pg_get_constraintdef(oid), obj_description(oid)
FROM pg_constraint WHERE contype = 'f' ORDER BY 1, 2"""
TRIGGERS = """
SELECT tgrelid::regclass::text, tgname, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
AND tgname NOT IN ('homeport_fence', 'homeport_gate')
UNION ALL SELECT ev_class::regclass::text, rulename, ev_enabled::text FROM pg_rewrite
WHERE rulename <> '_RETURN' ORDER BY 1, 2"""


def begin(cluster: Cluster, state: Path, *, replica: bool = False) -> tuple[Server, Server, str]:
    """A move that is followed, and the source's schema before it."""
    source, target = heroku_like(cluster), rds_like(cluster)
    if replica:
        cluster.execute(f"GRANT SET ON PARAMETER session_replication_role TO {source.user}")
    make(source)
    before = dump(source, 15)
    run_follow(source, target, state)
    return source, target, before


@pytest.mark.parametrize("replica", [False, True])
def test_rows_written_after_the_switch_are_on_the_source(cluster: Find, tmp_path: Path, replica: bool) -> None:
    source, target, before = begin(cluster("15"), tmp_path / "state", replica=replica)
    with connect(source, application="test", autocommit=True) as connection:
        assert may_be_replica(connection) == replica
    keys, triggers = run_sql(source, STATES), run_sql(source, TRIGGERS)
    run_cutover(source, target, tmp_path / "state")
    run_sql(target, *CHANGES, "SELECT lo_put(4712, 0, 'LARGE')", "SELECT setval('entry_id_seq', 9000)")
    said: list[str] = []
    with Writers(target) as writers:
        report = run_rollback(source, target, tmp_path / "state", said)
    assert (report.phase, report.freeze_seconds > 0) == ("returned", True)
    assert set(writers.committed) == notes(target) == notes(source)
    assert any("is being moved" in each for each in writers.refused)
    assert read_rows(source) | {"public.sums": 0} == read_rows(target) | {"public.sums": 0}
    assert (run_sql(source, STATES), run_sql(source, TRIGGERS)) == (keys, triggers)
    assert (is_fenced(source), is_fenced(target)) == (False, True)
    assert not any("homeport_" in line for line in said)
    assert len([line for line in said if "triggers of Homeport's own" in line]) == 1
    clean(source, target, tmp_path / "state", said.append)
    assert dump(source, 15) == before


def test_after_a_return_it_can_be_cut_over_again(cluster: Find, tmp_path: Path) -> None:
    source, target, _ = begin(cluster("15"), tmp_path / "state")
    run_cutover(source, target, tmp_path / "state")
    run_sql(target, "INSERT INTO keyless VALUES ('there', 1)", "INSERT INTO keyless VALUES ('there', 1)")
    run_rollback(source, target, tmp_path / "state")
    run_sql(source, "INSERT INTO keyless VALUES ('here', 1)", "DELETE FROM keyless WHERE v = 'v1'")
    run_cutover(source, target, tmp_path / "state")
    run_sql(target, "INSERT INTO keyless VALUES ('there', 1)")
    run_rollback(source, target, tmp_path / "state")
    assert read_rows(source) | {"public.sums": 0} == read_rows(target) | {"public.sums": 0}
    assert run_sql(source, "SELECT v, count(*) FROM keyless WHERE v IN ('here', 'there') GROUP BY 1 ORDER BY 1") == [
        ("here", 1),
        ("there", 3),
    ]


def test_a_database_with_one_of_each_thing_goes_there_and_back(cluster: Find, tmp_path: Path) -> None:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    load_sql(source, EVERYTHING.read_text())
    before = dump(source, 15)
    run_follow(source, target, tmp_path / "state")
    run_cutover(source, target, tmp_path / "state")
    run_sql(
        target,
        "INSERT INTO parent (name, state) VALUES ('new', 'sad')",
        "DELETE FROM events WHERE id = 400",
        "UPDATE late SET id = 11 - id",
        "INSERT INTO keyless VALUES ('new', now())",
        "DELETE FROM child WHERE id = 4900",
    )
    run_rollback(source, target, tmp_path / "state")
    assert read_rows(source) == read_rows(target)
    clean(source, target, tmp_path / "state", lambda text: None)
    assert dump(source, 15) == before


def test_nothing_is_undone_where_nothing_was_done(cluster: Find, tmp_path: Path) -> None:
    source, target, _ = begin(cluster("15"), tmp_path / "state")
    report = run_rollback(source, target, tmp_path / "state")
    assert (report.phase, "nothing to undo" in report.told[0]) == ("following", True)
    assert not is_fenced(source)


def test_a_failed_switch_can_be_taken_back(cluster: Find, tmp_path: Path) -> None:
    source, target, _ = begin(cluster("15"), tmp_path / "state")
    with pytest.raises(HomeportError, match="the switch"):
        run_cutover(source, target, tmp_path / "state", switch="false")
    run_sql(target, "INSERT INTO entry (account, note) VALUES (20, 'w half')")
    assert run_rollback(source, target, tmp_path / "state").phase == "returned"
    assert notes(source) == {"w half"}
    assert not is_fenced(source)


def test_a_switch_back_that_fails_can_be_made_again(cluster: Find, tmp_path: Path) -> None:
    source, target, _ = begin(cluster("15"), tmp_path / "state")
    run_cutover(source, target, tmp_path / "state")
    with pytest.raises(HomeportError, match="ended with 1"):
        run_rollback(source, target, tmp_path / "state", switch="exit 1")
    assert (is_fenced(source), is_fenced(target)) == (False, True)
    run_sql(source, "INSERT INTO entry (account, note) VALUES (20, 'w early')")
    written = tmp_path / "written"
    switch = f'echo "$HOMEPORT_TARGET_DATABASE" > {written}'
    assert run_rollback(source, target, tmp_path / "state", switch=switch).phase == "returned"
    assert written.read_text().strip() == source.database
    assert notes(source) == {"w early"}


def test_a_cutover_is_refused_while_the_way_back_is_under_way(cluster: Find, tmp_path: Path) -> None:
    source, target, _ = begin(cluster("15"), tmp_path / "state")
    run_cutover(source, target, tmp_path / "state")
    with pytest.raises(HomeportError, match="ended with 1"):
        run_rollback(source, target, tmp_path / "state", switch="exit 1")
    with pytest.raises(HomeportError, match="is being left"):
        run_cutover(source, target, tmp_path / "state")
    with pytest.raises(HomeportError, match="in the middle"):
        clean(source, target, tmp_path / "state", lambda text: None)
