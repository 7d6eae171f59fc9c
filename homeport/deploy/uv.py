"""Runs uv, which resolves and installs requirements; what it says when it cannot is what the user reads."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from uv import find_uv_bin

from homeport.errors import HomeportError

OLDEST = (3, 11)
CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
# What uv may learn from the user's own environment; AWS keys, tokens and settings of a service are not among it.
PASSED_ON = re.compile(
    r"^(PATH|HOME|USER|LANG|LC_.*|TMPDIR|XDG_.*|UV_.*|PIP_.*|NETRC|SSL_CERT_.*|REQUESTS_CA_BUNDLE"
    r"|(HTTPS?|ALL|NO)_PROXY)$",
    re.IGNORECASE,
)
# The home folder is passed on, and the keys that lie there are not found: what a build runs may ask boto3 for them.
NO_KEYS = {
    **dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "BOTO_CONFIG"), os.devnull),
    "AWS_EC2_METADATA_DISABLED": "true",
}
NOWHERE = "http://127.0.0.1:1"  # nothing listens there
# For what has no business outside of this machine: AWS's own SDKs and every HTTP client that reads proxies are refused.
NO_WAY_OUT = {
    **{name: NOWHERE for proxy in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY") for name in (proxy, proxy.lower())},
    **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),
    "AWS_ENDPOINT_URL": NOWHERE,
}
WORDS_MAX = 4000


@dataclass(frozen=True)
class Python:
    """An interpreter on this machine."""

    version: str
    path: str


def run_uv(arguments: Sequence[str], folder: Path, what: str, environment: Mapping[str, str] | None = None) -> str:
    """Run uv in `folder`; what it printed. Raises HomeportError `what: …` with uv's own words."""
    command = [find_uv_bin(), "--no-progress", "--color", "never", *arguments]
    return run(command, folder, what, {**_own_environment(), **(environment or {})})


def run(command: Sequence[str], folder: Path, what: str, environment: Mapping[str, str]) -> str:
    """Run a command to its end; stdout. Raises HomeportError with what it said on stderr (credentials hidden)."""
    try:
        done = subprocess.run(
            command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except OSError as error:
        raise HomeportError(f"{what}: {command[0]} cannot be started: {error.strerror}") from None
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise HomeportError(f"{what}: {CREDENTIALS.sub('***@', said)[-WORDS_MAX:]}")
    return done.stdout.decode(errors="replace")


@cache
def find_python(wanted: str) -> Python:
    """The interpreter of that version, or the nearest that is installed. Raises HomeportError if there is none.

    Nothing is downloaded. The version of the answer says whether it is the one that was wanted.
    """
    if wanted == _minor(sys.version_info[:2]):
        return Python(wanted, str(Path(sys.base_prefix, "bin", f"python{wanted}")))
    options = ["--only-installed", "--output-format", "json", "--no-config"]
    installed = json.loads(run_uv(["python", "list", *options], Path("/"), "python"))
    return choose_python(wanted, installed)


def choose_python(wanted: str, installed: Sequence[Mapping[str, Any]]) -> Python:
    """The nearest of what `uv python list --output-format json` found; newer before older, the first of its minor."""
    found: dict[int, str] = {}
    for item in installed:
        parts = item["version_parts"]
        if item["implementation"] == "cpython" and (parts["major"], parts["minor"]) >= OLDEST and item["path"]:
            found.setdefault(parts["minor"], item["path"])
    minor = int(wanted.partition(".")[2] or 0)
    if not found:
        raise HomeportError(
            f"python {wanted}: neither it nor another from {_minor(OLDEST)} is installed", f"uv python install {wanted}"
        )
    nearest = min(found, key=lambda other: (abs(other - minor), -other))
    return Python(f"3.{nearest}", found[nearest])


def base_environment() -> dict[str, str]:
    """The user's environment without anything secret; proxies lead to the internet, and AWS's SDKs find no keys."""
    return {name: value for name, value in os.environ.items() if PASSED_ON.match(name)} | NO_KEYS


def _own_environment() -> dict[str, str]:
    return base_environment() | {"UV_PYTHON_DOWNLOADS": "never"}


def _minor(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version[:2])
