"""A move that is given up leaves the source, and the target where that is asked, as pg_dump wrote them before."""

from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.postgres.copy.run import Options
from homeport.postgres.copy.target import find_ours
from homeport.postgres.cutover.abandon import AbandonOptions, abandon
from homeport.postgres.cutover.clean import CleanReport, clean
from homeport.postgres.cutover.rehearse import rehearse
from homeport.postgres.cutover.run import CutoverOptions
from homeport.postgres.follow.run import FollowOptions
from homeport.postgres.server import Server, connect
from homeport.postgres.status import read_status
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql
from tests.postgres.cutover.killing import kill
from tests.postgres.cutover.sides import dump, is_fenced, make, read_rows, run_cutover, run_follow, run_rollback
from tests.postgres.long import thinned

Find = Callable[..., Cluster]
STEPS = [
    ("follow", "captured public.pair"),
    ("follow", "restored"),
    ("follow", "after loaded"),
    ("cutover", "proven"),
    ("cutover", "fence up"),
    ("cutover", "fenced"),
    ("cutover", "verified"),
]
POINTS = ["source open", "abandoned", "source clean", "copy dropped", "target clean"]


def give_up(
    source: Server, target: Server, state: Path, said: list[str] | None = None, **options: object
) -> CleanReport:
    values = {"of_target": True, "drop_copy": target.database} | options
    tell = (said if said is not None else []).append
    return abandon(source, target, state, AbandonOptions(**values), tell)  # type: ignore[arg-type]


def test_what_neither_the_target_had_nor_the_source_has_is_somebody_elses() -> None:
    found = ["TABLE public.a", "TABLE public.mine", "LARGE OBJECT 7", "SCHEMA shop", "SCHEMA public", "SCHEMA homeport",
             "REVOKE CREATE ON SCHEMA public FROM PUBLIC", "TABLE public.odd", "EXTENSION hstore"]  # fmt: skip
    ours, others = find_ours(found, ["TABLE public.mine"], ["TABLE public.a", "SCHEMA shop", "EXTENSION hstore"])
    assert ours[0] == "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    assert ours[1:] == ["TABLE public.a", "LARGE OBJECT 7", "EXTENSION hstore", "SCHEMA shop"]
    assert others == ["TABLE public.odd"]


@pytest.mark.integration
@pytest.mark.parametrize(("what", "point"), thinned(STEPS))
def test_a_move_is_given_up_wherever_it_was_killed(cluster: Find, tmp_path: Path, what: str, point: str) -> None:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    make(source)
    run_sql(source, f"ALTER DATABASE {source.database} SET work_mem = '5MB'")
    run_sql(target, f"ALTER DATABASE {target.database} SET work_mem = '7MB'")
    before, empty, rows = dump(source, 15), dump(target, 15), read_rows(source)
    if what == "cutover":
        run_follow(source, target, tmp_path / "state")
    kill(what, source, target, tmp_path / "state", point)
    said: list[str] = []
    fenced = is_fenced(source)
    give_up(source, target, tmp_path / "other machine", said)
    assert (dump(source, 15), dump(target, 15), read_rows(source)) == (before, empty, rows)
    assert run_sql(target, "SHOW work_mem") == [("7MB",)]
    assert any("takes writes again" in line for line in said) == fenced
    assert not is_fenced(source)
    give_up(source, target, tmp_path / "other machine")  # again, to no effect


@pytest.mark.integration
def test_giving_up_that_is_killed_at_each_point_ends_well(cluster: Find, tmp_path: Path) -> None:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    make(source)
    before, empty = dump(source, 15), dump(target, 15)
    run_follow(source, target, tmp_path / "state")
    kill("cutover", source, target, tmp_path / "state", "drained")
    for point in POINTS[:-1]:
        kill("abandon", source, target, tmp_path / "state", point)
        assert not is_fenced(source)
    status = read_status(source, target, tmp_path / "state")
    assert (status.phase, status.next.command) == ("abandoned", "db follow")
    kill("abandon", source, target, tmp_path / "state", POINTS[-1])
    assert (dump(source, 15), dump(target, 15)) == (before, empty)
    other = heroku_like(cluster("15"))
    run_sql(other, "CREATE TABLE a (i int)")
    run_follow(other, target, tmp_path / "state")  # the file is free for another move


@pytest.mark.integration
def test_after_the_point_of_no_return_the_way_is_back_first(cluster: Find, tmp_path: Path) -> None:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    make(source)
    before, empty = dump(source, 15), dump(target, 15)
    run_follow(source, target, tmp_path / "state")
    run_cutover(source, target, tmp_path / "state")
    with pytest.raises(HomeportError, match=r"passed the point of no return \(switched\)") as refused:
        give_up(source, target, tmp_path / "state")
    assert "homeport db rollback" in refused.value.hint
    assert is_fenced(source)
    run_rollback(source, target, tmp_path / "state")
    rows = read_rows(source)
    give_up(source, target, tmp_path / "state")
    assert (dump(source, 15), dump(target, 15), read_rows(source)) == (before, empty, rows)


@pytest.mark.integration
def test_nothing_is_dropped_from_a_target_that_is_used_or_holds_more(cluster: Find, tmp_path: Path) -> None:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    make(source)
    run_follow(source, target, tmp_path / "state")
    with pytest.raises(HomeportError, match="names shop, and the target's database is"):
        give_up(source, target, tmp_path / "state", drop_copy="shop")
    with connect(target, application="x"):
        run_sql(target, "SET application_name = 'report'")
    run_sql(target, "CREATE TABLE stranger (i int)")
    with pytest.raises(HomeportError, match="holds what this move has not brought.*TABLE public.stranger"):
        give_up(source, target, tmp_path / "state")
    assert run_sql(source, "SELECT to_regclass('homeport.capture') IS NOT NULL") == [(True,)]
    with pytest.raises(HomeportError, match="TABLE public.stranger"):
        run_follow(source, target, tmp_path / "state", FollowOptions(again=True))
    assert run_sql(target, "SELECT to_regclass('stranger') IS NOT NULL, count(*) > 0 FROM account") == [(True, True)]
    run_sql(target, "DROP TABLE stranger")
    give_up(source, target, tmp_path / "state")


@pytest.mark.integration
def test_what_was_in_the_target_before_stays_as_it_was(cluster: Find, tmp_path: Path) -> None:
    """Triggers that fire ALWAYS are quiet while the target follows; rights on `public` came from an old server."""
    source, target = heroku_like(cluster("13")), rds_like(cluster("15"))
    run_sql(source, "CREATE TABLE book (id int PRIMARY KEY)", "INSERT INTO book VALUES (1)")
    run_sql(
        target,
        "CREATE TABLE mine (i int)",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER always AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION f()",
        "ALTER TABLE mine ENABLE ALWAYS TRIGGER always",
        "INSERT INTO mine VALUES (7)",
    )
    before, there = dump(source, 13), dump(target, 15)
    copying = FollowOptions(copy=Options(into_nonempty=target.database))
    run_follow(source, target, tmp_path / "state", copying)
    kill("cutover", source, target, tmp_path / "state", "verified")
    give_up(source, target, tmp_path / "state")
    assert (dump(source, 13), dump(target, 15)) == (before, there)
    assert run_sql(target, "SELECT * FROM mine") == [(7,)]


@pytest.mark.integration
def test_a_clean_in_the_middle_says_that_the_move_begins_anew(cluster: Find, tmp_path: Path) -> None:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    make(source)
    run_follow(source, target, tmp_path / "state")
    kill("cutover", source, target, tmp_path / "state", "proven")  # the target's changes are captured already
    clean(source, target, tmp_path / "state", lambda text: None)
    status = read_status(source, target, tmp_path / "state")
    assert (status.phase, status.next.command) == ("abandoned", "db follow")
    run_sql(source, "DELETE FROM entry WHERE id = 1")  # nothing tells of that
    run_follow(source, target, tmp_path / "state")
    assert run_cutover(source, target, tmp_path / "state").phase == "switched"
    assert read_rows(target) == read_rows(source)
    run_sql(target, "DELETE FROM entry WHERE id = 2")
    assert run_rollback(source, target, tmp_path / "state").phase == "returned"
    assert run_sql(source, "SELECT count(*) FROM entry WHERE id <= 2") == [(0,)]


@pytest.mark.integration
def test_a_rehearsal_that_was_killed_is_given_up(cluster: Find, tmp_path: Path) -> None:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    make(source)
    before, empty = dump(source, 15), dump(target, 15)

    def fail(point: str) -> None:
        if point == "after loaded":
            raise HomeportError("power cut")

    with pytest.raises(HomeportError, match="power cut"):
        rehearse(source, target, tmp_path / "rehearsal", CutoverOptions(None), lambda text: None, at=fail)
    give_up(source, target, tmp_path / "move")
    assert (dump(source, 15), dump(target, 15)) == (before, empty)
