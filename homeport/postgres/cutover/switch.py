"""A server → the application uses it: the user's own command is run, or the user is told what to do."""

import os
import subprocess
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from homeport.errors import HomeportError
from homeport.postgres.server import Server, redact

SAID_CHARACTERS = 2000


def switch_environment(server: Server, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What the command finds in its environment: the database to switch to, in parts and as DATABASE_URL."""
    return dict(inherited) | {
        "HOMEPORT_TARGET_HOST": server.host,
        "HOMEPORT_TARGET_PORT": str(server.port),
        "HOMEPORT_TARGET_DATABASE": server.database,
        "HOMEPORT_TARGET_USER": server.user,
        "DATABASE_URL": render_url(server),
    }


def render_url(server: Server, *, password: str | None = None) -> str:
    """The URL that leads to this server; with `password` that one stands in its place."""
    secret = password if password is not None else server.password
    who = quote(server.user, safe="") + ("" if secret is None else f":{quote(secret, safe='*')}")
    query = urlencode({"sslmode": server.ssl_mode, **dict(server.ssl_files)}, safe="/", quote_via=quote)
    host = f"[{server.host}]" if ":" in server.host else quote(server.host, safe="")
    return f"postgres://{who}@{host}:{server.port}/{quote(server.database, safe='')}?{query}"


def run_switch(command: str, server: Server) -> str:
    """Run the command through the shell; what it said, without the password. HomeportError if it failed.

    The password is in its environment, never among its arguments.
    """
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env=switch_environment(server),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    said = _without_password(server, f"{done.stdout}{done.stderr}").strip()[-SAID_CHARACTERS:]
    if done.returncode:
        raise HomeportError(
            f"the switch: {command!r} ended with {done.returncode}{f': {said}' if said else ''}; how much it "
            "has done is not known, and the other database stays fenced until that is decided",
            "run `homeport db cutover` again to run it once more, or `homeport db rollback` to go back",
        )
    return said


def render_instructions(server: Server) -> list[str]:
    """What to do by hand, without the password."""
    return [
        f"switch the application now to {server}:",
        f"  heroku config:set DATABASE_URL='{render_url(server, password='***')}' --app <application>",
        "  (with its password instead of ***), or attach it: heroku addons:detach DATABASE first",
    ]


def _without_password(server: Server, text: str) -> str:
    text = redact(server, text)
    return text.replace(quote(server.password, safe=""), "***") if server.password else text
