"""`homeport token`: a token of the demo user, to try the API with."""

import json
from pathlib import Path

import click

from homeport.cli.local import Local
from homeport.errors import HomeportError
from homeport.local.demo import find_demo_user, sign_in


@click.command()
@click.option("--id", "id_token", is_flag=True, help="The ID token instead of the access token.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def token(file: Path, id_token: bool, as_json: bool) -> None:
    """Sign the demo user in on this machine and print its token.

    \b
    curl -H "Authorization: Bearer $(homeport token)" API_URL/shelf
    """
    local = Local(file)
    user = find_demo_user(local.home)
    if user is None:
        raise HomeportError("token: there is no demo user", "declare `users` in homeport.yml, then: homeport up")
    found = sign_in(local.client("cognito-idp"), user)["IdToken" if id_token else "AccessToken"]
    answer = {"token": found, "token_use": "id" if id_token else "access", "email": user.email}
    click.echo(json.dumps(answer, indent=2) if as_json else found)
