"""Servers that crash and connections that are cut in the middle of a cutover: it says so, and is started again."""

from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.postgres.cutover.back import rollback
from homeport.postgres.cutover.session import CutoverOptions
from homeport.postgres.server import Server
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql
from tests.postgres.cutover.killing import kill
from tests.postgres.cutover.sides import is_fenced, make, run_cutover, run_follow, run_rollback
from tests.postgres.follow.both import read_tables
from tests.postgres.long import thinned

pytestmark = pytest.mark.integration
Find = Callable[..., Cluster]
OURS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ~ '^homeport (cutover|follow)'"


@pytest.fixture
def sides(cluster: Find, tmp_path: Path) -> tuple[Cluster, Cluster, Server, Server]:
    """A move that is followed, between two servers."""
    one, other = cluster("15"), cluster("16")
    source, target = heroku_like(one), rds_like(other)
    make(source)
    run_follow(source, target, tmp_path / "state")
    return one, other, source, target


def at(point: str, work: Callable[[], object]) -> Callable[[str], None]:
    """Does it the first time that the point is reached."""
    done: list[str] = []

    def do(name: str) -> None:
        if name == point and not done:
            done.append(name)
            work()

    return do


@pytest.mark.parametrize("point", thinned(["proven", "fenced", "drained"]))
def test_a_target_that_crashes_leaves_the_source_open(
    sides: tuple[Cluster, Cluster, Server, Server], tmp_path: Path, point: str
) -> None:
    _, other, source, target = sides
    said: list[str] = []
    with pytest.raises(HomeportError):
        run_cutover(source, target, tmp_path / "state", said, at=at(point, lambda: other.stop("immediate")))
    assert not is_fenced(source)
    run_sql(source, "INSERT INTO keyless VALUES ('meanwhile', 1)")
    other.start()
    assert run_cutover(source, target, tmp_path / "state").phase == "switched"
    assert read_tables(source) | {"public.sums": 0} == read_tables(target) | {"public.sums": 0}


@pytest.mark.parametrize("point", thinned(["proven", "fenced", "drained"]))
def test_a_source_that_crashes_is_cut_over_when_it_is_back(
    sides: tuple[Cluster, Cluster, Server, Server], tmp_path: Path, point: str
) -> None:
    one, _, source, target = sides
    said: list[str] = []
    with pytest.raises(HomeportError):
        run_cutover(source, target, tmp_path / "state", said, at=at(point, lambda: one.stop("immediate")))
    one.start()
    assert run_cutover(source, target, tmp_path / "state").phase == "switched"
    assert is_fenced(source)
    assert read_tables(source) | {"public.sums": 0} == read_tables(target) | {"public.sums": 0}


def test_a_source_that_crashes_when_all_is_verified_is_no_longer_needed(
    sides: tuple[Cluster, Cluster, Server, Server], tmp_path: Path
) -> None:
    one, _, source, target = sides
    crash = at("verified", lambda: one.stop("immediate"))
    assert run_cutover(source, target, tmp_path / "state", at=crash).phase == "switched"
    one.start()
    assert (is_fenced(source), is_fenced(target)) == (True, False)


@pytest.mark.parametrize("point", thinned(["prepared", "fencing", "fence up", "drained"]))
def test_connections_that_are_cut_leave_the_source_open(
    sides: tuple[Cluster, Cluster, Server, Server], tmp_path: Path, point: str
) -> None:
    one, other, source, target = sides

    def cut() -> None:
        for each in (one, other):
            each.execute(OURS)

    with pytest.raises(HomeportError):
        run_cutover(source, target, tmp_path / "state", at=at(point, cut))
    assert not is_fenced(source)
    assert run_cutover(source, target, tmp_path / "state").phase == "switched"


@pytest.mark.parametrize("point", ["back fenced", "back drained"])
def test_a_source_that_crashes_on_the_way_back_leaves_the_target_open(
    sides: tuple[Cluster, Cluster, Server, Server], tmp_path: Path, point: str
) -> None:
    one, _, source, target = sides
    run_cutover(source, target, tmp_path / "state")  # a sequence jumps when its server crashes: it is not compared
    with pytest.raises(HomeportError):
        run_rollback(source, target, tmp_path / "state", at=at(point, lambda: one.stop("immediate")))
    assert not is_fenced(target)
    run_sql(target, "INSERT INTO keyless VALUES ('meanwhile', 1)")
    one.start()
    assert run_rollback(source, target, tmp_path / "state").phase == "returned"
    assert read_tables(source) | {"public.sums": 0} == read_tables(target) | {"public.sums": 0}


def test_a_source_that_was_left_fenced_can_be_opened_without_its_target(
    sides: tuple[Cluster, Cluster, Server, Server], tmp_path: Path
) -> None:
    _, other, source, target = sides
    kill("cutover", source, target, tmp_path / "state", "drained")
    other.stop("immediate")
    with pytest.raises(HomeportError, match="Connection refused"):
        rollback(source, target, tmp_path / "state", CutoverOptions(None), str, lambda question: False)
    assert is_fenced(source)
    assert run_rollback(source, target, tmp_path / "state").phase == "opened"
    run_sql(source, "INSERT INTO keyless VALUES ('meanwhile', 1)")
    other.start()
    assert run_cutover(source, target, tmp_path / "state").phase == "switched"
    assert read_tables(source) | {"public.sums": 0} == read_tables(target) | {"public.sums": 0}


def test_a_source_is_not_opened_while_its_target_may_be_in_use(
    sides: tuple[Cluster, Cluster, Server, Server], tmp_path: Path
) -> None:
    _, other, source, target = sides
    kill("cutover", source, target, tmp_path / "state", "switching")
    other.stop("immediate")
    with pytest.raises(HomeportError, match="it may hold rows that the source lacks"):
        run_rollback(source, target, tmp_path / "state")
    assert is_fenced(source)
