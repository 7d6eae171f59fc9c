"""Which account an API call acts in: from the access key, as on AWS."""

import re
from typing import Any

from homeport.local.account import MANAGEMENT_ACCOUNT
from homeport.local.control.changes import Unit

LOCAL_ACCOUNT = "100000000001"
APPLY_ROLE_UNIT = Unit("iam", LOCAL_ACCOUNT, "aws")
OUR_KEY = re.compile(r"HOMEPORT(\d{12})")
CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/")
ACCOUNT = re.compile(r"\d{12}")


def account_of(headers: Any, query: Any) -> str:
    """Account named by the header, by a key of ours or by one that IAM or STS gave out; else the management account."""
    named = headers.get("x-moto-account-id", "")
    if ACCOUNT.fullmatch(named):
        return str(named)
    key = access_key_of(headers, query)
    if match := OUR_KEY.fullmatch(key):
        return match.group(1)
    return _owner(key) or MANAGEMENT_ACCOUNT


def access_key_of(headers: Any, query: Any) -> str:
    """The access key of a signed call or of a presigned URL; empty if there is none."""
    if match := CREDENTIAL.search(headers.get("Authorization", "")):
        return match.group(1)
    credential = query.get("X-Amz-Credential") or query.get("AWSAccessKeyId") or ""
    first = credential[0] if isinstance(credential, list) else credential
    return str(first).partition("/")[0]


def select_by_access_key() -> None:
    """Make every moto response class ask `account_of`."""
    from moto.core.responses import BaseResponse

    def current_account(self: Any) -> str:
        return account_of(self.headers, self.querystring)

    BaseResponse.get_current_account = current_account


def ensure_apply_role() -> None:
    """The role that Terraform assumes exists in the local account, as account creation leaves one on AWS."""
    from moto.iam.models import iam_backends

    backend = iam_backends[LOCAL_ACCOUNT]["aws"]
    if any(role.name == "homeport-apply" for role in backend.roles.values()):
        return
    trust = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",'
        f' "Principal": {{"AWS": "arn:aws:iam::{MANAGEMENT_ACCOUNT}:root"}}}}]}}'
    )
    backend.create_role("homeport-apply", trust, "/", None, "Made by Homeport", {}, 3600)


def forget_expired_sessions() -> None:
    """Drop the keys of assumed roles whose time is over; moto keeps them for ever."""
    from moto.core.utils import utcnow
    from moto.iam.models import iam_backends
    from moto.sts.models import sts_backends

    for account, partition, backend in list(sts_backends.iter_backends()):
        expired = [role for role in backend.assumed_roles if role.expiration < utcnow()]
        for role in expired:
            backend.assumed_roles.remove(role)
            iam_backends[account][partition].access_keys.pop(role.access_key_id, None)


def _owner(key: str) -> str | None:
    """Account whose IAM knows the key (users' keys, and those of assumed roles)."""
    from moto.iam.models import iam_backends

    for account, partitions in list(iam_backends.items()):
        if any(key in backend.access_keys for backend in list(partitions.values())):
            return str(account)
    return None
