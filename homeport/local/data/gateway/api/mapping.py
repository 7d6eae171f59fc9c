"""An integration's request and response parameters → changes of a message's headers, query and path.

Rules: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from homeport.local.data.gateway.api.call import Call, variable
from homeport.local.data.http.message import Headers, Response

_KEY = re.compile(r"(append|overwrite|remove):(header|querystring)\.(.+)")
_REFERENCE = re.compile(r"\$\{([^}]+)\}|\$((?:request|context|stageVariables|response)(?:\.[A-Za-z0-9_\-\[\]:]+)*)")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f]")
_RESERVED = re.compile(
    r"access-control-.*|apigw-.*|authorization|connection|content-encoding|content-length|content-location|forwarded"
    r"|keep-alive|origin|proxy-authenticate|proxy-authorization|te|trailers|transfer-encoding|upgrade|x-amz-.*|x-amzn-.*"
    r"|x-forwarded-for|x-forwarded-host|x-forwarded-proto|via"
)

Value = Callable[[str], str | None]  # variable name → its value


@dataclass(frozen=True)
class Change:
    action: str  # append, overwrite, remove
    place: str  # header, querystring, path, statuscode
    name: str
    value: str


@dataclass(slots=True)
class Parts:
    """The parts of a request that can be mapped. `path` is in escaped form; None for a mapping that left it alone."""

    headers: Headers
    query: str
    path: str | None = None


def compile_changes(parameters: Mapping[str, str] | None) -> tuple[Change, ...]:
    """Keys that AWS would refuse (reserved headers) change nothing."""
    changes = []
    for key, value in (parameters or {}).items():
        if key in ("overwrite:path", "overwrite:statuscode"):
            changes.append(Change("overwrite", key.partition(":")[2], "", str(value)))
        elif match := _KEY.fullmatch(key):
            action, place, name = match.groups()
            name = name.lower() if place == "header" else name
            if place != "header" or not _RESERVED.fullmatch(name):
                changes.append(Change(action, place, name, str(value)))
    return tuple(changes)


def compile_response_changes(parameters: Mapping[str, Any] | None) -> dict[int, tuple[Change, ...]]:
    return {int(status): compile_changes(changes) for status, changes in (parameters or {}).items()}


def needs_body(changes: tuple[Change, ...]) -> bool:
    return any("request.body" in change.value for change in changes)


def map_request(changes: tuple[Change, ...], call: Call, parts: Parts) -> None:
    def value(name: str) -> str | None:
        return variable(call, name)

    for change in changes:
        if change.place == "path":
            parts.path = _escaped_path(_fill(change.value, value) or "/")
        elif change.place == "header":
            parts.headers = _change_pairs(change, parts.headers, value)
        elif change.place == "querystring":
            pairs = parse_qsl(parts.query, keep_blank_values=True)
            parts.query = urlencode(_change_pairs(change, pairs, value), quote_via=quote)


def map_response(changes: tuple[Change, ...], call: Call, response: Response) -> None:
    received = {name: text for name, text in reversed(response.headers)}

    def value(name: str) -> str | None:
        if name.startswith("response.header."):
            return received.get(name.removeprefix("response.header.").lower())
        return variable(call, name)

    for change in changes:
        if change.place == "header":
            response.headers = _change_pairs(change, response.headers, value)
        elif change.place == "statuscode":
            status = _fill(change.value, value) or ""
            response.status = int(status) if re.fullmatch(r"[2-5]\d\d", status) else response.status


def _change_pairs(change: Change, pairs: Headers, value: Value) -> Headers:
    if change.action == "remove":
        return [pair for pair in pairs if pair[0] != change.name]
    filled = _fill(change.value, value)
    if filled is None:  # a variable without a value maps nothing
        return pairs
    if change.action == "overwrite":
        pairs = [pair for pair in pairs if pair[0] != change.name]
    return [*pairs, (change.name, filled)]


def _fill(template: str, value: Value) -> str | None:
    """The template with its variables' values; None when it is a single variable that has none."""
    if (whole := _REFERENCE.fullmatch(template)) is not None:
        found = value(_name(whole))
        return None if found is None else _UNSAFE.sub("", found)
    return _UNSAFE.sub("", _REFERENCE.sub(lambda match: value(_name(match)) or "", template))


def _name(match: re.Match[str]) -> str:
    return (match.group(1) or match.group(2)).removeprefix("$")


def _escaped_path(path: str) -> str:
    path = path if path.startswith("/") else "/" + path
    return quote(path, safe="/:@!$&'()*+,;=-._~%")
