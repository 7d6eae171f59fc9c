"""Route keys → the route that answers a request, and its path parameters.

Rules: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html ("Routing API
requests"): a full match first, then a greedy `{name+}`, then `$default`; at each place a fixed segment before a
variable one, the longer greedy prefix before the shorter, the request's own method before ANY. A trailing slash is a
segment of its own: `/books` does not answer `/books/`, but `/books/{rest+}` does.

AWS says that it decodes the path for what stands behind the route, and in recorded events `/a%2Fb` has become `/a/b`
(github.com/fastify/aws-lambda-fastify/issues/169); whether it chooses the route before or after is not documented. Here
an escaped slash is part of its segment, and `other_readings` are what a service may make of it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote

from homeport.local.data.http.message import BadMessage

DEFAULT = "$default"
_VARIABLE = re.compile(r"\{([^{}+]+)(\+?)\}")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_AMBIGUOUS = re.compile(r"%[0-9A-Fa-f]{2}|;|//|^/")
_PARAMETERS = re.compile(r";[^/]*")
_SLASHES = re.compile(r"/{2,}")
_DECODED_MAX = 3


@dataclass(frozen=True)
class RoutePath:
    """One path with the routes of each method: `by_method[method]` is an opaque value of the caller's."""

    key: str
    segments: tuple[str | None, ...]  # None: a variable
    names: tuple[str, ...]
    greedy: bool
    by_method: Mapping[str, str] = field(default_factory=dict)

    @property
    def rank(self) -> tuple[bool, int, tuple[bool, ...]]:
        """Smaller is tried first."""
        fixed = tuple(segment is None for segment in self.segments)
        return (self.greedy, -len(self.segments) if self.greedy else 0, fixed)


@dataclass(frozen=True)
class Routes:
    """Every route of an API. Values are route keys as AWS spells them: `GET /books/{id}`, `$default`."""

    exact: Mapping[tuple[str | None, ...], Mapping[str, str]]
    patterns: tuple[RoutePath, ...]
    has_default: bool

    def find(self, method: str, segments: tuple[str, ...]) -> tuple[str, dict[str, str]] | None:
        """Route key and path parameters, or None. `segments` come from `split_path`."""
        if (methods := self.exact.get(segments)) and (key := _of_method(methods, method)):
            return key, {}
        for path in self.patterns:
            parameters = _match(path, segments)
            if parameters is not None and (key := _of_method(path.by_method, method)):
                return key, parameters
        return (DEFAULT, {}) if self.has_default else None


def compile_routes(route_keys: Iterable[str]) -> Routes:
    methods_of: dict[str, dict[str, str]] = {}
    has_default = False
    for key in route_keys:
        method, _, path = key.partition(" ")
        if key == DEFAULT:
            has_default = True
        elif path.startswith("/"):
            methods_of.setdefault(path[1:], {})[method] = key
    paths = [_route_path(path, methods) for path, methods in methods_of.items()]
    return Routes(
        exact={path.segments: path.by_method for path in paths if not path.names},
        patterns=tuple(sorted((path for path in paths if path.names), key=lambda path: path.rank)),
        has_default=has_default,
    )


@lru_cache(maxsize=512)
def split_path(raw: str) -> tuple[str, ...]:
    """`/a%20b/c` → ("a b", "c"). An escaped slash stays inside its segment.

    Dot segments, backslashes, malformed escapes and NUL are refused with 400: no two servers read them alike.
    """
    if _BAD_ESCAPE.search(raw):
        raise BadMessage("malformed escape in path")
    segments = tuple(unquote(segment) for segment in raw[1:].split("/"))
    for segment in segments:
        if "\x00" in segment or "\\" in segment:
            raise BadMessage("control character or backslash in path")
    _check_dots("/".join(segments).split("/"))
    return segments


@lru_cache(maxsize=512)
def other_readings(segments: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Every other path that the service behind a route may take these segments for; mostly none.

    WSGI hands the decoded path on, so Django splits at an escaped slash; what stands in between may decode once more,
    drop `;parameters`, merge slashes, turn backslashes round. Raises BadMessage for what no honest client sends: a dot
    segment in one of these readings, or more than three layers of escapes.
    """
    path = "/".join(segments)
    if not _AMBIGUOUS.search(path) and path.count("/") == len(segments) - 1:
        return ()
    found: dict[tuple[str, ...], None] = {}
    for _ in range(_DECODED_MAX):
        for text in (path, _PARAMETERS.sub("", path)):
            for reading in (text, _SLASHES.sub("/", text).removeprefix("/")):
                parts = tuple(reading.split("/"))
                _check_dots(parts)
                found[parts] = None
        decoded = unquote(path).replace("\\", "/")
        if decoded == path:
            found.pop(segments, None)
            return tuple(found)
        path = decoded
    raise BadMessage("path escaped too often")


def _check_dots(segments: Iterable[str]) -> None:
    if any(segment in (".", "..") for segment in segments):
        raise BadMessage("dot segment in path")


def _route_path(path: str, methods: Mapping[str, str]) -> RoutePath:
    segments: list[str | None] = []
    names: list[str] = []
    greedy = False
    for segment in path.split("/"):
        variable = _VARIABLE.fullmatch(segment)
        if variable:
            names.append(variable.group(1))
            greedy = bool(variable.group(2))
        segments.append(None if variable else segment)
    return RoutePath(path, tuple(segments), tuple(names), greedy, dict(methods))


def _of_method(methods: Mapping[str, str], method: str) -> str | None:
    return methods.get(method) or methods.get("ANY")


def _match(path: RoutePath, segments: tuple[str, ...]) -> dict[str, str] | None:
    count = len(path.segments)
    if len(segments) < count or (not path.greedy and len(segments) > count):
        return None
    values: list[str] = []
    last = count - 1
    for index, wanted in enumerate(path.segments):
        if wanted is not None:
            if wanted != segments[index]:
                return None
        elif path.greedy and index == last:
            values.append("/".join(segments[index:]))
        elif not segments[index]:
            return None
        else:
            values.append(segments[index])
    return dict(zip(path.names, values, strict=True))
