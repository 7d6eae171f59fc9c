"""Distributions without a network: lifetimes, the cache's bounds, patterns, policies."""

import json
from typing import Any

import pytest

from homeport.local.data.gateway.cdn.cache import Cache, Stored, lifetime_seconds
from homeport.local.data.gateway.cdn.declared import Origin, path_pattern
from homeport.local.data.gateway.cdn.policy import may

ARN = "arn:aws:cloudfront::100000000001:distribution/E1"
OBJECT = "arn:aws:s3:::www/index.html"
SIGNED = Origin("o", "", (), bucket="www", access_control=True)
ALLOW = {
    "Effect": "Allow",
    "Principal": {"Service": "cloudfront.amazonaws.com"},
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::www/*",
}


@pytest.mark.parametrize(
    ("said", "ttl", "seconds"),
    [
        ("", (0, 300, 1000), 300),
        ("max-age=60", (0, 300, 1000), 60),
        ("max-age=60, s-maxage=90", (0, 300, 1000), 90),
        ("public, Max-Age=5000", (0, 300, 1000), 1000),
        ("max-age=0", (10, 300, 1000), 10),
        ("no-store", (0, 300, 1000), 0),
        ("no-cache, max-age=60", (5, 300, 1000), 5),
        ("private", (0, 300, 1000), 0),
        ("max-age=soon", (0, 300, 1000), 300),
        ("max-age=60", (0, 0, 0), 0),
    ],
)
def test_lifetimes(said: str, ttl: tuple[int, int, int], seconds: int) -> None:
    assert lifetime_seconds([("cache-control", said)], ttl) == seconds


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*", "/anything/at/all", True),
        ("/images/*.jpg", "/images/a/b.jpg", True),
        ("images/*.jpg", "/images/a.jpg", True),
        ("/images/*.jpg", "/images/a.JPG", False),
        ("/a??.js", "/abc.js", True),
        ("/a??.js", "/ab.js", False),
        ("/index.html", "/index.html", True),
        ("/index.html", "/indexxhtml", False),
    ],
)
def test_path_patterns(pattern: str, path: str, matches: bool) -> None:
    assert bool(path_pattern(pattern).fullmatch(path)) is matches


def stored(size: int) -> Stored:
    return Stored(200, [], b"x" * size, 0, 10)


def test_the_cache_never_outgrows_its_bound_and_forgets_the_oldest() -> None:
    cache = Cache(bytes_max=10_000)
    for number in range(50):
        cache.keep(("E1", f"/{number}"), stored(1000))
        cache.find(("E1", "/0"))
        assert cache.bytes <= 10_000
    assert cache.find(("E1", "/0"))
    assert cache.find(("E1", "/49"))
    assert not cache.find(("E1", "/1"))
    cache.keep(("E1", "/large"), stored(20_000))
    assert not cache.find(("E1", "/large"))
    cache.keep(("E2", "/0"), stored(1))
    cache.forget("E1")
    assert (cache.find(("E1", "/0")), bool(cache.find(("E2", "/0")))) == (None, True)
    cache.invalidate("E2", [path_pattern("/*")])
    assert cache.bytes == 0


def changed(**changes: Any) -> dict[str, Any]:
    return {**ALLOW, **changes}


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        ([], False),
        ([ALLOW], True),
        ([changed(Condition={"StringEquals": {"AWS:SourceArn": ARN}})], True),
        ([changed(Condition={"StringEquals": {"AWS:SourceArn": ARN + "X"}})], False),
        ([changed(Condition={"ArnLike": {"aws:SourceArn": "arn:aws:cloudfront::100000000001:*"}})], True),
        ([changed(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})], False),
        ([changed(Action=["s3:PutObject", "s3:Get*"])], True),
        ([changed(Action="s3:PutObject")], False),
        ([changed(Resource="arn:aws:s3:::other/*")], False),
        ([changed(Principal={"Service": "logs.amazonaws.com"})], False),
        ([changed(Principal="*")], True),
        ([changed(Principal={"AWS": "*"})], True),
        ([ALLOW, changed(Effect="Deny")], False),
        ([ALLOW, changed(Effect="Deny", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})], True),
    ],
)
def test_bucket_policies(statements: list[dict[str, Any]], allowed: bool) -> None:
    assert may(json.dumps({"Statement": statements}), "s3:GetObject", OBJECT, SIGNED, ARN) is allowed


def test_policies_that_are_none() -> None:
    for policy in (None, "", "rubbish", "[]"):
        assert not may(policy, "s3:GetObject", OBJECT, SIGNED, ARN)
    unsigned = Origin("o", "", (), bucket="www")
    assert not may(json.dumps({"Statement": ALLOW}), "s3:GetObject", OBJECT, unsigned, ARN)
    identity = Origin("o", "", (), bucket="www", access_identity="E2OAI")
    user = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2OAI"
    assert may(json.dumps({"Statement": changed(Principal={"AWS": user})}), "s3:GetObject", OBJECT, identity, ARN)
