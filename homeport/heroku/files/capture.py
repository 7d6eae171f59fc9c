"""A folder of saved answers of `heroku … --json` → records, as if the API had been asked.

What a file answers is told by its name: `apps.json`, or `ps-shop.json`, `ps.shop.json`, `shop/ps.json` for the app
`shop`. Error texts instead of JSON are kept as Unreadable. Values of `heroku config --json` are values only.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from homeport.heroku.files import capture_records
from homeport.heroku.files.disk import LOCK_BYTES_MAX, read_text
from homeport.heroku.files.findings import Findings, Place, total
from homeport.heroku.files.pg_info import parse_pg_info, parse_redis_info
from homeport.heroku.records import AddOn, App, CacheFacts, DatabaseFacts, Doubt, Inventory, Record, Unreadable

FILES_MAX = 5_000
TEAM_WIDE = {"app", "apps", "addons", "addon-attachments", "pipeline", "pipelines", "spaces"}
ENDINGS = (".json", ".out", ".txt")
Answer = Callable[[Any, Findings], None]
ANSWERS: dict[str, Answer] = {
    "access": capture_records.keep_collaborators,
    "addon-attachments": capture_records.keep_attachments,
    "addons": capture_records.keep_addons,
    "app": capture_records.keep_app,
    "apps": capture_records.keep_apps,
    "config": capture_records.keep_config,
    "config-keys": capture_records.keep_config,
    "domains": capture_records.keep_domains,
    "drains": capture_records.keep_drains,
    "features": capture_records.keep_features,
    "formation": capture_records.keep_formation,
    "labs": capture_records.keep_features,
    "pipeline": capture_records.keep_pipeline,
    "pipelines": capture_records.keep_pipelines,
    "ps": capture_records.keep_dynos,
    "releases": capture_records.keep_releases,
    "spaces": capture_records.keep_spaces,
    "webhooks": capture_records.keep_webhooks,
}
SYNONYMS = {
    "apps-info": "app", "info": "app", "app-info": "app", "dynos": "ps", "attachments": "addon-attachments",
    "config-vars": "config", "pipelines-info": "pipeline", "collaborators": "access", "log-drains": "drains",
}  # fmt: skip
TEXTS: dict[str, Callable[[str, Findings], None]] = {"pg": parse_pg_info, "redis": parse_redis_info}
TEXT_SYNONYMS = {"pg-info": "pg", "redis-info": "redis"}
SURE = {"ps", "pg", "redis", "formation", "config-keys", "addon-attachments"}  # names that hardly mean anything else
ALONE = {"apps", "addons", "pipelines"}  # one of these, beside no app's name, makes a folder a capture
ERROR = re.compile(r"\s*(?:▸|›|!|Error\b|error:|Couldn|Invalid|You do not|Not logged|Your account|\{\s*\"id\")")
SECRETS = re.compile(r"(?<=://)[^/\s@]+@|\b(?=[\w-]*\d)[\w-]{20,}\b")
REASON_MAX = 200


def is_capture(folder: Path) -> bool:
    """Does a folder hold saved answers of the command line?"""
    return any(kind in ALONE if not app else kind in SURE for _, kind, app in _files(folder))


def read_capture(folder: Path, label: str) -> Inventory:
    """Records of all answers in the folder, and in a folder for each app."""
    parts = []
    for file, kind, app in _files(folder):
        place = Place(f"{label}/{file.relative_to(folder).as_posix()}", app)
        text, doubts = read_text(file, place, LOCK_BYTES_MAX)
        parts.append(Inventory(doubts=doubts))
        if text is not None:
            parts.append(parse_answer(text, kind, place))
    parts.append(_manifest(folder, label))
    return _without_repeats(total(parts), label)


def parse_answer(text: str, kind: str, place: Place) -> Inventory:
    """Records of one answer; `kind` is a key of ANSWERS or TEXTS, `place.app` the app that was asked for."""
    found = Findings(place)
    if not place.app and kind not in TEAM_WIDE:
        found.doubt(0, f"names no app, and {kind} is of one: name the file {kind}-APP")
    if not text.strip():
        found.doubt(0, "is empty: the command gave no answer")
    elif kind in TEXTS:
        _text(text, kind, found)
    else:
        _json(text, kind, found)
    return found.inventory()


def _text(text: str, kind: str, found: Findings) -> None:
    if ERROR.match(text):
        _unreadable(text, kind, found)
    else:
        TEXTS[kind](text, found)


def _json(text: str, kind: str, found: Findings) -> None:
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError) as error:
        if text.lstrip()[:1] in "[{":
            found.doubt(getattr(error, "lineno", 0), "is not whole JSON; it is left out: capture it again")
        else:
            _unreadable(text, kind, found)
        return
    if isinstance(answer, dict) and isinstance(answer.get("message"), str) and isinstance(answer.get("id"), str):
        _unreadable(answer["message"], kind, found)
    else:
        ANSWERS[kind](answer, found)


def _unreadable(text: str, kind: str, found: Findings) -> None:
    """An error text: its first line, without marks, URLs' credentials and anything like a token."""
    lines = (re.sub(r"^[\s▸›!]+", "", line).strip() for line in text[:5_000].split("\n"))
    reason = SECRETS.sub("…", next((line for line in lines if line), "")[:1_000])[:REASON_MAX]
    found.unreadable.append(Unreadable(what=found.place.path, reason=reason or "no answer", app=found.app))


def _files(folder: Path) -> Iterator[tuple[Path, str, str]]:
    """Files with their kind and app, sorted; those of unknown names are left out."""
    files = sorted(file for file in folder.iterdir() if not file.name.startswith("."))[:FILES_MAX]
    for file in files:
        if named := _named(file, ""):
            yield file, *named
        elif file.is_dir() and not file.is_symlink():
            yield from ((inside, *named) for inside in _inside(file) if (named := _named(inside, file.name)))


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(file for file in folder.iterdir() if file.suffix in ENDINGS)[:100]
    except OSError:
        return []


def _named(file: Path, app: str) -> tuple[str, str] | None:
    """Kind and app of a name: the longest kind that it begins with."""
    if file.suffix not in ENDINGS:
        return None
    known = {name: SYNONYMS.get(name, name) for name in (*ANSWERS, *SYNONYMS)}
    texts = {name: TEXT_SYNONYMS.get(name, name) for name in (*TEXTS, *TEXT_SYNONYMS)}
    stem = file.stem.replace(":", "-").replace("_", "-")
    for name in sorted({**known, **texts}, key=len, reverse=True):
        rest = stem.removeprefix(name)
        if rest != stem and (not rest or rest[0] in "-."):
            of_app = file.stem[len(name) + 1 :] if rest else app
            return {**known, **texts}[name], of_app
    return None


def find_answer(file: Path) -> Callable[[str, Place], Inventory] | None:
    """How a single saved answer is read; the app is the one of its name."""
    named = _named(file, "")
    if not named:
        return None
    kind, app = named
    return lambda text, place: parse_answer(text, kind, Place(place.path, app))


def _manifest(folder: Path, label: str) -> Inventory:
    """What the manifest of a capture says has failed."""
    place = Place(f"{label}/manifest.json", "")
    text, doubts = read_text(folder / "manifest.json", place)
    if text is None:
        return Inventory(doubts=doubts)
    try:
        captures = json.loads(text).get("captures", [])
        failed = [entry for entry in captures if entry.get("status") not in ("ok", None)]
        lost = tuple(
            Unreadable(
                what=f"{label}/{entry.get('file') or entry.get('command')}",
                reason=SECRETS.sub("…", str(entry.get("note") or entry["status"])[:1_000])[:REASON_MAX],
                app=_app_of(str(entry.get("command") or "")),
            )
            for entry in failed
        )
    except (ValueError, RecursionError, AttributeError, TypeError, KeyError):
        return Inventory(doubts=(*doubts, Doubt(place.path, "is not the manifest of a capture; it is left out")))
    return Inventory(unreadable=lost, doubts=doubts)


def _app_of(command: str) -> str:
    match = re.search(r"(?:-a|--app)[ =]([\w-]{1,60})", command)
    return match[1] if match else ""


def _without_repeats(found: Inventory, label: str) -> Inventory:
    """`heroku apps` and `heroku apps:info` both tell of an app, `addons` of all and of one: the first is kept."""
    seen: set[object] = set()
    records = []
    for record in found.records:
        key = capture_records.identity(record)
        if key not in seen or key is None:
            records.append(record)
        seen.add(key)
    told = {record.app for record in records if isinstance(record, App)}
    mentioned = sorted({record.app for record in records if record.app} - told)
    records += [App(origin=f"{label}: app {app}", app=app) for app in mentioned]
    records = [_resolved(record, records) for record in records]
    return Inventory(tuple(records), tuple(dict.fromkeys(found.unreadable)), found.doubts, found.values)


def _resolved(record: Record, records: list[Record]) -> Record:
    """pg:info may name a database by its config var; where the app has one add-on of the kind, it is that."""
    if not isinstance(record, DatabaseFacts | CacheFacts):
        return record
    service = "heroku-postgresql" if isinstance(record, DatabaseFacts) else "heroku-redis"
    of_app = [addon for addon in records if isinstance(addon, AddOn) and addon.app == record.app]
    candidates = [addon for addon in of_app if addon.service == service]
    by_variable = [addon for addon in candidates if record.addon in addon.config_vars] or candidates
    if any(addon.name == record.addon for addon in of_app) or len(by_variable) != 1:
        return record
    return replace(record, addon=by_variable[0].name)
