"""A file with a traffic profile → a `Profile`: CSV, JSON as Heroku's router metrics are kept, or an access log.

JSON is `{"start": …, "step_seconds": 3600, "requests": […], "p50_ms": …, "p95_ms": …}`, or a list of such with `app`
and `type`, of which one is chosen.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from homeport.cost.simulation.access_log import read_access_log
from homeport.cost.simulation.lines import first_line, read_lines
from homeport.cost.simulation.profile import Profile, find_time, make_profile
from homeport.cost.simulation.traffic_csv import is_header, read_csv
from homeport.errors import HomeportError

JSON_MAX = 100_000_000  # bytes; a year of seconds is half of it


def read_traffic(file: Path, name: str = "") -> Profile:
    """The profile in `file`; of several in a JSON file the one whose app or type is `name`.

    Raises HomeportError with file and line, up to 20 mistakes at once.
    """
    if not file.is_file():
        raise HomeportError(f"{file}: is not a file", "homeport simulate --traffic FILE")
    suffixes = [suffix.lower() for suffix in file.suffixes if suffix.lower() != ".gz"]
    first = first_line(file)
    if suffixes[-1:] == [".json"]:
        return _read_json(file, name)
    if suffixes[-1:] == [".csv"] or is_header(first):
        return read_csv(file)
    return read_access_log(file)


def _read_json(file: Path, name: str) -> Profile:
    if file.stat().st_size > JSON_MAX:
        raise HomeportError(f"{file}: is larger than {JSON_MAX // 1_000_000} MB; expected a JSON profile")
    try:
        document = json.loads(b"\n".join(line for _, line in read_lines(file)))
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise HomeportError(f"{file}:{line}: is not JSON: {getattr(error, 'msg', error)}") from None
    chosen = _choose(document, name, file)
    start, step, requests = chosen.get("start"), chosen.get("step_seconds"), chosen.get("requests")
    if not isinstance(requests, list):
        raise HomeportError(f"{file}: requests: is not a list; expected the requests in each step")
    if not isinstance(step, int | float) or isinstance(step, bool):
        raise HomeportError(f"{file}: step_seconds: is not a number")
    moment = find_time(str(start))
    if moment is None:
        raise HomeportError(f"{file}: start: {start!r} is not a time; expected ISO 8601 or seconds since 1970")
    p50, p95 = chosen.get("p50_ms"), chosen.get("p95_ms")
    percentiles = (float(p50), float(p95)) if isinstance(p50, int | float) and isinstance(p95, int | float) else None
    return make_profile(datetime.fromtimestamp(moment, UTC), int(step), tuple(requests), percentiles, str(file))


def _choose(document: Any, name: str, file: Path) -> dict[str, Any]:
    if isinstance(document, dict):
        return document
    if not isinstance(document, list) or not all(isinstance(item, dict) for item in document) or not document:
        raise HomeportError(f"{file}: is not a profile; expected start, step_seconds and requests")
    of_name = [item for item in document if name and name in (item.get("app"), item.get("type"))]
    found = of_name or (document if len(document) == 1 else [])
    if len(found) != 1:
        names = ", ".join(sorted({str(item.get("app") or item.get("type")) for item in document}))
        raise HomeportError(f"{file}: holds {len(document)} profiles: {names}", "choose one with --service")
    chosen: dict[str, Any] = found[0]
    return chosen
