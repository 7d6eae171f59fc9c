"""CloudWatch Logs → lines for a terminal. Reads the same API that AWS has, so it works on any account."""

import heapq
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

OVERLAP_MS = 10_000  # events may arrive late, from batches: look back this far and skip what was seen
SEEN_MAX = 20_000


@dataclass(frozen=True, order=True)
class Line:
    """One log event. `source` is what the user calls it: a service, function or `gateway`."""

    at_ms: int
    source: str
    stream: str
    message: str

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.at_ms / 1000, UTC)

    @property
    def process(self) -> str:
        """Which process of a service wrote it: tasks log to `prefix/container/task`. Empty for every other source."""
        parts = self.stream.split("/")
        return parts[0] if len(parts) == 3 else ""


def read_lines(client: Any, groups: Mapping[str, str], *, since_ms: int = 0, last: int = 100) -> list[Line]:
    """The last lines of all groups (`{log group: source}`), oldest first."""
    lines = (line for group, source in groups.items() for _, line in _read(client, group, source, since_ms))
    return sorted(heapq.nlargest(last, lines))


def follow_lines(
    client: Any,
    groups: Callable[[], Mapping[str, str]],
    *,
    since_ms: int,
    wait: Callable[[], bool],
) -> Iterator[Line]:
    """New lines as they come. `wait` pauses between two looks and answers False to end; groups may appear later."""
    seen: set[str] = set()
    order: deque[str] = deque()
    newest = since_ms
    while True:
        start = max(since_ms, newest - OVERLAP_MS)
        found = sorted(
            (line, event)
            for group, source in groups().items()
            for event, line in _read(client, group, source, start)
            if event not in seen
        )
        for line, event in found:
            seen.add(event)
            order.append(event)
            newest = max(newest, line.at_ms)
            yield line
        while len(order) > SEEN_MAX:
            seen.discard(order.popleft())
        if not wait():
            return


def _read(client: Any, group: str, source: str, since_ms: int) -> Iterator[tuple[str, Line]]:
    pages = client.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since_ms)
    try:
        for page in pages:
            for event in page["events"]:
                message = event["message"].rstrip("\n")
                yield event["eventId"], Line(event["timestamp"], source, event["logStreamName"], message)
    except client.exceptions.ResourceNotFoundException:
        return  # declared but not made yet
