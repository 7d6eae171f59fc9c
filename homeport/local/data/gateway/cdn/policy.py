"""A bucket's policy → whether a distribution may read it.

Only what a bucket behind CloudFront needs is understood: Allow and Deny by principal, action, resource and
`aws:SourceArn`. A statement with another condition allows nothing.
"""

import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from homeport.local.data.gateway.cdn.declared import Origin

_SERVICE = "cloudfront.amazonaws.com"
_COMPARISONS = {"StringEquals", "StringLike", "ArnEquals", "ArnLike"}


def may(policy: str | None, action: str, resource: str, origin: Origin, distribution_arn: str) -> bool:
    """Whether `policy` lets the distribution do `action` (`s3:GetObject`) on `resource` (an S3 ARN)."""
    if not policy:
        return False
    try:
        statements = json.loads(policy).get("Statement") or []
    except (ValueError, AttributeError):
        return False
    statements = [statements] if isinstance(statements, dict) else statements
    concerned = [
        statement
        for statement in statements
        if _any_like(_listed(statement.get("Action")), action)
        and _any_like(_listed(statement.get("Resource")), resource)
        and _is_principal(statement.get("Principal"), origin)
        and _conditions_hold(statement.get("Condition") or {}, distribution_arn)
    ]
    effects = {statement.get("Effect") for statement in concerned}
    return "Allow" in effects and "Deny" not in effects


def _is_principal(principal: Any, origin: Origin) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, Mapping):
        return False
    if "*" in _listed(principal.get("AWS")):
        return True
    if origin.access_control:
        return _SERVICE in _listed(principal.get("Service"))
    identity = origin.access_identity
    named = [*_listed(principal.get("AWS")), *_listed(principal.get("CanonicalUser"))]
    return bool(identity) and any(str(name).endswith(identity) for name in named)


def _conditions_hold(conditions: Mapping[str, Any], distribution_arn: str) -> bool:
    return all(
        _holds(comparison, name.lower(), _listed(values), distribution_arn)
        for comparison, wanted in conditions.items()
        for name, values in wanted.items()
    )


def _holds(comparison: str, name: str, values: list[Any], distribution_arn: str) -> bool:
    if name == "aws:securetransport" and comparison == "Bool":  # CloudFront reads over TLS
        return "true" in {str(value).lower() for value in values}
    return name == "aws:sourcearn" and comparison in _COMPARISONS and _any_like(values, distribution_arn)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _any_like(patterns: Iterable[Any], text: str) -> bool:
    return any(fnmatchcase(text.lower(), str(pattern).lower()) for pattern in patterns)
