"""A cutover, or the way back, that is killed at any point is finished by starting it again, and loses nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.postgres.cutover.clean import clean
from homeport.postgres.server import Server
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql
from tests.postgres.cutover.killing import kill
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
from tests.postgres.long import thinned

pytestmark = pytest.mark.integration
Find = Callable[..., Cluster]
POINTS = [
    "prepared",
    "delta applied",
    "proven",
    "fencing",
    "fence up",
    "fenced",
    "drained",
    "before verified",
    "verified",
    "before switching",
    "switching",
    "switch done",
    "switched",
]
BACK = [
    "returning",
    "receiving",
    "delta committed",
    "back proven",
    "back fencing",
    "back fenced",
    "back drained",
    "back verified",
    "source open",
    "switch done",
    "back switched",
    "returned",
]


@pytest.fixture
def before() -> dict[str, str]:
    """Database → its schema as pg_dump writes it, before anything was done."""
    return {}


@pytest.fixture
def sides(cluster: Find, tmp_path: Path, before: dict[str, str]) -> tuple[Server, Server]:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    make(source)
    before[source.database] = dump(source, 15)
    run_follow(source, target, tmp_path / "state")
    return source, target


@pytest.mark.parametrize("point", thinned(POINTS))
def test_a_cutover_killed_at_a_point_ends_well(sides: tuple[Server, Server], tmp_path: Path, point: str) -> None:
    source, target = sides
    with Writers(source) as writers:
        kill("cutover", source, target, tmp_path / "state", point)
        assert run_cutover(source, target, tmp_path / "state").phase == "switched"
    assert set(writers.committed) == notes(source) == notes(target)
    assert read_rows(source) | {"public.sums": 0} == read_rows(target) | {"public.sums": 0}
    assert is_fenced(source)
    assert not is_fenced(target)


@pytest.mark.parametrize("point", thinned(["fencing", "fence up", "fenced", "drained", "verified"]))
def test_a_cutover_killed_before_the_switch_can_be_undone(
    sides: tuple[Server, Server], tmp_path: Path, point: str
) -> None:
    source, target = sides
    kill("cutover", source, target, tmp_path / "state", point)
    run_rollback(source, target, tmp_path / "state")
    assert not is_fenced(source)
    run_sql(source, "INSERT INTO entry (account, note) VALUES (20, 'w after')")
    assert run_cutover(source, target, tmp_path / "state").phase == "switched"
    assert notes(target) == {"w after"}


@pytest.mark.parametrize("point", thinned(BACK))
def test_a_way_back_killed_at_a_point_ends_well(
    sides: tuple[Server, Server], before: dict[str, str], tmp_path: Path, point: str
) -> None:
    source, target = sides
    run_cutover(source, target, tmp_path / "state")
    with Writers(target) as writers:
        kill("rollback", source, target, tmp_path / "state", point)
        assert run_rollback(source, target, tmp_path / "state").phase == "returned"
    assert set(writers.committed) == notes(target) == notes(source)
    assert read_rows(source) | {"public.sums": 0} == read_rows(target) | {"public.sums": 0}
    assert not is_fenced(source)
    assert is_fenced(target)
    run_sql(source, "INSERT INTO entry (account, note) VALUES (20, 'w again')")
    assert run_cutover(source, target, tmp_path / "state").phase == "switched"
    assert "w again" in notes(target)
    clean(source, target, tmp_path / "state", lambda text: None, of_target=True)
    assert dump(source, 15) == before[source.database]
