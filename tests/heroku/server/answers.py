"""A request → the reply of Heroku's Platform API for a team. No sockets here: `serve.py` gives it some.

Kept as Heroku keeps them: tokens and scopes, the limit of calls, `Range` paging with 206, ETags, variants of `Accept`,
two-factor codes, request ids. `Faults` makes it fail in the ways in which Heroku and networks do.
"""

import hashlib
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from tests.heroku.server import shapes
from tests.heroku.server.app_payloads import NotFound
from tests.heroku.server.parts import HerokuTeam
from tests.heroku.server.payloads import BODIES

TOKEN = "HRKU-good-token"
TOKEN_WITHOUT_CONFIG = "HRKU-token-of-scope-read"
TOKEN_EXPIRED = "HRKU-expired-token"
PROTECTED = ("/config-vars", "/config-vars-settings")  # need the scope read-protected
CAPACITY, PER_SECOND = 4500, 75 / 60
SERVED_BEFORE_IT_VANISHES = 3  # calls of the app that is about to be deleted

PATTERNS = {
    link: re.compile("^" + re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(link.partition(" ")[2])) + "$")
    for link in BODIES
}


@dataclass(frozen=True)
class Request:
    """`host` is one of api, data, metrics, github."""

    method: str
    host: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case


@dataclass(frozen=True)
class Reply:
    """Status 0: the connection is dropped."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Faults:
    """Numbers of requests, from 1, where a range is given."""

    limited: range = range(0)  # 429
    unavailable: range = range(0)  # 503
    dropped: range = range(0)  # the connection is lost
    broken_paths: tuple[str, ...] = ()  # always 503
    forbidden_apps: tuple[str, ...] = ()
    forbidden_paths: tuple[str, ...] = ()
    vanishing_app: str = ""
    two_factor_code: str = ""
    is_suspended: bool = False
    metrics_days: int = 7
    page_max: int = 1000
    bodies: Mapping[str, Any] = field(default_factory=dict)  # by `host /path`: said instead, unchecked


class Answers:
    """`seen` holds every request. `limit_met` counts answers of 429 because calls were used up."""

    def __init__(
        self,
        team: HerokuTeam,
        faults: Faults | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        is_checked: bool = True,
    ) -> None:
        self.team, self.faults = team, faults or Faults()
        self.seen: list[Request] = []
        self.limit_met = 0
        self.mistakes: list[str] = []  # of the team's data, against the schema
        self.not_modified = 0
        self._clock, self._is_checked = clock, is_checked
        self._left, self._at = float(CAPACITY), clock()
        self._of_app: Counter[str] = Counter()
        self._lock = threading.Lock()

    def reply(self, request: Request) -> Reply:
        """What Heroku says."""
        with self._lock:
            self.seen.append(request)
            number = len(self.seen)
            refused = self._refuse(request, number)
            reply = refused or self._answer(request)
            headers = {"Request-Id": f"request-{number}", "RateLimit-Remaining": str(int(self._left)), **reply.headers}
            return Reply(reply.status, reply.body, headers)

    def calls_by_app(self) -> Counter[str]:
        """How many requests were for an app, or for an add-on that is billed to it, by the app's name."""
        owners = {key: addon.app for key, addon in self.team.addons_by_key.items()}
        owners |= {key: app.name for key, app in self.team.apps_by_key.items()}
        found = (re.match(r"/(?:.*/databases|apps)/([^/]+)", request.path) for request in self.seen)
        return Counter(owners[match[1]] for match in found if match and match[1] in owners)

    def _refuse(self, request: Request, number: int) -> Reply | None:
        faults = self.faults
        if number in faults.dropped:
            return Reply(0)
        if number in faults.unavailable or request.path.endswith(faults.broken_paths or ("//",)):
            return _error(503, "service_unavailable", "Our systems are having a rest.")
        if request.method != "GET":
            return _error(405, "method_not_allowed", f"{request.method} is not allowed.")
        return self._refuse_token(request) or self._count(number) or self._refuse_app(request)

    def _refuse_token(self, request: Request) -> Reply | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token == TOKEN_EXPIRED:
            return _error(401, "unauthorized", "The access token provided has expired.")
        if token not in (TOKEN, TOKEN_WITHOUT_CONFIG):
            return _error(401, "unauthorized", "Invalid credentials provided.")
        code = self.faults.two_factor_code
        if code and request.headers.get("heroku-two-factor-code") != code:
            return _error(403, "two_factor", "A second authentication factor is needed.")
        if token == TOKEN_WITHOUT_CONFIG and request.path.endswith(PROTECTED):
            return _error(403, "forbidden", "This token lacks the scope read-protected.")
        return None

    def _count(self, number: int) -> Reply | None:
        now = self._clock()
        self._left = min(CAPACITY, self._left + (now - self._at) * PER_SECOND)
        self._at = now
        if self._left < 1:
            self.limit_met += 1
        if self._left < 1 or number in self.faults.limited:
            return _error(429, "rate_limit", "Your account reached the API rate limit.")
        self._left -= 1
        return None

    def _refuse_app(self, request: Request) -> Reply | None:
        faults = self.faults
        match = re.match(r"/apps/([^/]+)", request.path)
        found = self.team.apps_by_key.get(unquote(match[1])) if match else None
        app = found.name if found else ""
        if app in faults.forbidden_apps or request.path.endswith(faults.forbidden_paths or ("//",)):
            return _error(403, "forbidden", "You do not have access to it.")
        self._of_app[app] += 1
        if app and app == faults.vanishing_app and self._of_app[app] > SERVED_BEFORE_IT_VANISHES:
            return _error(404, "not_found", "Couldn't find that app.")
        return None

    def _answer(self, request: Request) -> Reply:
        link, path = _route(request)
        if not link or not _is_variant(link, request):
            return _error(404, "not_found", "The requested API endpoint was not found.")
        if f"{request.host} {request.path}" in self.faults.bodies:
            return Reply(200, json.dumps(self.faults.bodies[f"{request.host} {request.path}"]).encode())
        if link.startswith("metrics") and _days(request) > self.faults.metrics_days:
            return _error(400, "bad_request", "The time range is longer than what is kept.")
        try:
            body = BODIES[link](self.team, path)
        except NotFound:
            return _error(404, "not_found", "Couldn't find that.")
        if link == "api /account" and self.faults.is_suspended:
            body |= {"suspended_at": "2026-11-01T00:00:00Z"}
        try:
            return self._page(request, shapes.fill(link, body) if self._is_checked else body)
        except ValueError as error:
            self.mistakes.append(str(error))
            raise

    def _page(self, request: Request, body: Any) -> Reply:
        """The part of a list that `Range` asks for, with 206 if there is more; 304 if nothing has changed."""
        headers: dict[str, str] = {}
        status = 200
        if isinstance(body, list):
            wanted = request.headers.get("range", "")
            if wanted and body and wanted.split()[0] not in body[0]:
                return _error(416, "bad_range", "This list cannot be cut by that.")
            body, after = _cut(body, wanted or "id ..;", self.faults.page_max)
            if after:
                status, headers["Next-Range"] = 206, after
        content = json.dumps(body).encode()
        headers["ETag"] = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        if request.headers.get("if-none-match") == headers["ETag"]:
            self.not_modified += 1
            return Reply(304, b"", headers)
        return Reply(status, content, headers)


def _route(request: Request) -> tuple[str, dict[str, str]]:
    extra = {**request.query, "expansion": request.headers.get("accept-expansion", "")}
    for link, pattern in PATTERNS.items():
        if link.startswith(f"{request.host} ") and (match := pattern.match(request.path)):
            return link, {**extra, **{name: unquote(one) for name, one in match.groupdict().items()}}
    return "", {}


def _is_variant(link: str, request: Request) -> bool:
    version = shapes.LINKS[link].get("version")
    return version is None or f"version={version}" in request.headers.get("accept", "")


def _days(request: Request) -> float:
    if "start_time" not in request.query:
        return 0.0
    start, end = (datetime.fromisoformat(request.query[key]) for key in ("start_time", "end_time"))
    return (end - start).total_seconds() / 86400


def _cut(body: list[Any], wanted: str, page_max: int) -> tuple[list[Any], str]:
    """`id ..; max=10;`, `id ]x..; max=10;`, `version ..; order=desc, max=1;`"""
    match = re.fullmatch(r"(\w+) (?:\](.*?))?\.\.;? ?(?:order=(desc),? ?)?(?:max=(\d+))?;?", wanted)
    if match is None or (body and match[1] not in body[0]):
        return body, ""
    key, after, order, most = match[1], match[2], match[3], min(int(match[4] or 200), page_max)
    rows = sorted(body, key=lambda row: row[key], reverse=order == "desc")
    if after:
        rows = [row for row in rows if str(row[key]) > after]
    more = f"{key} ]{rows[most - 1][key]}..; max={most};" if len(rows) > most and not order else ""
    if order and len(rows) > most:
        more = f"{key} ..{rows[most][key]}; order=desc, max={most};"
    return rows[:most], more


def _error(status: int, kind: str, message: str) -> Reply:
    return Reply(status, json.dumps({"id": kind, "message": message, "url": "https://devcenter.example/"}).encode())
