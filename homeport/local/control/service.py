"""HTTP request → the AWS service that it is for, as moto names its packages."""

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import parse_qs

SCOPE = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]*)/(?P<service>[^/,]+)/aws4_request")
WELL_KNOWN = re.compile(r"^/[\w-]+_[^/]+/\.well-known/(jwks\.json|openid-configuration)/?$")
SIGNING_NAMES = {  # signing name → host label, where they differ
    "eventbridge": "events",
    "execute-api": "execute-api",
    "iotdata": "data.iot",
    "mobiletargeting": "pinpoint",
}
UNSIGNED_TARGETS = {
    "AWSCognitoIdentityService": "cognito-identity",
    "AWSCognitoIdentityProviderService": "cognito-idp",
}
UNSIGNED_ACTIONS = {"AssumeRoleWithSAML": "sts", "AssumeRoleWithWebIdentity": "sts"}


def find_service(headers: Mapping[str, str], path: str, body: bytes) -> str | None:
    """The moto package that answers, None if no service of AWS has this name."""
    name = _signed(headers, path) or _unsigned(headers, path, body) or _by_host(headers.get("Host", "")) or "s3"
    return _package(name)


def _signed(headers: Mapping[str, str], path: str) -> str | None:
    match = SCOPE.search(headers.get("Authorization", ""))
    if match is None:
        return None
    name = SIGNING_NAMES.get(match["service"].lower(), match["service"].lower())
    if name == "s3" and (path.startswith("/v20180820/") or "s3-control" in headers.get("Host", "")):
        return "s3control"
    if name == "ses" and path.startswith("/v2/"):
        return "sesv2"
    if name == "dynamodb" and headers.get("X-Amz-Target", "").startswith("DynamoDBStreams"):
        return "dynamodbstreams"
    return name


def _unsigned(headers: Mapping[str, str], path: str, body: bytes) -> str | None:
    if target := headers.get("X-Amz-Target"):
        return UNSIGNED_TARGETS.get(target.partition(".")[0])
    if WELL_KNOWN.match(path) or path.startswith("/oauth2/"):
        return "cognito-idp"
    if headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded") and len(body) < 100_000:
        action = parse_qs(body.decode("latin-1")).get("Action", [""])[0]
        return UNSIGNED_ACTIONS.get(action)
    return None


@lru_cache
def _by_host(host: str) -> str | None:
    if ".s3-control." in f".{host}":
        return "s3control"
    return None  # buckets in host names are S3's own business


@lru_cache
def _package(name: str) -> str | None:
    from moto.backend_index import backend_url_patterns
    from moto.backends import list_of_moto_modules

    if name in ("s3control", "sesv2", "dynamodbstreams"):
        return name
    for host in (f"{name}.us-east-1.amazonaws.com", f"{name}.amazonaws.com", f"{name}.us-east-1.api.aws"):
        for package, pattern in backend_url_patterns:
            if pattern.match(f"http://{host}"):
                return str(package)
    return name if name in set(list_of_moto_modules()) else None
