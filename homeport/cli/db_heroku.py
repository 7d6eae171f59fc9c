"""A Heroku app and one of its attachments → the URL of that database, from the app's config. Nothing is changed."""

import asyncio
import os
import sys
from pathlib import Path

import click

from homeport.errors import HomeportError
from homeport.heroku.api import calls, errors
from homeport.heroku.api.call import Answer, Refusal
from homeport.heroku.api.client import Client, open_http
from homeport.heroku.api.hosts import find_hosts
from homeport.heroku.api.token import find_token
from homeport.heroku.api.wire import ConfigVars

MISSING = 404
SCHEMES = ("postgres://", "postgresql://")


def read_url(app: str, attachment: str, what: str) -> str:
    """The URL in the config var of the attachment (`DATABASE` → DATABASE_URL). HomeportError holds no value of any."""
    variable = attachment.upper().removesuffix("_URL") + "_URL"
    values = read_config(app)
    if value := values.get(variable):
        return value
    others = [name.removesuffix("_URL") for name, value in values.items() if value and value.startswith(SCHEMES)]
    why = "is masked: its value can be read by nobody" if variable in values else "is not there"
    raise HomeportError(
        f"{what}: Heroku: config var {variable} of {app} {why}",
        f"databases of {app}: {', '.join(f'heroku:{app}/{name}' for name in sorted(others)) or 'none'}",
    )


def read_config(app: str) -> dict[str, str | None]:
    """All config vars of an app, with the token that `homeport import` takes too."""
    hosts, token = find_hosts(os.environ), find_token(os.environ, Path.home() / ".netrc")
    for warning in token.warnings:
        click.echo(f"warning: {warning}", err=True)
    call = calls.config_vars(app)

    code = _ask_code if sys.stdin.isatty() else None

    async def ask() -> Answer[ConfigVars] | Refusal:
        async with Client(open_http(token.value), hosts=hosts, ask_code=code) as client:
            return await client.read(call)

    answer = asyncio.run(ask())
    if isinstance(answer, Refusal) and answer.status == MISSING:
        raise HomeportError(
            f"Heroku: there is no app {app}, or the token may not see it", "heroku apps --all lists those that it sees"
        )
    if isinstance(answer, Refusal):
        raise errors.refused(call.what, answer)
    return dict(answer.items[0].vars) if answer.items else {}


def _ask_code() -> str:
    return str(click.prompt("Two-factor code", err=True))
