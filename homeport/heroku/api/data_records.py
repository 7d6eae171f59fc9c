"""What Heroku's data and metrics hosts say → records. Pure. The data host answers in lines made for people."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from homeport.heroku import records
from homeport.heroku.api import wire

UNITS = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}
SIZE = re.compile(r"([\d.]{1,12})\s*([KMGT]?B)\b", re.IGNORECASE)
EVICTION = "Maxmemory"
STATUS = re.compile(r"status_\dxx")


def convert_postgres(
    addon: wire.WireAddOn,
    found: wire.PostgresInfo,
    schedules: Iterable[wire.BackupSchedule],
    credentials: Iterable[wire.Credential],
) -> records.DatabaseFacts:
    lines = _lines(found.info)
    sizes = read_sizes(lines.get("Data Size", ("",))[0])
    connections = _numbers(lines.get("Connections", ("",))[0])
    return records.DatabaseFacts(
        origin=f"data: client/v11/databases/{addon.name}",
        app=addon.app.name,
        addon=addon.name,
        version=_first_word(lines.get("PG Version", ("",))[0]),
        size_bytes=found.num_bytes if found.num_bytes is not None else next(iter(sizes), None),
        plan_bytes=sizes[1] if len(sizes) > 1 else None,
        tables=next(iter(_numbers(lines.get("Tables", ("",))[0])), None),
        connections=next(iter(connections), None),
        connections_max=connections[1] if len(connections) > 1 else None,
        followers=tuple(_without_url(one) for one in lines.get("Followers", ())),
        backup_schedules=tuple(f"{one.name} daily at {one.hour:02}:00 {one.timezone}" for one in schedules),
        credentials=tuple(one.name for one in credentials if one.name),
    )


def convert_redis(addon: wire.WireAddOn, found: wire.RedisInfo, config: wire.RedisConfig) -> records.CacheFacts:
    lines = _lines(found.info)
    return records.CacheFacts(
        origin=f"data: redis/v0/databases/{addon.name}",
        app=addon.app.name,
        addon=addon.name,
        version=found.version or _first_word(lines.get("Version", ("",))[0]),
        eviction=config.maxmemory_policy.value or _first_word(lines.get(EVICTION, ("",))[0]),
    )


def convert_traffic(app: str, status: wire.Series, latency: wire.Series) -> records.Traffic | records.Doubt | None:
    """Requests of each step; percentiles are those of the steps, weighted by their requests. None: no traffic."""
    place = f"metrics: apps/{app}/router-metrics"
    if not any(status.data.values()):
        return None
    series = [values for name, values in status.data.items() if STATUS.fullmatch(name)]
    start = _time(status.start_time)
    if not series or start is None or status.step <= 0:
        return records.Doubt(place, "has no start, no step or no statuses that are known; traffic counts as unknown")
    steps = max(map(len, series))
    requests = tuple(sum(values[step] or 0.0 for values in series if step < len(values)) for step in range(steps))
    return records.Traffic(
        origin=place,
        app=app,
        type="web",
        start=start,
        step_seconds=status.step * 60,
        requests=requests,
        p50_ms=_weighted(latency.data.get("latency.ms.p50", []), requests),
        p95_ms=_weighted(latency.data.get("latency.ms.p95", []), requests),
    )


def read_sizes(text: str) -> list[int]:
    """Bytes of each size in a text such as `42.3 GB / 256 GB (16.5%)`."""
    found = [(number, UNITS[unit.upper()]) for number, unit in SIZE.findall(text)]
    return [round(float(number) * unit) for number, unit in found if number.count(".") <= 1 and number != "."]


def _lines(info: Iterable[wire.InfoLine]) -> dict[str, tuple[str, ...]]:
    return {line.name: tuple(map(str, line.values)) for line in info if line.values}


def _numbers(text: str) -> list[int]:
    return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]{0,17}", text, re.ASCII)]


def _first_word(text: str) -> str:
    return text.split()[0] if text.split() else ""


def _without_url(text: str) -> str:
    """A name; of a URL, the host alone."""
    return str(wire.host_of(text)) if "://" in text else text


def _weighted(values: list[float | None], weights: tuple[float, ...]) -> float | None:
    pairs = [(value, weight) for value, weight in zip(values, weights, strict=False) if value is not None and weight]
    total = sum(weight for _, weight in pairs)
    return round(sum(value * weight for value, weight in pairs) / total, 1) if total else None


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
