"""CloudWatch Logs: the newest events of each group are kept in memory; moto keeps all, for ever."""

from typing import Any

from homeport.local.control.seams.replace import replace

EVENTS_MAX, EVENTS_SLACK = 10_000, 1_000  # per group; trimmed when the slack is used up


def apply() -> None:
    from moto.logs.models import LogStream

    @replace(LogStream, "put_log_events")
    def put(original: Any, stream: Any, log_events: list[dict[str, Any]]) -> Any:
        token = original(stream, log_events)
        group = stream.log_group
        group.events_kept = getattr(group, "events_kept", 0) + len(log_events)
        if group.events_kept > EVENTS_MAX + EVENTS_SLACK:
            group.events_kept = trim(group, EVENTS_MAX)
        return token


def trim(group: Any, most: int) -> int:
    """Drop the oldest events of a group, and streams left empty by it. How many events are left."""
    streams = list(group.streams.values())
    times = sorted((event.timestamp for stream in streams for event in stream.events), reverse=True)
    if len(times) <= most:
        return len(times)
    oldest = times[most - 1]
    left = 0
    for stream in streams:
        had_events = bool(stream.events)
        stream.events = [event for event in stream.events if event.timestamp >= oldest]
        left += len(stream.events)
        if had_events and not stream.events:
            del group.streams[stream.log_stream_name]
    return left
