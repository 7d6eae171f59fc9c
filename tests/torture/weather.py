"""What happens around the tool: connections are cut, servers restart or crash, the target's disk is full."""

import contextlib
import random
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.postgres.clusters import Cluster
from tests.torture.proxy import Proxy

DISK = "4g"
TRIES = 20
CUT = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name LIKE 'homeport %' AND datname = '{database}'"""


@dataclass(frozen=True)
class Place:
    """One side: its server, the proxy through which the tool comes, and the database."""

    cluster: Cluster
    proxy: Proxy
    database: str


class Weather:
    """`source` and `target`, and what can be done to them. `disk` is the target's, if it can be filled."""

    def __init__(self, places: Mapping[str, Place], disk: Path | None) -> None:
        self._places, self._disk = places, disk

    def kinds(self) -> list[str]:
        """What can happen, mild things more often."""
        mild = [f"{what} {side}" for what in ("cut", "drop") for side in self._places]
        rare = [f"{what} {side}" for what in ("restart", "crash") for side in self._places]
        return mild * 2 + rare + (["fill target"] if self._disk else [])

    def strike(self, kind: str, chance: random.Random) -> None:
        """Let it happen; when this returns it is over, what it did is not."""
        what, _, side = kind.partition(" ")
        place = self._places[side]
        if what == "cut":
            place.cluster.execute(CUT.format(database=place.database))
        elif what == "drop":
            place.proxy.drop()
        elif what == "fill":
            with self.full_disk():
                time.sleep(chance.uniform(0.5, 2.0))
        else:
            place.cluster.stop("fast" if what == "restart" else "immediate")
            time.sleep(chance.uniform(0.0, 1.0))
            place.cluster.start()

    @contextlib.contextmanager
    def full_disk(self) -> Iterator[None]:
        """The disk is as large as what is on it, until this ends."""
        assert self._disk
        for _ in range(TRIES):  # it cannot be made smaller than what is on it, which may have grown since
            used = shutil.disk_usage(self._disk).used
            if _mount("-o", f"remount,size={max(used, 4096)}", str(self._disk)):
                break
        try:
            yield
        finally:
            assert _mount("-o", f"remount,size={DISK}", str(self._disk))


@contextlib.contextmanager
def small_disk(cluster: Cluster) -> Iterator[Path | None]:
    """A disk for the target's databases, tablespace `small`; None where this user may not mount one.

    The server's log and its other databases are elsewhere, as a server needs them to live on.
    """
    folder = cluster.folder / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", folder], capture_output=True).returncode:
        yield None
        return
    try:
        shutil.chown(folder, cluster.data.owner(), cluster.data.group())
        cluster.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
        cluster.execute("GRANT CREATE ON TABLESPACE small TO PUBLIC")
        yield folder
    finally:
        cluster.stop("immediate")
        subprocess.run(["umount", str(folder)], check=True)


def _mount(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True).returncode == 0
