"""What is typed as SOURCE or TARGET → a server."""

import os
import re
from collections.abc import Mapping

from homeport.errors import HomeportError
from homeport.postgres.server import Server, parse_url

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def find_server(text: str, what: str, environment: Mapping[str, str] = os.environ) -> Server:
    """The server that a URL, or the environment variable of this name, tells. HomeportError if there is none."""
    if not VARIABLE.fullmatch(text):
        return parse_url(text, what)
    if text not in environment:
        raise HomeportError(
            f"{what}: there is no environment variable {text}, and it is not a URL",
            "expected postgres://user:password@host:5432/database, or the name of a variable that holds one",
        )
    return parse_url(environment[text], f"{what} (${text})")
