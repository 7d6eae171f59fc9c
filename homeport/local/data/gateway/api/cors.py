"""CorsConfiguration and an origin → the headers that a browser needs.

Rules: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html. The gateway answers preflights
itself and replaces what an integration says. On this machine there is no TLS in front, so an allowed origin on
loopback is compared without its scheme.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from homeport.local.data.http.message import Headers, Request, Response

PREFIX = "access-control-"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Cors:
    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    exposed: tuple[str, ...]
    credentials: bool
    max_age_seconds: int


def compile_cors(configuration: Mapping[str, Any] | None) -> Cors | None:
    """None when the API has no CORS configuration: then integrations answer for themselves."""
    if not configuration:
        return None
    return Cors(
        origins=tuple(configuration.get("AllowOrigins") or ()),
        methods=tuple(configuration.get("AllowMethods") or ()),
        headers=tuple(configuration.get("AllowHeaders") or ()),
        exposed=tuple(configuration.get("ExposeHeaders") or ()),
        credentials=bool(configuration.get("AllowCredentials")),
        max_age_seconds=int(configuration.get("MaxAge") or 0),
    )


def is_preflight(request: Request) -> bool:
    if request.method != "OPTIONS":
        return False
    return bool(request.header("origin") and request.header("access-control-request-method"))


def preflight(cors: Cors, request: Request) -> Response:
    """204, with permission only for an allowed origin."""
    headers = _permission(cors, request.header("origin"))
    if headers:
        for name, values in (("allow-methods", cors.methods), ("allow-headers", cors.headers)):
            if values:
                headers.append((PREFIX + name, ",".join(values)))
        if cors.max_age_seconds:
            headers.append((PREFIX + "max-age", str(cors.max_age_seconds)))
    return Response(204, headers)


def with_cors(cors: Cors, origin: str, headers: Headers) -> Headers:
    """A response's headers with the API's CORS headers in place of the integration's."""
    kept = [pair for pair in headers if not pair[0].startswith(PREFIX)]
    permission = _permission(cors, origin) if origin else []
    if permission and cors.exposed:
        permission.append((PREFIX + "expose-headers", ",".join(cors.exposed)))
    return kept + permission


def _permission(cors: Cors, origin: str) -> Headers:
    if "*" in cors.origins:
        allowed = "*"
    elif any(_same_origin(pattern, origin) for pattern in cors.origins):
        allowed = origin
    else:
        return []
    headers = [(PREFIX + "allow-origin", allowed)]
    if cors.credentials:
        headers.append((PREFIX + "allow-credentials", "true"))
    return headers


def _same_origin(pattern: str, origin: str) -> bool:
    if pattern == origin or ("*" in pattern and fnmatchcase(origin, pattern)):
        return True
    allowed, asked = urlsplit(pattern), urlsplit(origin)
    return asked.hostname in _LOOPBACK and bool(asked.netloc) and allowed.netloc == asked.netloc
