"""The text of `heroku pg:info` and `heroku redis:info` → facts on databases and caches."""

import re
from collections.abc import Iterator

from homeport.heroku.files.findings import Findings
from homeport.heroku.records import CacheFacts, DatabaseFacts

HEADING = re.compile(r"===\s*(.{1,300})")
FIELD = re.compile(r"([A-Z][A-Za-z /-]{1,40}):\s+(.*)")
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?i?B|bytes)", re.IGNORECASE)
UNITS = {"b": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
COUNT = re.compile(r"(\d{1,9})(?:/(\d{1,9}))?")
VERSION = re.compile(r"\d{1,3}(?:\.\d{1,3}){0,2}")


def parse_pg_info(text: str, found: Findings) -> None:
    """A DatabaseFacts for each `=== NAME` of the text; sizes in bytes, as Heroku counts them (1 GB = 1024³)."""
    for line, heading, fields in _sections(text):
        size, _, plan_size = fields.get("Data Size", "").partition("/")
        connections = COUNT.match(fields.get("Connections", ""))
        tables, version = COUNT.match(fields.get("Tables", "")), VERSION.match(fields.get("PG Version", ""))
        found.records.append(
            DatabaseFacts(
                origin=found.at(line),
                app=found.app,
                addon=fields.get("Add-on") or _names(heading)[0],
                version=version[0] if version else "",
                size_bytes=_bytes(size),
                plan_bytes=_bytes(plan_size),
                tables=int(tables[1]) if tables else None,
                connections=int(connections[1]) if connections else None,
                connections_max=int(connections[2]) if connections and connections[2] else None,
                followers=tuple(fields[name] for name in ("Followers", "Following") if fields.get(name)),
            )
        )
    if not found.records:
        found.doubt(0, "has no `=== DATABASE_URL`: it is no answer of pg:info")


def parse_redis_info(text: str, found: Findings) -> None:
    """A CacheFacts for each `=== NAME` of the text."""
    for line, heading, fields in _sections(text):
        version = VERSION.match(fields.get("Version", ""))
        found.records.append(
            CacheFacts(
                origin=found.at(line),
                app=found.app,
                addon=_names(heading)[0],
                version=version[0] if version else "",
                eviction=fields.get("Maxmemory", ""),
            )
        )
    if not found.records:
        found.doubt(0, "has no `=== name (REDIS_URL)`: it is no answer of redis:info")


def _sections(text: str) -> Iterator[tuple[int, str, dict[str, str]]]:
    """Line of the heading, heading, fields."""
    start, heading, fields = 0, "", dict[str, str]()
    for number, line in enumerate([*text.split("\n"), "=== "], start=1):
        if match := HEADING.match(line):
            if heading:
                yield start, heading, fields
            start, heading, fields = number, match[1].strip(), {}
        elif (match := FIELD.match(line)) and heading:
            fields[match[1]] = match[2].strip()
        elif line == "=== " and heading:
            yield start, heading, fields


def _names(heading: str) -> list[str]:
    """`redis-fluffy-1 (REDIS_URL)` or `DATABASE_URL, HEROKU_POSTGRESQL_BLUE_URL` as names."""
    return [name for name in re.split(r"[\s,()]+", heading) if name] or [heading]


def _bytes(text: str) -> int | None:
    match = SIZE.search(text[:60])
    return round(float(match[1]) * UNITS[match[2][0].lower()]) if match else None
