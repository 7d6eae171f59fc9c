"""boto3 clients of the account on this machine: the control plane's endpoint, keys that mean nothing elsewhere."""

import threading
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

_MAKING = threading.Lock()  # a session is not for several threads; its clients are
_session = cache(boto3.session.Session)  # each session of its own would read AWS's models anew: 0.1 to 0.5 s a client


def client(service: str, endpoint: str, account: str, region: str) -> Any:
    """A client that acts in `account`. The key names the account: the control plane reads it from there."""
    with _MAKING:
        return _session().client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id=access_key(account),
            aws_secret_access_key="local",
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 3}, max_pool_connections=50),
        )


def access_key(account: str) -> str:
    """Access key that the control plane takes for `account`."""
    return f"HOMEPORT{account}"
