"""A target whose disk fills up says so; with more room, the same command ends the copy. Needs the right to mount."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql
from tests.postgres.copy.both import read_rows, run_copy

pytestmark = pytest.mark.integration
Find = Callable[..., Cluster]


@pytest.fixture
def small_disk(cluster: Find) -> Iterator[Path]:
    """A file system of 24 MB that the server may write."""
    folder = cluster("15").folder / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        shutil.chown(folder, cluster("15").data.owner(), cluster("15").data.group())
        yield folder
    finally:
        cluster("15").stop()
        subprocess.run(["umount", folder], check=True)
        cluster("15").close()


def test_a_full_disk_is_told_and_the_copy_ends_when_there_is_room(
    cluster: Find, small_disk: Path, tmp_path: Path
) -> None:
    source = heroku_like(cluster("15"))
    make = "INSERT INTO t SELECT i, repeat(md5(i::text), 20) FROM generate_series(1, 40000) i"
    run_sql(source, "CREATE TABLE t (id int PRIMARY KEY, v text)", make)
    cluster("15").execute(f"CREATE TABLESPACE small LOCATION '{small_disk}'")
    target = rds_like(cluster("15"), options="TABLESPACE small")
    with pytest.raises(HomeportError, match="No space left on device") as caught:
        run_copy(source, target, tmp_path / "state")
    assert caught.value.hint == "free or add disk on the target, then start again"
    subprocess.run(["mount", "-o", "remount,size=200m", small_disk], check=True)
    run_copy(source, target, tmp_path / "state")
    assert read_rows(target) == read_rows(source)
