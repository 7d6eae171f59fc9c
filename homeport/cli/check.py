"""`homeport check`: is homeport.yml right, and what does it declare?"""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from homeport.errors import HomeportError
from homeport.model.load import Examined, Finding, examine_platform, render_findings, valid_platform
from homeport.model.platform import LOCAL, Platform


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print mistakes, or the platform with every default, as JSON.")
@click.pass_obj
def check(file: Path, as_json: bool) -> None:
    """Check homeport.yml; all mistakes at once.

    Checks types, references, routes, sizes and names, in every environment, without any access to AWS.
    """
    if as_json:
        _check_as_json(file)
        return
    examined = examine_platform(file)
    platform = valid_platform(file, examined)
    for line in render_findings(file, examined.warnings).splitlines():
        click.echo(f"{click.style('warning:', fg='yellow', bold=True)} {line}", err=True)
    click.echo("\n".join(summary(platform)))


def summary(platform: Platform) -> list[str]:
    """Lines that say what the platform is made of."""
    lines = [f"{platform.name} is valid, in {', '.join({LOCAL: None} | platform.environments)}"]
    for name, service in platform.services.items():
        clocked = [f"{key} {schedule.schedule}" for key, schedule in service.schedules.items()]
        lines.append(_line("service", name, [*service.processes, *clocked], len(service.routes)))
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


def _check_as_json(file: Path) -> None:
    try:
        examined = examine_platform(file)
        problems = _as_json(file, examined.problems)
    except HomeportError as error:
        examined, problems = Examined(None, (), ()), [_unreadable(file, error)]
    answer: dict[str, Any] = {"valid": not problems, "problems": problems}
    answer |= {"warnings": _as_json(file, examined.warnings)}
    if examined.platform and not problems:
        answer |= {"platform": examined.platform.model_dump(mode="json", exclude_none=True)}
    click.echo(json.dumps(answer, indent=2))
    if problems:
        raise click.exceptions.Exit(1)


def _as_json(file: Path, findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
    return [{"file": str(file)} | asdict(finding) for finding in findings]


def _unreadable(file: Path, error: HomeportError) -> dict[str, Any]:
    """An error of the whole file, `file: what` or `file:line: what`."""
    where = re.match(rf"{re.escape(str(file))}(?::(\d+))?: ", error.message)
    line = int(where[1]) if where and where[1] else None
    message = error.message[where.end() :] if where else error.message
    hint = {"hint": error.hint} if error.hint else {}
    return {"file": str(file), "line": line, "path": "", "message": message} | hint
