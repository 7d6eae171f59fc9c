"""A distribution over a real socket, its bucket in moto's S3."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from homeport.local.data.context import Context, Resource, World
from homeport.local.data.gateway.sites import Sites
from homeport.local.home import Home

pytestmark = pytest.mark.integration  # moto alone takes seconds to load
ACCOUNT, BUCKET = "100000000001", "magicbook-local-www"
ARN = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1ABC"
POLICY = {
    "Effect": "Allow",
    "Principal": {"Service": "cloudfront.amazonaws.com"},
    "Action": "s3:GetObject",
    "Resource": f"arn:aws:s3:::{BUCKET}/*",
    "Condition": {"StringEquals": {"aws:SourceArn": ARN}},
}


class Site:
    """A distribution that a test can change."""

    def __init__(self, context: Context, s3: Any) -> None:
        self.s3, self.sites = s3, Sites(context)
        self.state: dict[str, Any] = {
            "Id": "E1ABC",
            "LocalPort": 0,
            "Invalidations": [],
            "DistributionConfig": {
                "Enabled": True,
                "Comment": "www",
                "DefaultRootObject": "index.html",
                "Origins": {
                    "Items": [
                        {
                            "Id": "bucket",
                            "DomainName": f"{BUCKET}.s3.eu-central-1.amazonaws.com",
                            "OriginAccessControlId": "EOAC",
                            "S3OriginConfig": {"OriginAccessIdentity": ""},
                        }
                    ]
                },
                "DefaultCacheBehavior": {
                    "TargetOriginId": "bucket",
                    "AllowedMethods": {"Items": ["GET", "HEAD", "OPTIONS"]},
                    "Compress": True,
                    "MinTTL": 0,
                    "DefaultTTL": 300,
                    "MaxTTL": 31536000,
                    "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
                },
                "CustomErrorResponses": {
                    "Items": [
                        {
                            "ErrorCode": code,
                            "ResponseCode": "200",
                            "ResponsePagePath": "/index.html",
                            "ErrorCachingMinTTL": 10,
                        }
                        for code in (403, 404)
                    ]
                },
            },
        }

    async def up(self) -> None:
        state = json.loads(json.dumps(self.state))
        resource = Resource(ARN, "cloudfront:distribution", ACCOUNT, "us-east-1", state)
        await self.sites.reconcile(World(1, {resource.type: {ARN: resource}}))

    def put(self, key: str, body: bytes, **more: str) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body, **more)

    async def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        reader, writer = await asyncio.open_connection("127.0.0.1", self.sites.port(ARN))
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{lines}\r\n".encode())
        head, _, body = (await asyncio.wait_for(reader.read(), 30)).partition(b"\r\n\r\n")
        writer.close()
        first, *rest = head.decode().split("\r\n")
        return int(first.split()[1]), {n.lower(): v for n, _, v in (line.partition(": ") for line in rest)}, body


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    with mock_aws():
        made = await make_site(tmp_path)
        yield made
        await made.sites.stop()


async def make_site(tmp_path: Path) -> Site:
    keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
    client = cache(lambda service, account, region: boto3.client(service, region_name=region, **keys))

    async def observe(observations: list[Any]) -> None:
        raise AssertionError("sites observe nothing")

    context = Context(
        home=Home(tmp_path),
        control_url="",
        token="",
        observe=observe,
        aws=client,
        log=lambda *line: None,
        task_environment=lambda account, region: {},
    )
    s3 = client("s3", ACCOUNT, "eu-central-1")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Statement": [POLICY]}))
    made = Site(context, s3)
    made.put("index.html", b"<h1>MagicBook</h1>", ContentType="text/html", CacheControl="max-age=60")
    await made.up()
    return made


async def test_the_root_is_the_index_and_the_second_time_it_comes_from_the_cache(site: Site) -> None:
    status, headers, body = await site.get("/")
    assert (status, body) == (200, b"<h1>MagicBook</h1>")
    assert headers["content-type"] == "text/html"
    assert headers["cache-control"] == "max-age=60"
    assert headers["x-cache"] == "Miss from cloudfront"
    assert headers["via"].endswith("(CloudFront)")
    status, headers, body = await site.get("/index.html?ignored=1")
    assert (status, body) == (200, b"<h1>MagicBook</h1>")
    assert (headers["x-cache"], headers["age"]) == ("Hit from cloudfront", "0")


async def test_an_invalidation_drops_what_was_kept(site: Site) -> None:
    site.put("a/b.css", b"old", ContentType="text/css")
    site.put("c.css", b"old", ContentType="text/css")
    assert (await site.get("/a/b.css"))[2] == b"old"
    assert (await site.get("/c.css"))[2] == b"old"
    site.put("a/b.css", b"new", ContentType="text/css")
    site.put("c.css", b"new", ContentType="text/css")
    assert (await site.get("/a/b.css"))[2] == b"old"
    site.state["Invalidations"] = [{"Id": "I1", "Paths": ["/a/*"]}]
    await site.up()
    assert (await site.get("/a/b.css"))[2] == b"new"
    assert (await site.get("/c.css"))[2] == b"old"


async def test_what_is_not_there_is_the_error_page(site: Site) -> None:
    status, headers, body = await site.get("/books/7")
    assert (status, body) == (200, b"<h1>MagicBook</h1>")
    assert headers["x-cache"] == "Error from cloudfront"
    site.state["DistributionConfig"]["CustomErrorResponses"] = {"Items": []}
    await site.up()
    status, _, body = await site.get("/books/7")
    assert (status, b"<Code>AccessDenied</Code>" in body) == (403, True)


async def test_who_may_list_is_told_what_is_missing(site: Site) -> None:
    site.state["DistributionConfig"]["CustomErrorResponses"] = {"Items": []}
    listing = {**POLICY, "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{BUCKET}"}
    site.s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Statement": [POLICY, listing]}))
    await site.up()
    status, _, body = await site.get("/books/7")
    assert (status, b"<Code>NoSuchKey</Code>" in body) == (404, True)


async def test_without_the_buckets_permission_nothing_is_read(site: Site) -> None:
    site.state["DistributionConfig"]["CustomErrorResponses"] = {"Items": []}
    site.s3.delete_bucket_policy(Bucket=BUCKET)
    await site.up()
    status, headers, body = await site.get("/")
    assert (status, headers["content-type"]) == (403, "application/xml")
    assert b"<Code>AccessDenied</Code>" in body


async def test_without_an_access_control_the_permission_does_not_count(site: Site) -> None:
    site.state["DistributionConfig"]["CustomErrorResponses"] = {"Items": []}
    site.state["DistributionConfig"]["Origins"]["Items"][0]["OriginAccessControlId"] = ""
    await site.up()
    assert (await site.get("/"))[0] == 403


async def test_large_text_is_compressed_for_who_can_read_it(site: Site) -> None:
    script = b"console.log('magic');\n" * 200
    site.put("app.js", script, ContentType="application/javascript")
    site.put("photo.jpg", script, ContentType="image/jpeg")
    _, headers, body = await site.get("/app.js", accept_encoding="br, gzip;q=0.8")
    assert (headers["content-encoding"], gzip.decompress(body)) == ("gzip", script)
    assert headers["etag"].startswith('W/"')
    assert headers["vary"] == "Accept-Encoding"
    _, headers, body = await site.get("/app.js")
    assert ("content-encoding" in headers, body) == (False, script)
    assert "content-encoding" not in (await site.get("/app.js", accept_encoding="gzip;q=0"))[1]
    assert "content-encoding" not in (await site.get("/photo.jpg", accept_encoding="gzip"))[1]


async def test_conditions_and_ranges(site: Site) -> None:
    site.put("data.txt", b"0123456789", ContentType="text/plain")
    _, headers, _ = await site.get("/data.txt")
    status, unchanged, body = await site.get("/data.txt", if_none_match=headers["etag"])
    assert (status, body, unchanged["etag"]) == (304, b"", headers["etag"])
    assert (await site.get("/data.txt", if_modified_since=headers["last-modified"]))[0] == 304
    assert (await site.get("/data.txt", if_none_match='"other"'))[0] == 200
    status, part, body = await site.get("/data.txt", range="bytes=2-4")
    assert (status, body, part["content-range"]) == (206, b"234", "bytes 2-4/10")
    assert (await site.get("/data.txt", range="bytes=-3"))[2] == b"789"
    assert (await site.get("/data.txt", range="bytes=20-"))[0] == 416
    status, whole, body = await site.get("/data.txt", method="HEAD")
    assert (status, body, whole["content-length"]) == (200, b"", "10")


async def test_an_object_too_large_to_keep_is_streamed(site: Site) -> None:
    large = bytes(range(256)) * 4096 * 12
    site.put("film.bin", large, ContentType="video/mp4")
    status, headers, body = await site.get("/film.bin")
    assert (status, len(body), headers["content-length"]) == (200, len(large), str(len(large)))
    assert body == large
    assert (await site.get("/film.bin"))[1]["x-cache"] == "Miss from cloudfront"
    status, headers, body = await site.get("/film.bin", method="HEAD")
    assert (status, body, headers["content-length"]) == (200, b"", str(len(large)))


async def test_keys_are_decoded_and_writing_is_not_allowed(site: Site) -> None:
    site.put("a b/é.txt", b"yes", ContentType="text/plain")
    assert (await site.get("/a%20b/%C3%A9.txt"))[2] == b"yes"
    assert (await site.get("/index.html", method="PUT"))[0] == 403
    assert (await site.get("/../etc/passwd"))[0] == 400


async def test_what_changed_in_the_bucket_is_seen_when_it_is_stale(site: Site) -> None:
    site.put("now.json", b"1", ContentType="application/json", CacheControl="no-cache")
    assert (await site.get("/now.json"))[2] == b"1"
    site.put("now.json", b"2", ContentType="application/json", CacheControl="no-cache")
    assert (await site.get("/now.json"))[2] == b"2"


async def test_a_path_pattern_leads_to_another_origin(site: Site) -> None:
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\napi")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    config = site.state["DistributionConfig"]
    config["Origins"]["Items"].append(
        {
            "Id": "api",
            "DomainName": f"127.0.0.1:{port}",
            "OriginPath": "/v1",
            "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
            "CustomHeaders": {"Items": [{"HeaderName": "X-From", "HeaderValue": "cdn"}]},
        }
    )
    config["CacheBehaviors"] = {
        "Items": [
            {
                "PathPattern": "api/*",
                "TargetOriginId": "api",
                "AllowedMethods": {"Items": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]},
                "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
                "OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac",
            }
        ]
    }
    await site.up()
    status, _, body = await site.get("/api/books?x=1", authorization="Bearer t", cookie="a=1")
    assert (status, body) == (200, b"api")
    head = seen[0].decode().lower()
    assert head.startswith("get /v1/api/books?x=1 http/1.1")
    assert "authorization: bearer t" in head and "cookie: a=1" in head and "x-from: cdn" in head
    assert f"host: 127.0.0.1:{port}" in head
    assert (await site.get("/index.html"))[2] == b"<h1>MagicBook</h1>"
    server.close()
