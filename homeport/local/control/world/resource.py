"""One resource as the feed tells it."""

from typing import Any, NamedTuple


class Resource(NamedTuple):
    """`state` has the AWS API's own describe names; plain JSON values."""

    arn: str
    type: str
    account: str
    region: str
    state: dict[str, Any]
