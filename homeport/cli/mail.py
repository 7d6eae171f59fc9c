"""`homeport mail`: the mail that the platform on this machine has sent."""

import json
from pathlib import Path

import click

from homeport.cli.output import print_table
from homeport.local.home import find_home
from homeport.local.mail import Mail, find_mail, read_mail


@click.command()
@click.argument("number", type=int, required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def mail(file: Path, number: int | None, as_json: bool) -> None:
    """List the mail sent on this machine, or show the one with NUMBER."""
    home = find_home(file)
    mails = read_mail(home) if number is None else [find_mail(home, number)]
    if as_json:
        click.echo(json.dumps([one.as_json() for one in mails], indent=2))
    elif number is not None:
        _show(mails[0])
    elif not mails:
        click.echo("no mail yet", err=True)
    else:
        rows = [(str(m.number), f"{m.sent_at:%H:%M:%S}" if m.sent_at else "", m.recipients, m.subject) for m in mails]
        print_table(("#", "sent", "to", "subject"), rows)


def _show(one: Mail) -> None:
    click.echo(f"From: {one.sender}\nTo: {one.recipients}\nSubject: {one.subject}\nFile: {one.file}\n\n{one.text}")
