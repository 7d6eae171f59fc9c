"""A cutover between real servers, under writers, loses nothing, and says what it cannot do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.postgres.server import Server
from tests.postgres.clusters import Cluster, heroku_like, rds_like
from tests.postgres.cutover.sides import Writers, is_fenced, make, notes, read_rows, run_cutover, run_follow

pytestmark = pytest.mark.integration
Find = Callable[..., Cluster]


@pytest.fixture
def sides(cluster: Find, tmp_path: Path) -> tuple[Server, Server]:
    """A move from 15 to 15 that is followed."""
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    make(source)
    run_follow(source, target, tmp_path / "state")
    return source, target


@pytest.mark.parametrize(("one", "other"), [("15", "15"), ("15", "18"), ("16", "16")])
def test_writers_find_every_row_on_the_target(cluster: Find, tmp_path: Path, one: str, other: str) -> None:
    source, target = heroku_like(cluster(one)), rds_like(cluster(other))
    make(source)
    run_follow(source, target, tmp_path / "state")
    said: list[str] = []
    with Writers(source) as writers:
        report = run_cutover(source, target, tmp_path / "state", said)
    assert (report.phase, report.freeze_seconds > 0) == ("switched", True), said
    assert set(writers.committed) == notes(source) == notes(target)
    assert any("is being moved" in each for each in writers.refused)
    assert read_rows(source) | {"public.sums": 0} == read_rows(target) | {"public.sums": 0}
    assert is_fenced(source)
    assert not is_fenced(target)
