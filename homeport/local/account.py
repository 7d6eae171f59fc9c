"""The environment in which every program that works on the local account runs: it can reach nothing but this machine.

Three locks, each enough alone (`tests/integration/test_fail_closed.py` tries them one by one):
endpoints point at the control plane; proxies point there too, and it refuses to tunnel (CONNECT → 405);
the keys mean nothing to the real AWS, and no profile, configuration file or instance metadata is looked at.
"""

import json
import os
import ssl
from collections.abc import Mapping

from homeport.errors import HomeportError
from homeport.local.aws import access_key
from homeport.local.home import Home
from homeport.system import process

# For httpx, on this machine: no plane speaks TLS, and without a context each call reads all root certificates (32 ms).
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
MANAGEMENT_ACCOUNT = "100000000000"
KEPT = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TERM", "TMPDIR", "TZ", "NO_COLOR", "XDG_CACHE_HOME", "XDG_DATA_DIRS")


def control_url(home: Home) -> str:
    """URL of the running control plane; a clear error if there is none."""
    url = find_url(home, "control")
    if url is None:
        raise not_running(home)
    return url


def not_running(home: Home) -> HomeportError:
    """What to say if a plane is missing: which one is dead, and what still runs."""
    if find_url(home, "data"):
        return HomeportError(
            "local: the control plane has died: no AWS call is answered. The data plane lives: services, functions, "
            "routes and databases still serve",
            f"homeport up starts it again, with everything that was answered; why it died: {home.log}/control.log",
        )
    if find_url(home, "control"):
        return HomeportError(
            "local: the data plane has died: no service, function, route or database serves. The control plane lives: "
            "AWS calls are answered",
            f"homeport up starts it again, with rows, messages and mail; why it died: {home.log}/data.log",
        )
    return HomeportError("local: this machine's account is not running", "start it: homeport up")


def find_url(home: Home, plane: str) -> str | None:
    """URL of a plane ("control" or "data") whose process is alive, else None."""
    try:
        record = json.loads((home.path / f"{plane}.json").read_text())
        url, pid = str(record["url"]), int(record["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return url if process.is_alive(pid) else None


def local_environment(home: Home, region: str, *, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Environment for Terraform and other tools: the local account and nothing else. Raises if it is not running."""
    url = control_url(home)
    kept = {key: inherited[key] for key in KEPT if key in inherited}
    return {
        **kept,
        "AWS_ENDPOINT_URL": url,
        # S3 control puts the account into the host name, which only resolves through the proxy.
        "AWS_ENDPOINT_URL_S3_CONTROL": f"http://s3-control.{region}.amazonaws.com",
        # curl reads http_proxy in small letters only; other programs look for either.
        **{name: url for proxy in ("HTTP_PROXY", "HTTPS_PROXY") for name in (proxy, proxy.lower())},
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),
        "AWS_ACCESS_KEY_ID": access_key(MANAGEMENT_ACCOUNT),
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,  # boto3 looks at no other
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CHECKPOINT_DISABLE": "1",  # Terraform's own call home
    }
