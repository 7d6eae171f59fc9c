"""`homeport check`: is homeport.yml right, and what does it declare?"""

import json
from pathlib import Path

import click

from homeport.model.load import load_platform
from homeport.model.platform import LOCAL, Platform


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the platform as JSON, every default filled in.")
@click.pass_obj
def check(file: Path, as_json: bool) -> None:
    """Check homeport.yml; all mistakes at once.

    Checks types, references, routes, sizes and names, in every environment, without any access to AWS.
    """
    platform = load_platform(file)
    if as_json:
        click.echo(json.dumps(platform.model_dump(mode="json", exclude_none=True), indent=2))
    else:
        click.echo("\n".join(summary(platform)))


def summary(platform: Platform) -> list[str]:
    """Lines that say what the platform is made of."""
    lines = [f"{platform.name} is valid, in {', '.join({LOCAL: None} | platform.environments)}"]
    for name, service in platform.services.items():
        lines.append(_line("service", name, [*service.processes], len(service.routes)))
    for name, function in platform.functions.items():
        causes = [*(f"on {topic}" for topic in function.on), *filter(None, [function.schedule])]
        lines.append(_line("function", name, causes, len(function.routes)))
    for kind in ("sites", "databases", "caches", "topics", "buckets"):
        if declared := getattr(platform, kind):
            lines.append(f"  {kind:<10}{', '.join(declared)}")
    for kind in ("users", "mail"):
        if getattr(platform, kind):
            lines.append(f"  {kind}")
    return lines


def _line(kind: str, name: str, what: list[str], routes: int) -> str:
    answered = [f"{routes} route{'s' if routes > 1 else ''}"] if routes else []
    return f"  {kind:<10}{name}: {', '.join([*what, *answered])}"
