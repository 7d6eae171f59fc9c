"""Clusters that tests share: each major version is started when it is first asked for, and empty for each module."""

from collections.abc import Callable, Iterator

import pytest

from tests.postgres.clusters import Cluster

RUNNING_MAX = 2  # clusters at a time; the others are stopped, and started again when they are asked for
Key = tuple[object, ...]


@pytest.fixture(scope="session")
def clusters() -> Iterator[dict[Key, Cluster]]:
    """Those that are there, the latest last."""
    made: dict[Key, Cluster] = {}
    yield made
    for each in made.values():
        each.close()


@pytest.fixture(scope="module")
def cluster(clusters: dict[Key, Cluster]) -> Iterator[Callable[..., Cluster]]:
    """`cluster("15")`: the running server of a major version; settings (`wal_level="logical"`) make another."""

    def find(major: str, **settings: str) -> Cluster:
        key = (major, *sorted(settings.items()))
        one = clusters.pop(key, None) or Cluster(major, settings)
        clusters[key] = one
        for other in [each for each in clusters.values() if each.is_running and each is not one][: -RUNNING_MAX + 1]:
            other.stop()
        if not one.is_running:
            one.start()
        return one

    yield find
    for key, each in list(clusters.items()):
        if not each.reset():
            clusters.pop(key).close()
