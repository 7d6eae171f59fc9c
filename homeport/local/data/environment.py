"""What every task and function here finds in its environment: the local account, and no way to another one."""

import os
from pathlib import Path

from homeport.local.aws import access_key


def task_environment(account: str, region: str, *, control_url: str, egress_url: str, trusted: Path) -> dict[str, str]:
    """Settings that win over those of a task definition: endpoints, keys that mean nothing elsewhere, proxies.

    `trusted` is the file of certificate authorities. Proxies are named in both spellings: curl reads one, Python both.
    """
    proxies = {"HTTP_PROXY": egress_url, "HTTPS_PROXY": egress_url, "NO_PROXY": "127.0.0.1,localhost"}
    return {
        **proxies,
        **{name.lower(): value for name, value in proxies.items()},
        "AWS_ENDPOINT_URL": control_url,
        "AWS_ACCESS_KEY_ID": access_key(account),
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SSL_CERT_FILE": str(trusted),
        "REQUESTS_CA_BUNDLE": str(trusted),
        "CURL_CA_BUNDLE": str(trusted),
    }
