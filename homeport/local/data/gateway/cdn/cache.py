"""What origins answered, kept in memory: bounded in bytes, the least recently used goes first."""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from homeport.local.data.http.message import Headers, find

BYTES_MAX = 64 * 1024 * 1024
OBJECT_BYTES_MAX = 8 * 1024 * 1024
_OVERHEAD = 1024  # bytes that an entry takes besides its body
_DIRECTIVE = re.compile(r"\s*([A-Za-z-]+)\s*(?:=\s*\"?([^\",]*)\"?)?")

Key = tuple[str, ...]  # distribution, path, then what varies


@dataclass(frozen=True, slots=True)
class Stored:
    status: int
    headers: Headers
    body: bytes
    stored: float
    fresh_until: float


class Cache:
    """One for all distributions."""

    def __init__(self, bytes_max: int = BYTES_MAX, clock: Callable[[], float] = time.time) -> None:
        self._bytes_max, self.clock = bytes_max, clock
        self._entries: OrderedDict[Key, Stored] = OrderedDict()
        self._bytes = 0

    def find(self, key: Key) -> Stored | None:
        """What is kept, fresh or not."""
        if entry := self._entries.get(key):
            self._entries.move_to_end(key)
            return entry
        return None

    def keep(self, key: Key, entry: Stored) -> None:
        self._drop(key)
        size = len(entry.body) + _OVERHEAD
        if size > min(OBJECT_BYTES_MAX, self._bytes_max):
            return
        self._entries[key] = entry
        self._bytes += size
        while self._bytes > self._bytes_max:
            self._drop(next(iter(self._entries)))

    def invalidate(self, distribution: str, patterns: Iterable[re.Pattern[str]]) -> None:
        compiled = tuple(patterns)
        for key in [key for key in self._entries if key[0] == distribution]:
            if any(pattern.fullmatch(key[1]) for pattern in compiled):
                self._drop(key)

    def forget(self, distribution: str) -> None:
        for key in [key for key in self._entries if key[0] == distribution]:
            self._drop(key)

    @property
    def bytes(self) -> int:
        return self._bytes

    def _drop(self, key: Key) -> None:
        if entry := self._entries.pop(key, None):
            self._bytes -= len(entry.body) + _OVERHEAD


def lifetime_seconds(headers: Headers, ttl: tuple[int, int, int]) -> int:
    """How long an answer may be kept: its own Cache-Control within the behaviour's minimum and maximum.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html
    """
    minimum, default, maximum = ttl
    said = _directives(find(headers, "cache-control"))
    if not said.keys().isdisjoint({"no-store", "no-cache", "private"}):
        return minimum
    for name in ("s-maxage", "max-age"):
        value = said.get(name) or ""
        if value.isdigit():
            return max(minimum, min(int(value[:10]), maximum))
    return max(minimum, min(default, maximum))


def _directives(value: str) -> dict[str, str]:
    return {m.group(1).lower(): m.group(2) or "" for part in value.split(",") if (m := _DIRECTIVE.match(part))}
