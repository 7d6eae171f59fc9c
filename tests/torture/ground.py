"""Two servers that rounds share, each behind a proxy, the target's databases on a disk that can be full."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.postgres.clusters import Cluster
from tests.torture.proxy import Proxy
from tests.torture.weather import small_disk

SETTINGS = {"deadlock_timeout": "200ms", "wal_level": "logical"}


@dataclass(frozen=True)
class Ground:
    """`spans`: how long each step took when it was left alone, in seconds: when to kill the next."""

    source: Cluster
    target: Cluster
    source_proxy: Proxy
    target_proxy: Proxy
    disk: Path | None
    spans: dict[str, float] = field(default_factory=dict)


@contextmanager
def open_ground(source_major: str, target_major: str) -> Iterator[Ground]:
    with ExitStack() as stack:
        clusters = [Cluster(major, SETTINGS) for major in (source_major, target_major)]
        for cluster in clusters:
            stack.callback(cluster.close)
        proxies = [Proxy(cluster.port) for cluster in clusters]
        for proxy in proxies:
            stack.callback(proxy.close)
        disk = stack.enter_context(small_disk(clusters[1]))
        yield Ground(clusters[0], clusters[1], proxies[0], proxies[1], disk)
