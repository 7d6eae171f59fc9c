"""Bytes of a message's head → a frozen value; anything that two readers could understand differently is refused.

Rules: RFC 9112 (HTTP/1.1) sections 3, 5 and 6, read strictly: CRLF only, no folded or malformed header lines, one
length.
"""

import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

Headers = list[tuple[str, str]]  # names in lower case

_REQUEST_LINE = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) ([!-~]+) HTTP/1\.([01])\r\n")
_STATUS_LINE = re.compile(r"HTTP/1\.([01]) ([1-5][0-9]{2})(?: ([^\r\n\x00]*))?\r\n")
_FIELD_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_NOT_IN_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_LENGTH = re.compile(r"[0-9]{1,18}")
_HOST = re.compile(r"[A-Za-z0-9._\-]*(?::[0-9]{0,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{0,5})?")
_ABSOLUTE = re.compile(r"https?://[^/?#@]+", re.IGNORECASE)

# Connection-level fields (RFC 9110 section 7.6.1) never travel further; nor do those that we set for each hop.
HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-connection",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "content-length",
        "expect",
        "http2-settings",
    }
)
_OF_HOP = frozenset({"host", "content-length", "transfer-encoding", "connection"})


class BadMessage(Exception):
    """A message that is not passed on. `status` is the answer that its sender deserves."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


class Body(Protocol):
    """A message's content that may still be arriving. `length` is None when its sender did not say."""

    length: int | None

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def read(self, limit: int) -> bytes:
        """All of it; raises BadMessage(413) beyond `limit` bytes."""

    def abort(self) -> None:
        """Give up on the rest."""


@dataclass(slots=True)
class Request:
    """A request as a gateway sees it. `target` is the path and query exactly as sent."""

    method: str
    target: str
    headers: Headers
    body: Body | None = None
    peer: str = "127.0.0.1"
    port: int = 0  # the listener's
    http_1_0: bool = False
    keep_alive: bool = True

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    def header(self, name: str, default: str = "") -> str:
        """First value of a header."""
        return find(self.headers, name, default)


@dataclass(slots=True)
class Response:
    """An answer. `close` ends the connection after it."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes | Body = b""
    close: bool = False


@dataclass(frozen=True, slots=True)
class Framing:
    """How a body's end is found: a length, chunks, or (responses only) the end of the connection."""

    length: int | None = 0
    chunked: bool = False

    @property
    def empty(self) -> bool:
        return self.length == 0


_NO_BODY = Framing()


def find(headers: Iterable[tuple[str, str]], name: str, default: str = "") -> str:
    for key, value in headers:
        if key == name:
            return value
    return default


def parse_request(head: bytes) -> tuple[Request, Framing]:
    """A request's head, through its empty line. Raises BadMessage."""
    text = head.decode("latin-1")
    line = _REQUEST_LINE.match(text)
    if line is None:
        raise BadMessage("malformed request line")
    method, target, minor = line.groups()
    headers = _parse_fields(text, line.end())
    old = minor == "0"
    of_hop = [pair for pair in headers if pair[0] in _OF_HOP]  # few: looked at several times
    _check_host(of_hop, old)
    request = Request(method, _origin_form(target), headers, http_1_0=old, keep_alive=_keep_alive(of_hop, old))
    return request, _framing(of_hop, old) or _NO_BODY


def parse_response(head: bytes, method: str) -> tuple[Response, Framing, bool]:
    """A response's head → response, its body's framing, whether the connection may be used again. Raises BadMessage."""
    text = head.decode("latin-1")
    line = _STATUS_LINE.match(text)
    if line is None:
        raise BadMessage("malformed status line", 502)
    minor, status, _ = line.groups()
    try:
        headers = _parse_fields(text, line.end())
        of_hop = [pair for pair in headers if pair[0] in _OF_HOP]
        framing = _framing(of_hop, minor == "0")
    except BadMessage as error:
        raise BadMessage(str(error), 502) from None
    code = int(status)
    if method == "HEAD" or code in (204, 304) or code < 200:
        framing = _NO_BODY
    elif framing is None:
        framing = Framing(length=None)
    reusable = _keep_alive(of_hop, minor == "0") and (framing.chunked or framing.length is not None)
    return Response(code, headers), framing, reusable


def _parse_fields(text: str, start: int) -> Headers:
    """The header lines from `start` to the empty line that ends `text`."""
    headers = []
    try:
        for line in text[start:-4].split("\r\n") if len(text) > start + 2 else ():
            name, value = line.split(":", 1)
            if not value.isprintable() and _NOT_IN_VALUE.search(value):
                raise ValueError
            headers.append((_field_name(name), value.strip(" \t")))
    except ValueError:
        raise BadMessage("malformed header") from None
    return headers


@lru_cache(maxsize=256)
def _field_name(name: str) -> str:
    """In lower case. Raises ValueError."""
    if not _FIELD_NAME.fullmatch(name):
        raise ValueError(name)
    return name.lower()


def _origin_form(target: str) -> str:
    """`target` as path and query. The absolute form is understood, as RFC 9112 section 3.2.2 wants of servers."""
    if absolute := _ABSOLUTE.match(target):
        target = target[absolute.end() :]
        target = target if target.startswith("/") else "/" + target
    if not target.startswith("/") or "#" in target:
        raise BadMessage("malformed request target")
    return target


def _check_host(headers: Headers, old: bool) -> None:
    hosts = [value for name, value in headers if name == "host"]
    if len(hosts) > 1 or (not hosts and not old):
        raise BadMessage("exactly one Host header is needed")
    if hosts and _HOST.fullmatch(hosts[0]) is None:
        raise BadMessage("malformed Host header")


def _framing(headers: Headers, old: bool) -> Framing | None:
    """None when the head does not say. Two lengths, or a coding other than plain `chunked`, are refused."""
    lengths = [value for name, value in headers if name == "content-length"]
    codings = [value for name, value in headers if name == "transfer-encoding"]
    if codings:
        if lengths or old or len(codings) > 1 or codings[0].lower() != "chunked":
            raise BadMessage("ambiguous body length")
        return Framing(length=None, chunked=True)
    if not lengths:
        return None
    if len(lengths) > 1 or _LENGTH.fullmatch(lengths[0]) is None:
        raise BadMessage("malformed Content-Length")
    return Framing(length=int(lengths[0]))


def _keep_alive(headers: Headers, old: bool) -> bool:
    options = find(headers, "connection").lower()
    if old:
        return "keep-alive" in options
    return "close" not in options
