"""A cache that each process has for itself."""

import pytest

from tests.doctor.cases import find, places, project

RULE = "process-cache"


@pytest.mark.parametrize("backend", ["locmem.LocMemCache", "filebased.FileBasedCache"])
def test_a_cache_that_is_not_shared_is_found(backend: str) -> None:
    (found,) = find(
        RULE, project(f"CACHES = {{\n    'default': {{'BACKEND': 'django.core.cache.backends.{backend}'}}\n}}\n")
    )
    assert (found.place, found.severity) == ("web/settings.py:1", "warning")


@pytest.mark.parametrize(
    "settings",
    [
        "",
        "CACHES = {'default': {'BACKEND': 'django.core.cache.backends.redis.RedisCache'}}\n",
        "if URL:\n    CACHES = {'a': 'x.RedisCache'}\nelse:\n    CACHES = {'a': 'LocMemCache'}\n",
    ],
)
def test_a_cache_that_is_shared_is_fine(settings: str) -> None:
    assert places(RULE, project(settings)) == []
