"""A distribution's configuration (GetDistribution) → what serves it.

Path patterns: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html;
managed policies: …/using-managed-cache-policies.html and …/using-managed-origin-request-policies.html.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeport.local.data.context import Resource

_S3 = re.compile(r"(?P<bucket>.+)\.s3[.-](?:(?P<region>[a-z0-9-]+)\.)?amazonaws\.com(?:\.cn)?")
_DAY, _YEAR = 86_400, 31_536_000
_READING = frozenset({"GET", "HEAD"})
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
_MANAGED_TTL = {  # minimum, default, maximum seconds
    "658327ea-f89d-4fab-a63d-7e88639e58f6": (1, _DAY, _YEAR),  # CachingOptimized
    "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": (1, _DAY, _YEAR),  # CachingOptimizedForUncompressedObjects
    CACHING_DISABLED: (0, 0, 0),
    "83da9c7e-98b4-4e11-a168-04f0df8e2c65": (0, 0, _YEAR),  # UseOriginCacheControlHeaders
    "4cc15a8a-d715-48a4-82b8-cc0b614638fe": (0, 0, _YEAR),  # UseOriginCacheControlHeaders-QueryStrings
}
_WITH_QUERY = {"4cc15a8a-d715-48a4-82b8-cc0b614638fe"}
_ALL_VIEWER = {"216adef6-5c7f-47e4-b989-5492eafa07d3", "33f36d7e-f396-46d9-90e0-52428a34d9dc"}
_ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"


@dataclass(frozen=True)
class Origin:
    """A bucket, or a server. `signed` names how CloudFront identifies itself to the bucket."""

    id: str
    path: str
    headers: tuple[tuple[str, str], ...]
    bucket: str = ""
    region: str = ""
    access_control: bool = False
    access_identity: str = ""
    host: str = ""
    port: int = 80
    tls: bool = False
    read_seconds: float = 30.0


@dataclass(frozen=True)
class Behaviour:
    pattern: re.Pattern[str]
    origin_id: str
    methods: frozenset[str]
    compress: bool
    ttl: tuple[int, int, int]
    query: bool
    headers: frozenset[str]  # forwarded to the origin, part of the cache's key; "*" for all
    cookies: bool


@dataclass(frozen=True)
class ErrorPage:
    page: str | None
    status: int
    seconds: int


@dataclass(frozen=True)
class Distribution:
    id: str
    arn: str
    account: str
    enabled: bool
    root: str
    origins: Mapping[str, Origin]
    behaviours: tuple[Behaviour, ...]
    errors: Mapping[int, ErrorPage]

    def behaviour_for(self, path: str) -> Behaviour:
        """The first whose pattern matches; the last is the default."""
        return next(behaviour for behaviour in self.behaviours if behaviour.pattern.fullmatch(path))


def compile_distribution(resource: Resource) -> Distribution:
    config = resource.state["DistributionConfig"]
    origins = [_origin(item) for item in _items(config.get("Origins"))]
    behaviours = [_behaviour(item) for item in _items(config.get("CacheBehaviors"))]
    behaviours.append(_behaviour({**config["DefaultCacheBehavior"], "PathPattern": "*"}))
    return Distribution(
        id=resource.state.get("Id") or resource.arn.rpartition("/")[2],
        arn=resource.arn,
        account=resource.account,
        enabled=bool(config.get("Enabled", True)),
        root=config.get("DefaultRootObject") or "",
        origins={origin.id: origin for origin in origins},
        behaviours=tuple(behaviours),
        errors=dict(_error_page(item) for item in _items(config.get("CustomErrorResponses"))),
    )


def path_pattern(pattern: str) -> re.Pattern[str]:
    """`*` is any text, `?` any one character; the leading slash may be left out."""
    text = re.sub(r"\*+", "*", pattern)
    wild = "".join(".*" if char == "*" else "." if char == "?" else re.escape(char) for char in text.removeprefix("/"))
    return re.compile("/" + wild, re.DOTALL)


def _items(listed: Any) -> list[Any]:
    """Items of CloudFront's `{"Quantity": n, "Items": […]}`."""
    return list((listed or {}).get("Items") or ())


def _origin(item: Mapping[str, Any]) -> Origin:
    domain, custom = str(item["DomainName"]), item.get("CustomOriginConfig")
    headers = tuple((pair["HeaderName"].lower(), pair["HeaderValue"]) for pair in _items(item.get("CustomHeaders")))
    path = str(item.get("OriginPath") or "").rstrip("/")
    if (s3 := _S3.fullmatch(domain)) and not custom:
        identity = str((item.get("S3OriginConfig") or {}).get("OriginAccessIdentity") or "")
        return Origin(
            id=item["Id"],
            path=path,
            headers=headers,
            bucket=s3["bucket"],
            region=s3["region"] or "us-east-1",
            access_control=bool(item.get("OriginAccessControlId")),
            access_identity=identity.rpartition("/")[2],
        )
    custom = custom or {}
    tls = custom.get("OriginProtocolPolicy") == "https-only"
    host, _, port = domain.partition(":")  # an address of this machine carries its port
    declared = custom.get("HTTPSPort") or 443 if tls else custom.get("HTTPPort") or 80
    return Origin(
        id=item["Id"],
        path=path,
        headers=headers,
        host=host,
        port=int(port or declared),
        tls=tls and not port,
        read_seconds=float(custom.get("OriginReadTimeout") or 30),
    )


def _behaviour(item: Mapping[str, Any]) -> Behaviour:
    forwarded = item.get("ForwardedValues") or {}
    policy, request_policy = str(item.get("CachePolicyId") or ""), str(item.get("OriginRequestPolicyId") or "")
    headers = {str(name).lower() for name in _items(forwarded.get("Headers"))}
    everything = request_policy in _ALL_VIEWER or request_policy == _ALL_VIEWER_EXCEPT_HOST
    if everything:
        headers = {"*"} if request_policy in _ALL_VIEWER else {"*", "-host"}
    if policy:
        ttl = _MANAGED_TTL.get(policy, (1, _DAY, _YEAR))
    else:
        ttl = (int(item.get("MinTTL") or 0), _number(item.get("DefaultTTL"), _DAY), _number(item.get("MaxTTL"), _YEAR))
    if "*" in headers:  # an answer that may depend on every header is not cached
        ttl = (0, 0, 0)
    return Behaviour(
        pattern=path_pattern(str(item["PathPattern"])),
        origin_id=item["TargetOriginId"],
        methods=frozenset(_items(item.get("AllowedMethods")) or _READING),
        compress=bool(item.get("Compress")),
        ttl=ttl,
        query=bool(forwarded.get("QueryString")) or everything or policy in _WITH_QUERY,
        headers=frozenset(headers),
        cookies=everything or (forwarded.get("Cookies") or {}).get("Forward") in ("all", "whitelist"),
    )


def _number(value: Any, default: int) -> int:
    return default if value is None else int(value)


def _error_page(item: Mapping[str, Any]) -> tuple[int, ErrorPage]:
    code = int(item["ErrorCode"])
    page = ErrorPage(
        page=item.get("ResponsePagePath") or None,
        status=int(item.get("ResponseCode") or code),
        seconds=_number(item.get("ErrorCachingMinTTL"), 10),
    )
    return code, page
