"""`homeport status`: what is live on this machine, and how faithful each resource is to AWS."""

import json
from collections import Counter
from pathlib import Path

import click

from homeport.cli.local import Local
from homeport.cli.output import print_table
from homeport.cli.overview import print_overview, read_overview, read_states
from homeport.errors import HomeportError
from homeport.local.fidelity import fidelity_of


@click.command()
@click.option("--fidelity", is_flag=True, help="For each resource: live, emulated, declared only, not enforced.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(file: Path, fidelity: bool, as_json: bool) -> None:
    """Say what is live on this machine and where."""
    local = Local(file)
    if fidelity:
        _print_fidelity(local, as_json)
        return
    view = read_overview(local)
    click.echo(view.as_json()) if as_json else print_overview(view)


def _print_fidelity(local: Local, as_json: bool) -> None:
    found = [
        {"stack": stack, "address": address, "type": type_, **vars(fidelity_of(type_))}
        for stack, state in read_states(local).items()
        for address, type_ in state.resources
    ]
    if not found:
        raise HomeportError("status: nothing has been applied here yet", "bring the platform up: homeport up")
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    kinds = Counter((row["level"], row["type"], row["why"]) for row in found)
    order = ("live", "emulated", "declared only", "not enforced")
    rows = [
        (level, str(count), type_, why)
        for (level, type_, why), count in sorted(kinds.items(), key=lambda item: (order.index(item[0][0]), item[0][1]))
    ]
    print_table(("fidelity", "count", "resource type", ""), rows)
