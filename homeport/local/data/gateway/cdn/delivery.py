"""A whole answer and what a client asked of it → the answer sent: compressed, not modified, or a range of it.

Compression rules: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html.
Conditions and ranges: RFC 9110 sections 13 and 14; only single ranges, others get the whole.
"""

import re
import zlib
from email.utils import parsedate_to_datetime

from homeport.local.data.http.message import Headers, Request, Response, find

COMPRESS_BYTES = range(1_000, 10_000_001)
_COMPRESSIBLE = re.compile(
    r"text/.*|application/(javascript|x-javascript|json|ld\+json|xml|xhtml\+xml|rss\+xml|wasm|manifest\+json|vnd\.ms-fontobject"
    r"|x-font-ttf|x-font-opentype|x-font-truetype|opentype|graphql|geo\+json|vnd\.api\+json)"
    r"|font/(ttf|otf|opentype|eot)|image/(svg\+xml|x-icon|bmp|vnd\.microsoft\.icon)"
)
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_NOT_MODIFIED = {"cache-control", "date", "etag", "expires", "last-modified", "vary", "server", "age"}


def is_compressible(headers: Headers, size: int) -> bool:
    kind = find(headers, "content-type").partition(";")[0].strip().lower()
    return size in COMPRESS_BYTES and not find(headers, "content-encoding") and bool(_COMPRESSIBLE.fullmatch(kind))


def accepts_gzip(request: Request) -> bool:
    for part in request.header("accept-encoding").lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() in ("gzip", "*"):
            return not re.fullmatch(r"\s*q=0(\.0*)?\s*", weight)
    return False


def compress(response: Response) -> Response:
    """The same, gzipped; a strong ETag becomes weak, as the bytes are others."""
    assert isinstance(response.body, bytes)
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)  # 31: a gzip header without time: equal input, equal output
    body = packer.compress(response.body) + packer.flush()
    headers = []
    for name, value in response.headers:
        if name == "etag" and not value.startswith("W/"):
            value = f"W/{value}"
        if name not in ("content-length", "accept-ranges"):
            headers.append((name, value))
    return Response(response.status, [*headers, ("content-encoding", "gzip"), ("vary", "Accept-Encoding")], body)


def deliver(request: Request, response: Response) -> Response:
    """Conditions first, then a range."""
    if response.status != 200 or not isinstance(response.body, bytes):
        return response
    if _unchanged(request, response.headers):
        return Response(304, [pair for pair in response.headers if pair[0] in _NOT_MODIFIED])
    wanted = _RANGE.fullmatch(request.header("range"))
    if wanted and any(wanted.groups()) and _range_applies(request, response.headers):
        return _part(response, wanted.group(1), wanted.group(2))
    return response


def _unchanged(request: Request, headers: Headers) -> bool:
    if asked := request.header("if-none-match"):
        etag = find(headers, "etag").removeprefix("W/")
        tags = {tag.strip().removeprefix("W/") for tag in asked.split(",")}
        return "*" in tags or (bool(etag) and etag in tags)
    since, modified = request.header("if-modified-since"), find(headers, "last-modified")
    if not since or not modified:
        return False
    try:
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False


def _range_applies(request: Request, headers: Headers) -> bool:
    condition = request.header("if-range")
    return not condition or condition in (find(headers, "etag"), find(headers, "last-modified"))


def _part(response: Response, first: str, last: str) -> Response:
    assert isinstance(response.body, bytes)
    size = len(response.body)
    if first:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
    else:
        start, end = max(0, size - int(last)), size - 1
    if start > end or start >= size:
        return Response(416, [("content-range", f"bytes */{size}"), ("content-type", "text/plain")], b"")
    headers = [pair for pair in response.headers if pair[0] != "content-range"]
    return Response(206, [*headers, ("content-range", f"bytes {start}-{end}/{size}")], response.body[start : end + 1])
