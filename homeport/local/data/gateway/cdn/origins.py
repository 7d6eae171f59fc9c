"""Reads from origins: objects of buckets through the account's S3, everything else over HTTP."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from datetime import UTC
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

from botocore.exceptions import BotoCoreError, ClientError

from homeport.local.data.gateway.balancer.serve import is_disguised
from homeport.local.data.gateway.cdn.declared import Behaviour, Distribution, Origin
from homeport.local.data.gateway.cdn.policy import may
from homeport.local.data.http.client import Address, Broken, Outgoing, Pool, Unreachable
from homeport.local.data.http.message import Headers, Request, Response

POLICY_SECONDS = 5.0
POLICIES_MAX = 256
PIECE = 256 * 1024
WHOLE_MAX = 8 * 1024 * 1024  # larger objects are streamed, not kept
_AWS = (".amazonaws.com", ".api.aws", ".amazonaws.com.cn")
_OBJECT_HEADERS = {
    "ContentType": "content-type",
    "CacheControl": "cache-control",
    "ContentEncoding": "content-encoding",
    "ContentDisposition": "content-disposition",
    "ContentLanguage": "content-language",
    "ETag": "etag",
    "ExpiresString": "expires",
}

Aws = Callable[[str, str, str], Any]  # service, account, region → client


class Origins:
    def __init__(self, aws: Aws, pool: Pool, clock: Callable[[], float] = time.monotonic) -> None:
        self._aws, self._pool, self._clock = aws, pool, clock
        self._clients: dict[tuple[str, str], Any] = {}
        self._policies: OrderedDict[tuple[str, str], tuple[float, str | None]] = OrderedDict()

    async def read_object(self, distribution: Distribution, origin: Origin, path: str, etag: str = "") -> Response:
        """An object of a bucket, or S3's refusal. With `etag`, 304 when the object still has it."""
        key = unquote(origin.path + path).removeprefix("/")
        return await asyncio.to_thread(self._read_object, distribution, origin, key, etag)

    async def send(self, origin: Origin, behaviour: Behaviour, request: Request) -> Response:
        """What a server answers to a request as CloudFront passes it on."""
        if origin.host.endswith(_AWS):
            return refuse(502, "nothing here may reach AWS")
        query = request.query if behaviour.query else ""
        target = origin.path + request.path + (f"?{query}" if query else "")
        headers = [*_forwarded(origin, behaviour, request), *origin.headers]
        outgoing = Outgoing(request.method, target, headers, request.body)
        try:
            address = Address(origin.host, origin.port, origin.tls)
            return await self._pool.exchange(address, outgoing, origin.read_seconds)
        except TimeoutError:
            return refuse(504, "the origin did not answer in time")
        except (Unreachable, Broken):
            return refuse(502, "the origin cannot be reached")

    def _read_object(self, distribution: Distribution, origin: Origin, key: str, etag: str) -> Response:
        bucket = f"arn:aws:s3:::{origin.bucket}"
        if not key:  # the root of a distribution without a default object: S3 takes it for a listing, and refuses
            return _s3_error(403, "AccessDenied", "Access Denied")
        try:
            policy = self._policy(distribution.account, origin)
            if not may(policy, "s3:GetObject", f"{bucket}/{key}", origin, distribution.arn):
                return _s3_error(403, "AccessDenied", "Access Denied")
            condition = {"IfNoneMatch": etag} if etag else {}
            client = self._client(distribution.account, origin.region)
            return _object_response(client.get_object(Bucket=origin.bucket, Key=key, **condition))
        except ClientError as error:
            status = int(error.response["ResponseMetadata"]["HTTPStatusCode"])
            code = str(error.response["Error"].get("Code"))
            if status == 304:
                return Response(304)
            listed = status == 404 and may(policy, "s3:ListBucket", bucket, origin, distribution.arn)
            if status == 404 and code == "NoSuchKey" and not listed:  # who may not list is not told what is missing
                return _s3_error(403, "AccessDenied", "Access Denied")
            return _s3_error(status, code, str(error.response["Error"].get("Message")))
        except BotoCoreError as error:
            return refuse(502, f"S3 cannot be reached: {error}")

    def _policy(self, account: str, origin: Origin) -> str | None:
        now = self._clock()
        known = self._policies.get((account, origin.bucket))
        if known and known[0] > now:
            return known[1]
        try:
            answer = self._client(account, origin.region).get_bucket_policy(Bucket=origin.bucket)
            policy: str | None = answer["Policy"]
        except ClientError as error:
            if error.response["Error"].get("Code") != "NoSuchBucketPolicy":
                raise
            policy = None
        self._policies[(account, origin.bucket)] = (now + POLICY_SECONDS, policy)
        if len(self._policies) > POLICIES_MAX:
            self._policies.popitem(last=False)
        return policy

    def _client(self, account: str, region: str) -> Any:
        key = (account, region)
        if key not in self._clients:
            self._clients[key] = self._aws("s3", account, region)
        return self._clients[key]


class ObjectBody:
    """An object's content, read from S3 piece by piece as the client takes it."""

    def __init__(self, stream: Any, length: int) -> None:
        self._stream = stream
        self.length: int | None = length

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await asyncio.to_thread(self._stream.read, PIECE):
            yield piece

    async def read(self, limit: int) -> bytes:
        data: bytes = await asyncio.to_thread(self._stream.read)
        return data

    def abort(self) -> None:
        self._stream.close()


def refuse(status: int, why: str = "") -> Response:
    """An answer of CloudFront's own."""
    page = (
        "<!DOCTYPE html><html><head><title>ERROR: The request could not be satisfied</title></head><body>"
        f"<h1>{status} ERROR</h1><h2>The request could not be satisfied.</h2><p>{escape(why)}</p></body></html>"
    )
    return Response(status, [("server", "CloudFront"), ("content-type", "text/html")], page.encode())


def _object_response(answer: Any) -> Response:
    headers: Headers = [("server", "AmazonS3"), ("accept-ranges", "bytes")]
    headers += [(name, str(answer[key])) for key, name in _OBJECT_HEADERS.items() if answer.get(key)]
    headers.append(("last-modified", format_datetime(answer["LastModified"].astimezone(UTC), usegmt=True)))
    headers += [(f"x-amz-meta-{name}", value) for name, value in (answer.get("Metadata") or {}).items()]
    length, stream = int(answer["ContentLength"]), answer["Body"]
    if length > WHOLE_MAX:
        return Response(200, headers, ObjectBody(stream, length))
    with stream:
        return Response(200, headers, stream.read())


def _s3_error(status: int, code: str, message: str) -> Response:
    error = f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    page = f'<?xml version="1.0" encoding="UTF-8"?>\n{error}'
    return Response(status, [("server", "AmazonS3"), ("content-type", "application/xml")], page.encode())


def _forwarded(origin: Origin, behaviour: Behaviour, request: Request) -> Headers:
    """Headers for a server: those of the behaviour, and CloudFront's own. Without being told, it passes on few."""
    names, everything = behaviour.headers, "*" in behaviour.headers
    plain = {"content-type", "accept-encoding", "if-none-match", "if-modified-since", "range"}
    headers = []
    before = ", ".join(value for name, value in request.headers if name == "x-forwarded-for")
    for name, value in request.headers:
        if name in ("x-forwarded-for", "via") or is_disguised(name) or f"-{name}" in names:
            continue
        if everything or name in names or name in plain or (name == "cookie" and behaviour.cookies):
            headers.append((name, value))
    if not any(name == "host" for name, _ in headers):
        default = 443 if origin.tls else 80
        headers.append(("host", origin.host if origin.port == default else f"{origin.host}:{origin.port}"))
    if not any(name == "user-agent" for name, _ in headers):
        headers.append(("user-agent", "Amazon CloudFront"))
    headers.append(("x-forwarded-for", f"{before}, {request.peer}" if before else request.peer))
    headers.append(("via", "1.1 homeport.cloudfront.net (CloudFront)"))
    return headers
