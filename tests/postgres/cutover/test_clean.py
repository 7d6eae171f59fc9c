"""After a clean, pg_dump writes what it wrote before the move."""

from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.postgres.cutover.clean import clean
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql
from tests.postgres.copy.both import read_schema
from tests.postgres.cutover.sides import dump, is_fenced, make, run_cutover, run_follow

pytestmark = pytest.mark.integration
Find = Callable[..., Cluster]


@pytest.mark.parametrize("switched", [False, True])
def test_nothing_of_ours_is_left_on_either_side(cluster: Find, tmp_path: Path, switched: bool) -> None:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    make(source)
    before = dump(source, 15)
    run_follow(source, target, tmp_path / "state")
    if switched:
        run_cutover(source, target, tmp_path / "state")
    said: list[str] = []
    clean(source, target, tmp_path / "state", said.append)
    assert dump(source, 15) == before
    assert any("takes writes again" in line for line in said) == switched
    assert run_sql(target, "SELECT to_regnamespace('homeport') IS NOT NULL") == [(True,)]
    clean(source, target, tmp_path / "state", said.append, of_target=True)
    assert "homeport" not in dump(target, 15)
    assert read_schema(target, 15) == read_schema(source, 15)
    assert not is_fenced(target)


def test_a_clean_is_refused_in_the_middle_of_a_cutover(cluster: Find, tmp_path: Path) -> None:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    make(source)
    run_follow(source, target, tmp_path / "state")
    with pytest.raises(HomeportError, match="the switch"):
        run_cutover(source, target, tmp_path / "state", switch="false")
    with pytest.raises(HomeportError, match="in the middle of a cutover"):
        clean(source, target, tmp_path / "state", lambda text: None)
    assert is_fenced(source)


def test_a_source_whose_target_is_gone_is_cleaned_all_the_same(cluster: Find, tmp_path: Path) -> None:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    make(source)
    before = dump(source, 15)
    run_follow(source, target, tmp_path / "state")
    cluster("15").execute(f"DROP DATABASE {target.database} WITH (FORCE)")
    other = rds_like(cluster("15"))
    with pytest.raises(HomeportError, match="are captured for .*, not for"):
        clean(source, other, tmp_path / "other", lambda text: None)
    clean(source, target, tmp_path / "state", lambda text: None)
    assert dump(source, 15) == before


def test_a_fenced_source_whose_target_is_gone_is_not_opened_in_passing(cluster: Find, tmp_path: Path) -> None:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    make(source)
    run_follow(source, target, tmp_path / "state")
    run_cutover(source, target, tmp_path / "state")
    cluster("15").execute(f"DROP DATABASE {target.database} WITH (FORCE)")
    with pytest.raises(HomeportError, match="is fenced, and its target is away"):
        clean(source, target, tmp_path / "state", lambda text: None)
    assert is_fenced(source)
