"""Tables whose rows no log can hold are loaded whole: those without columns, and those with too many and no key."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from homeport.errors import HomeportError
from homeport.postgres.cutover.clean import clean
from homeport.postgres.follow.captured import COLUMNS_MAX, Captured, is_whole
from homeport.postgres.follow.run import FollowOptions, open_deltas
from homeport.postgres.server import Server
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql
from tests.postgres.cutover.sides import dump, run_cutover, run_rollback
from tests.postgres.follow.both import are_equal, run_follow

Find = Callable[..., Cluster]
WIDE = ", ".join(f"c{number} int" for number in range(COLUMNS_MAX - 1))
TABLES = (
    "CREATE TABLE account (id int PRIMARY KEY, amount int)",
    "CREATE TABLE noc ()",
    "CREATE TABLE derived (one int GENERATED ALWAYS AS (1) STORED)",
    "CREATE TABLE base ()",
    "CREATE TABLE heir () INHERITS (base)",
    "INSERT INTO account VALUES (1, 1)",
    "INSERT INTO noc DEFAULT VALUES",
    "INSERT INTO heir DEFAULT VALUES",
)
WIDE_TABLES = (
    f"CREATE TABLE wide ({WIDE})",
    f"CREATE TABLE keyed ({WIDE}, PRIMARY KEY (c0))",
    "INSERT INTO wide (c0) VALUES (1), (2)",
    "INSERT INTO keyed (c0) VALUES (1), (2)",
)
CHANGES = (
    "INSERT INTO noc DEFAULT VALUES",
    "DELETE FROM noc WHERE ctid = (SELECT min(ctid) FROM noc)",
    "TRUNCATE noc",
    "INSERT INTO derived DEFAULT VALUES",
    "UPDATE wide SET c1598 = c0 WHERE c0 = 1",
    "DELETE FROM wide WHERE c0 = 2",
    "UPDATE keyed SET c0 = c0 + 10, c7 = 7",
    "DELETE FROM keyed WHERE c0 = 11",
    "DELETE FROM base",  # its heir's rows
)


def test_what_a_log_can_hold_is_not_loaded_whole() -> None:
    columns = tuple(f"c{number}" for number in range(COLUMNS_MAX))
    assert not is_whole(columns[:-2], ())
    assert is_whole(columns[:-1], ())
    assert not is_whole(columns[:-3], columns[:2])
    assert is_whole(columns[:-2], columns[:2])
    assert Captured(1, "public.noc", (), ()).is_whole


@pytest.fixture
def sides(cluster: Find) -> tuple[Server, Server]:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    run_sql(source, *TABLES)
    return source, target


@pytest.mark.integration
def test_each_change_comes_over(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    run_sql(source, *WIDE_TABLES)
    before = dump(source, 15)
    run_follow(source, target, tmp_path / "state")
    assert are_equal(source, target)
    with open_deltas(source, target, tmp_path / "state") as deltas:
        for change in CHANGES:
            run_sql(source, change)
            assert deltas.run().tables == 1, change
            assert are_equal(source, target), change
    run_sql(source, "CREATE TABLE late ()")
    with pytest.raises(HomeportError, match=r"table public\.late: is new"):
        run_follow(source, target, tmp_path / "state")
    run_sql(source, "DROP TABLE late")
    clean(source, target, tmp_path / "state", lambda words: None)
    assert dump(source, 15) == before


@pytest.mark.integration
def test_they_are_fenced_and_proved_and_come_back(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    run_follow(source, target, tmp_path / "state")
    run_sql(target, "INSERT INTO noc DEFAULT VALUES")
    with pytest.raises(HomeportError, match=r"public\.noc: rows differ"):
        run_cutover(source, target, tmp_path / "state")
    run_follow(source, target, tmp_path / "state", options=FollowOptions(reload=("noc",)))
    run_cutover(source, target, tmp_path / "state")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        run_sql(source, "INSERT INTO noc DEFAULT VALUES")
    run_sql(target, "INSERT INTO noc DEFAULT VALUES")
    run_rollback(source, target, tmp_path / "state")
    assert are_equal(source, target)
    assert run_sql(source, "SELECT count(*) FROM noc") == [(2,)]
