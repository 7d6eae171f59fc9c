"""A copy that is killed, or loses its servers, at any instant ends with the right database when it is started again."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.postgres.server import Server
from tests.postgres.clusters import Cluster, heroku_like, rds_like
from tests.postgres.copy.both import EVERYTHING, load_sql, read_rows, read_schema, run_copy
from tests.postgres.long import thinned

pytestmark = pytest.mark.integration
Find = Callable[..., Cluster]
# A copy in a process of its own that kills itself with SIGKILL at the given point, or runs to the end.
CHILD = Path(__file__).with_name("killed_child.py")
POINTS = [
    "locked",
    "cleaned",
    "restored",
    "before rows public.child",
    "after rows public.child",
    "before loaded",
    "after loaded",
    "before build public.child",
    "after build public.parent",
    "before keys public.parent",
    "after keys public.parent",
    "before foreign keys public.child",
    "after analyze public.parent",
    "before check foreign keys public.child",
    "after refresh public.z_first",
    "after sequences",
    "before rest",
    "after rest",
]


# The points of a table that is not small; no other is of this kind.
APART = (["index"], ["keys"], ["analyze"], ["check"])


def options(point: str) -> dict[str, int]:
    """Of a copy that comes to this point: the tables of the tests are all small."""
    return {"small_bytes": 0} if point.split()[1:2] in APART else {}


def start(source: Server, target: Server, state: Path, point: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-W", "ignore", str(CHILD), str(state), point]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[3])
    assert process.stdin
    process.stdin.write(repr((source.__dict__, target.__dict__, options(point))).encode())
    process.stdin.close()
    process.stdin = None  # so that communicate does not close it again
    return process


@pytest.fixture(scope="module")
def source(cluster: Find) -> Server:
    server = heroku_like(cluster("15"))
    load_sql(server, EVERYTHING.read_text())
    return server


@pytest.mark.parametrize("point", thinned(POINTS))
def test_killed_at_a_point_and_started_again(cluster: Find, source: Server, tmp_path: Path, point: str) -> None:
    target = rds_like(cluster("15"))
    process = start(source, target, tmp_path / "state", point)
    _, said = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, said
    run_copy(source, target, tmp_path / "state", **options(point))
    assert read_rows(target) == read_rows(source)
    assert read_schema(target, 15) == read_schema(source, 15)


def test_killed_at_odd_moments_again_and_again(cluster: Find, source: Server, tmp_path: Path) -> None:
    target = rds_like(cluster("15"))
    for moment in (0.6, 0.9, 1.3, 1.7, 2.2):
        process = start(source, target, tmp_path / "state", "never")
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        process.communicate()
    run_copy(source, target, tmp_path / "state")
    assert read_rows(target) == read_rows(source)
    assert read_schema(target, 15) == read_schema(source, 15)


def test_another_machine_takes_over(cluster: Find, source: Server, tmp_path: Path) -> None:
    target = rds_like(cluster("15"))
    process = start(source, target, tmp_path / "here", "after loaded")
    process.communicate()
    report = run_copy(source, target, tmp_path / "there")
    assert read_rows(target) == read_rows(source)
    with sqlite3.connect(tmp_path / "here") as file:
        assert file.execute("SELECT id FROM move").fetchone() == (report.move,)
    file.close()


def test_a_second_copy_at_the_same_time_is_refused(cluster: Find, source: Server, tmp_path: Path) -> None:
    target = rds_like(cluster("15"))
    waiting, go_on = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    def first() -> None:
        from homeport.postgres.copy.run import Options, copy

        def tell(progress: object) -> None:
            waiting.set()
            go_on.wait(30)

        try:
            copy(source, target, tmp_path / "one", Options(), tell)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=first)
    thread.start()
    assert waiting.wait(30)
    with pytest.raises(HomeportError, match="another copy into it is running"):
        run_copy(source, target, tmp_path / "two")
    with pytest.raises(HomeportError, match="another process works on this move"):
        run_copy(source, target, tmp_path / "one")
    go_on.set()
    thread.join()
    assert failures == []
    assert read_rows(target) == read_rows(source)


def test_workers_whose_connections_are_cut_connect_again(cluster: Find, source: Server, tmp_path: Path) -> None:
    target = rds_like(cluster("15"))
    cut: list[str] = []

    def cutting(point: str) -> None:
        if point in ("before rows public.child", "before index public.child_lower") and point not in cut:
            cut.append(point)
            one = "pg_stat_activity WHERE application_name LIKE 'homeport copy %%' AND query NOT LIKE '%%snapshot%%'"
            pids = f"SELECT pg_terminate_backend(pid) FROM {one} AND query LIKE '%public.%' AND datname = "
            cluster("15").execute((pids + f"'{target.database}'").replace("%%", "%"))

    run_copy(source, target, tmp_path / "state", at=cutting, small_bytes=0)
    assert len(cut) == 2
    assert read_rows(target) == read_rows(source)


def test_a_lost_snapshot_is_told_and_the_next_start_begins_anew(cluster: Find, source: Server, tmp_path: Path) -> None:
    target = rds_like(cluster("15"))

    def cutting(point: str) -> None:
        if point == "before rows public.child":
            every = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'homeport copy %'"
            )
            cluster("15").execute(f"{every} AND datname = '{source.database}'")

    with pytest.raises(HomeportError, match="held the copy's snapshot is gone"):
        run_copy(source, target, tmp_path / "state", at=cutting)
    run_copy(source, target, tmp_path / "state")
    assert read_rows(target) == read_rows(source)


@pytest.mark.parametrize(
    "point",
    [
        "before rows public.child",
        "before build public.child",
        "before index public.child_lower",
        "before keys public.parent",
    ],
)
def test_a_target_that_crashes_is_told_and_the_next_start_ends_well(
    cluster: Find, source: Server, tmp_path: Path, point: str
) -> None:
    crashing = cluster("16")
    target = rds_like(crashing)

    def crash(name: str) -> None:
        if name == point:
            crashing.stop("immediate")

    with pytest.raises(HomeportError):
        run_copy(source, target, tmp_path / "state", at=crash, **options(point))
    crashing.start()
    run_copy(source, target, tmp_path / "state", **options(point))
    assert read_rows(target) == read_rows(source)
