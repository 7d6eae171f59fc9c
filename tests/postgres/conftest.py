"""Clusters that tests of one module share: each major version is started when it is first asked for."""

from collections.abc import Callable, Iterator

import pytest

from tests.postgres.clusters import Cluster

RUNNING_MAX = 2  # clusters at a time; the others are stopped, and started again when they are asked for


@pytest.fixture(scope="module")
def cluster() -> Iterator[Callable[..., Cluster]]:
    """`cluster("15")`: the running server of a major version; settings (`wal_level="logical"`) make another."""
    made: dict[tuple[object, ...], Cluster] = {}

    def find(major: str, **settings: str) -> Cluster:
        key = (major, *sorted(settings.items()))
        one = made.pop(key, None) or Cluster(major, settings)
        made[key] = one  # the latest is the last
        for other in [each for each in made.values() if each.is_running and each is not one][: -RUNNING_MAX + 1]:
            other.stop()
        if not one.is_running:
            one.start()
        return one

    yield find
    for each in made.values():
        each.close()
