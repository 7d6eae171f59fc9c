"""A reader's shelf, kept in the cache. The cache saves time and is never needed: without it the database answers."""

import logging
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

from shelf.models import ShelfEntry

logger = logging.getLogger(__name__)
CACHE_SECONDS = 60  # also the time for which two requests that cross may show an older shelf


def read_shelf(reader: str) -> list[dict[str, Any]]:
    """The reader's books, the latest first."""
    try:
        if (kept := cache.get(_key(reader))) is not None:
            return kept
    except RedisError as error:
        logger.warning("the cache does not answer: %s", error)
        return _from_database(reader)
    shelf = _from_database(reader)
    try:
        cache.set(_key(reader), shelf, CACHE_SECONDS)
    except RedisError as error:
        logger.warning("the cache keeps nothing: %s", error)
    return shelf


def forget(reader: str) -> None:
    """Called when a shelf has changed."""
    try:
        cache.delete(_key(reader))
    except RedisError as error:
        logger.warning("the cache does not answer: %s", error)


def _from_database(reader: str) -> list[dict[str, Any]]:
    return [entry.as_json() for entry in ShelfEntry.objects.filter(reader=reader).select_related("book")]


def _key(reader: str) -> str:
    return f"shelf:{reader}"
