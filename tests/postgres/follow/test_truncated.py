"""A TRUNCATE waits for every reader of its table, and every new reader waits for it: nobody may wait in a circle."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.postgres.server import Server
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql
from tests.postgres.follow.both import are_equal, fill, run_follow

pytestmark = pytest.mark.integration
Find = Callable[..., Cluster]
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
EMPTY = "TRUNCATE emptied; INSERT INTO emptied VALUES (5, 'five')"


@pytest.fixture
def sides(cluster: Find) -> tuple[Server, Server]:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    fill(source)
    return source, target


@pytest.mark.parametrize("moment", ["cleaned", "before rows public.emptied", "after rows public.emptied"])
def test_a_table_emptied_while_rows_are_copied_neither_waits_nor_is_lost(
    sides: tuple[Server, Server], tmp_path: Path, moment: str
) -> None:
    source, target = sides

    def empty(point: str) -> None:
        if point == moment:
            run_sql(source, "SET lock_timeout = '10s'", EMPTY)

    run_follow(source, target, tmp_path / "state", at=empty)
    assert run_sql(target, "SELECT id FROM emptied") == [(5,)]
    assert are_equal(source, target)


def test_a_delta_goes_on_though_a_table_that_it_reads_is_about_to_be_emptied(
    sides: tuple[Server, Server], tmp_path: Path
) -> None:
    source, target = sides
    run_sql(source, "ALTER TABLE emptied ALTER v SET DEFAULT 'none'")  # who asks for it is kept waiting by the TRUNCATE
    run_follow(source, target, tmp_path / "state")
    run_sql(source, "UPDATE emptied SET v = 'changed'")
    emptying = threading.Thread(target=run_sql, args=[source, "SET lock_timeout = '20s'", EMPTY])

    def empty(point: str) -> None:
        if point == "delta begun" and not emptying.ident:
            emptying.start()
            wait_until_somebody_waits(source)

    said: list[str] = []
    run_follow(source, target, tmp_path / "state", said=said, at=empty)
    assert not [line for line in said if "trying again" in line]
    emptying.join()
    run_follow(source, target, tmp_path / "state")
    assert run_sql(target, "SELECT id FROM emptied") == [(5,)]
    assert are_equal(source, target)


def wait_until_somebody_waits(server: Server) -> None:
    until = time.monotonic() + 20
    while run_sql(server, WAITING) == [(0,)]:
        assert time.monotonic() < until
        time.sleep(0.02)
