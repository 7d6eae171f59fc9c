"""A rehearsal tells how long a move would freeze, and leaves both sides as they were."""

from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.postgres.cutover.rehearse import rehearse
from homeport.postgres.cutover.run import CutoverOptions
from homeport.postgres.server import connect
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql
from tests.postgres.copy.both import EVERYTHING, load_sql
from tests.postgres.cutover.sides import Writers, dump, make, notes, read_rows, run_cutover, run_follow
from tests.postgres.long import thinned

pytestmark = pytest.mark.integration
Find = Callable[..., Cluster]


def test_a_rehearsal_under_writers_freezes_nobody_and_leaves_nothing(cluster: Find, tmp_path: Path) -> None:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    make(source)
    before, empty = dump(source, 15), dump(target, 15)
    said: list[str] = []
    with Writers(source) as writers:
        report = rehearse(source, target, tmp_path / "state", CutoverOptions(None, jobs=2), said.append)
    assert not writers.refused
    assert set(writers.committed) == notes(source)
    assert 0 < report.freeze_seconds_expected < 5
    assert {"prove everything", "rehearse the fence", "clean"} <= {name for name, _ in report.steps}
    assert (dump(source, 15), dump(target, 15)) == (before, empty)
    assert run_sql(target, "SELECT count(*) FROM pg_largeobject_metadata") == [(0,)]
    run_follow(source, target, tmp_path / "state")
    assert run_cutover(source, target, tmp_path / "state").phase == "switched"


def test_everything_is_rehearsed_and_followed(cluster: Find, tmp_path: Path) -> None:
    """Also a collation of the user's that takes upper and lower case for the same."""
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    load_sql(source, EVERYTHING.read_text())
    run_sql(
        source,
        "CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        "CREATE TABLE person (mail text COLLATE folded PRIMARY KEY)",
        "INSERT INTO person VALUES ('A@b')",
    )
    before, empty = dump(source, 15), dump(target, 15)
    rehearse(source, target, tmp_path / "rehearsal", CutoverOptions(None), lambda text: None)
    assert (dump(source, 15), dump(target, 15)) == (before, empty)
    run_follow(source, target, tmp_path / "state")
    run_sql(source, "UPDATE person SET mail = 'a@B'", "INSERT INTO sorted VALUES ('b')")
    assert run_cutover(source, target, tmp_path / "state").phase == "switched"
    assert read_rows(target) == read_rows(source)


@pytest.mark.parametrize("point", thinned(["after loaded", "prepared", "proven"]))
def test_a_rehearsal_that_fails_is_begun_again(cluster: Find, tmp_path: Path, point: str) -> None:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    make(source)
    before = dump(source, 15)

    def fail(name: str) -> None:
        if name == point:
            raise HomeportError("power cut")

    with pytest.raises(HomeportError, match="power cut"):
        rehearse(source, target, tmp_path / "state", CutoverOptions(None), lambda text: None, at=fail)
    rehearse(source, target, tmp_path / "state", CutoverOptions(None), lambda text: None)
    assert dump(source, 15) == before


def test_a_target_that_holds_something_is_not_rehearsed_into(cluster: Find, tmp_path: Path) -> None:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    make(source)
    run_sql(target, "CREATE TABLE theirs (id int)")
    before = dump(source, 15), dump(target, 15)
    with pytest.raises(HomeportError, match="is not empty: it holds TABLE public.theirs") as caught:
        rehearse(source, target, tmp_path / "state", CutoverOptions(None), lambda text: None)
    assert "--into-nonempty" not in str(caught.value.hint)
    assert (dump(source, 15), dump(target, 15)) == before


def test_the_target_of_a_real_move_is_not_rehearsed_into(cluster: Find, tmp_path: Path) -> None:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    make(source)
    run_follow(source, target, tmp_path / "state")
    with pytest.raises(HomeportError, match="is the target of a move already"):
        rehearse(source, target, tmp_path / "state", CutoverOptions(None), lambda text: None)
    with connect(target, application="test") as connection:
        assert connection.execute("SELECT count(*) FROM homeport.done").fetchall() != [(0,)]
