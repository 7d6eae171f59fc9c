"""Heroku's token: from HEROKU_API_KEY, else from the Heroku CLI, else from ~/.netrc. It is kept nowhere.

Since version 11 the CLI keeps it in the system's keychain, and writes ~/.netrc only where it is told to.
"""

import netrc
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from homeport.errors import HomeportError
from homeport.heroku.api.errors import NEW_TOKEN

NETRC_HOST = "api.heroku.com"
CLI = ("heroku", "auth:token")
CLI_SECONDS = 20


@dataclass(frozen=True)
class Token:
    """`source` says where it comes from, `warnings` what looks like a mistake."""

    value: str = field(repr=False)
    source: str = ""
    warnings: tuple[str, ...] = ()


def find_token(environment: Mapping[str, str], netrc_file: Path, ask_cli: Callable[[], str] | None = None) -> Token:
    """The token that the person is logged in with. Raises HomeportError that says how to make one."""
    warnings: tuple[str, ...] = ()
    if environment.get("HEROKU_API_TOKEN"):
        warnings = ("HEROKU_API_TOKEN is set, which nothing reads: Heroku's name for it is HEROKU_API_KEY",)
    sources: dict[str, Callable[[], str]] = {
        "HEROKU_API_KEY": lambda: environment.get("HEROKU_API_KEY", ""),
        "heroku auth:token": ask_cli or read_cli_token,
        str(netrc_file): lambda: read_netrc_token(netrc_file),
    }
    for source, found in sources.items():
        if value := found().strip():
            check_token(value, source)
            return Token(value, source, warnings)
    message = "Heroku: there is no token: HEROKU_API_KEY is not set, and the Heroku CLI is not logged in"
    raise HomeportError("\n".join([message, *warnings]), f"`heroku login`, or {NEW_TOKEN}")


def check_token(value: str, source: str) -> None:
    """Raise HomeportError if it cannot be one; it is not shown."""
    if not all("!" <= character <= "~" for character in value):
        raise HomeportError(f"{source}: holds spaces or other characters that no token has", NEW_TOKEN)


def read_cli_token(command: tuple[str, ...] = CLI) -> str:
    """What the Heroku CLI says; "" if there is none, or nobody is logged in."""
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=CLI_SECONDS, stdin=subprocess.DEVNULL, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = answer.stdout.split()
    return lines[-1] if answer.returncode == 0 and lines else ""


def read_netrc_token(file: Path) -> str:
    """The password of api.heroku.com there; "" if there is none."""
    try:
        found = netrc.netrc(str(file)).authenticators(NETRC_HOST)
    except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
        return ""
    return found[2] or "" if found else ""
