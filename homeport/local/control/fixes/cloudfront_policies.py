"""CloudFront's cache, origin request and response headers policies. Upstream has none of their actions.

The three have the same six actions: Create, Get, Get…Config, Update, Delete and List.
"""

from dataclasses import dataclass
from typing import Any

from botocore import xform_name

from homeport.local.control.fixes.add import add, add_paths

NONE: dict[str, Any] = {"Quantity": 0, "Items": []}


@dataclass(frozen=True)
class Kind:
    """One kind of policy: its name in the API, its path, and those that AWS has made (name → id, config)."""

    name: str
    path: str
    managed: dict[str, tuple[str, dict[str, Any]]]

    @property
    def attribute(self) -> str:
        """Where the backend keeps them."""
        return f"{xform_name(self.name)}s"


def _caching(minimum: int, default: int, maximum: int, compressed: bool) -> dict[str, Any]:
    key = {
        "EnableAcceptEncodingGzip": compressed,
        "EnableAcceptEncodingBrotli": compressed,
        "HeadersConfig": {"HeaderBehavior": "none"},
        "CookiesConfig": {"CookieBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "none"},
    }
    return {
        "MinTTL": minimum,
        "DefaultTTL": default,
        "MaxTTL": maximum,
        "ParametersInCacheKeyAndForwardedToOrigin": key,
    }


def _requests(headers: str, cookies: str, queries: str, *items: str) -> dict[str, Any]:
    named = {"Headers": {"Quantity": len(items), "Items": list(items)}} if items else {}
    return {
        "HeadersConfig": {"HeaderBehavior": headers, **named},
        "CookiesConfig": {"CookieBehavior": cookies},
        "QueryStringsConfig": {"QueryStringBehavior": queries},
    }


CORS_HEADERS = ("origin", "access-control-request-headers", "access-control-request-method")
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
CACHE = {
    "Managed-CachingOptimized": ("658327ea-f89d-4fab-a63d-7e88639e58f6", _caching(1, 86400, 31536000, True)),
    "Managed-CachingDisabled": ("4135ea2d-6df8-44a3-9df3-4b5a84be39ad", _caching(0, 0, 0, False)),
    "Managed-CachingOptimizedForUncompressedObjects": (
        "b2884449-e4de-46a7-ac36-70bc7f1ddd6d",
        _caching(1, 86400, 31536000, False),
    ),
}
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
REQUESTS = {
    "Managed-AllViewer": ("216adef6-5c7f-47e4-b989-5492eafa07d3", _requests("allViewer", "all", "all")),
    "Managed-AllViewerExceptHostHeader": (
        "b689b0a8-53d0-40ab-baf2-68738e2966ac",
        _requests("allExcept", "all", "all", "host"),
    ),
    "Managed-CORS-CustomOrigin": (
        "59781a5b-3903-41f3-afcb-af62929ccde1",
        _requests("whitelist", "none", "none", "origin"),
    ),
    "Managed-CORS-S3Origin": (
        "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf",
        _requests("whitelist", "none", "none", *CORS_HEADERS),
    ),
}
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html
SECURITY = {
    "XSSProtection": {"Override": False, "Protection": True, "ModeBlock": True},
    "FrameOptions": {"Override": False, "FrameOption": "SAMEORIGIN"},
    "ReferrerPolicy": {"Override": False, "ReferrerPolicy": "strict-origin-when-cross-origin"},
    "ContentTypeOptions": {"Override": True},
    "StrictTransportSecurity": {"Override": False, "AccessControlMaxAgeSec": 31536000},
}
HEADERS = {
    "Managed-SecurityHeadersPolicy": (
        "67f7725c-6f97-4210-82d7-5512b31e9d03",
        {"SecurityHeadersConfig": SECURITY, "CustomHeadersConfig": NONE, "RemoveHeadersConfig": NONE},
    ),
}
KINDS = (
    Kind("CachePolicy", "cache-policy", CACHE),
    Kind("OriginRequestPolicy", "origin-request-policy", REQUESTS),
    Kind("ResponseHeadersPolicy", "response-headers-policy", HEADERS),
)


def apply() -> None:
    from moto.cloudfront import urls
    from moto.cloudfront.models import CloudFrontBackend
    from moto.cloudfront.responses import CloudFrontResponse

    stock = CloudFrontBackend.__init__

    def init(backend: Any, *args: Any, **kwargs: Any) -> None:
        stock(backend, *args, **kwargs)
        for kind in KINDS:
            setattr(backend, kind.attribute, {})

    CloudFrontBackend.__init__ = init
    for kind in KINDS:
        base = f"{{0}}/2020-05-31/{kind.path}"
        one = f"{base}/(?P<policy_id>[^/]+)"
        add_paths(urls.url_paths, CloudFrontResponse.dispatch, f"{base}$", f"{one}$", f"{one}/config$")
        for action in (_create, _get, _get_config, _update, _delete, _list):
            method = action(kind)
            add(CloudFrontResponse)(method)


def _named(method: Any, name: str) -> Any:
    method.__name__ = xform_name(name)
    return method


def _create(kind: Kind) -> Any:
    from moto.cloudfront.models import random_id
    from moto.core.responses import ActionResult
    from moto.moto_api._internal import mock_random

    def create(response: Any) -> Any:
        config = response._get_param(f"{kind.name}Config")
        policies = getattr(response.backend, kind.attribute)
        if any(policy["config"]["Name"] == config["Name"] for policy in policies.values()):
            raise _error(f"{kind.name}AlreadyExists", f"A policy with the name {config['Name']} already exists.")
        identifier = str(mock_random.uuid4())
        policies[identifier] = {"config": config, "etag": random_id()}
        return ActionResult(_answer(kind, identifier, policies[identifier]))

    return _named(create, f"Create{kind.name}")


def _get(kind: Kind) -> Any:
    from moto.core.responses import ActionResult

    def get(response: Any) -> Any:
        identifier = response._get_param("Id")
        return ActionResult(_answer(kind, identifier, _find(kind, response.backend, identifier)))

    return _named(get, f"Get{kind.name}")


def _get_config(kind: Kind) -> Any:
    from moto.core.responses import ActionResult

    def get_config(response: Any) -> Any:
        policy = _find(kind, response.backend, response._get_param("Id"))
        return ActionResult({f"{kind.name}Config": policy["config"], "ETag": policy["etag"]})

    return _named(get_config, f"Get{kind.name}Config")


def _update(kind: Kind) -> Any:
    from moto.cloudfront.models import random_id
    from moto.core.responses import ActionResult

    def update(response: Any) -> Any:
        identifier = response._get_param("Id")
        policy = _find(kind, response.backend, identifier)
        policy.update(config=response._get_param(f"{kind.name}Config"), etag=random_id())
        return ActionResult(_answer(kind, identifier, policy))

    return _named(update, f"Update{kind.name}")


def _delete(kind: Kind) -> Any:
    from moto.core.responses import EmptyResult

    def delete(response: Any) -> Any:
        identifier = response._get_param("Id")
        _find(kind, response.backend, identifier)
        getattr(response.backend, kind.attribute).pop(identifier, None)
        return EmptyResult()

    return _named(delete, f"Delete{kind.name}")


def _list(kind: Kind) -> Any:
    from moto.core.responses import ActionResult

    def list_policies(response: Any) -> Any:
        wanted = response._get_param("Type")
        custom = {i: policy["config"] for i, policy in getattr(response.backend, kind.attribute).items()}
        managed = {identifier: {"Name": name, **config} for name, (identifier, config) in kind.managed.items()}
        items = [
            {"Type": origin, kind.name: _policy(kind, identifier, config)}
            for origin, policies in (("managed", managed), ("custom", custom))
            for identifier, config in policies.items()
            if wanted in (None, origin)
        ]
        return ActionResult({f"{kind.name}List": {"MaxItems": 100, "Quantity": len(items), "Items": items}})

    return _named(list_policies, "List" + kind.name.replace("Policy", "Policies"))


def _find(kind: Kind, backend: Any, identifier: str) -> dict[str, Any]:
    for name, (managed, config) in kind.managed.items():
        if managed == identifier:
            return {"config": {"Name": name, **config}, "etag": identifier}
    found: dict[str, Any] | None = getattr(backend, kind.attribute).get(identifier)
    if found is None:
        raise _error(f"NoSuch{kind.name}", "The policy does not exist.")
    return found


def _answer(kind: Kind, identifier: str, policy: dict[str, Any]) -> dict[str, Any]:
    return {kind.name: _policy(kind, identifier, policy["config"]), "ETag": policy["etag"]}


def _policy(kind: Kind, identifier: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"Id": identifier, "LastModifiedTime": "2020-01-01T00:00:00Z", f"{kind.name}Config": config}


def _error(code: str, message: str) -> Exception:
    from moto.cloudfront.exceptions import CloudFrontException

    error: Exception = CloudFrontException(code, message)
    return error
