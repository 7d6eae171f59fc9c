"""`homeport doctor`: what of a Django project breaks off Heroku, and patches for it."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from homeport.cli.deployed import read_deployed
from homeport.doctor.checks import run_checks
from homeport.doctor.deployed import NOWHERE
from homeport.doctor.examine import RULES, examine_sources
from homeport.doctor.finding import SEVERITIES, Finding
from homeport.doctor.fix import find_uncommitted, write_texts
from homeport.doctor.patches import compose_patches, render_diff
from homeport.doctor.walk import Sources, read_sources
from homeport.errors import HomeportError

ALL = "all"
COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}
FOUND = 1  # exit code: there are errors or warnings


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option(
    "--fix",
    "rules",
    is_flag=False,
    flag_value=ALL,
    multiple=True,
    metavar="[RULE]",
    help="Write patches: of the rule named (may be repeated), or of all, asking for each. After PATH.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--run-checks", "checks", is_flag=True, help="Run `manage.py check --deploy` as well: runs its code.")
@click.option("--python", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Interpreter for checks.")
@click.option("--settings", help="Settings module for checks.")
@click.option("--json", "as_json", is_flag=True, help="Print findings as JSON.")
def doctor(
    path: Path,
    rules: tuple[str, ...],
    yes: bool,
    checks: bool,
    python: Path | None,
    settings: str | None,
    as_json: bool,
) -> None:
    """Find what of a Django project breaks off Heroku.

    Reads the project in PATH, and runs nothing of it unless --run-checks says so. What homeport.yml says of the
    service in PATH (environment, commands, health) counts. Exits with 0 if there is nothing
    to mend (notes do not count), with 1 if there are errors or warnings, after --fix those that remain.
    """
    _check_rules(rules)
    sources = read_sources(path)
    file = click.get_current_context().find_object(Path)
    deployed = read_deployed(file, path) if file else NOWHERE
    findings = examine_sources(sources, deployed)
    if rules:
        if as_json and not (yes or ALL not in rules):
            raise click.UsageError("--json with --fix needs --yes, or the rules by name: it cannot ask")
        _fix(path, sources, findings, rules, ask=not yes and ALL in rules)
        sources = read_sources(path)
        findings = examine_sources(sources, deployed)
    if checks:
        findings = (*findings, *run_checks(path, python, settings))
    if as_json:
        click.echo(json.dumps([_as_json(finding, sources.texts) for finding in findings], indent=2))
    else:
        click.echo("\n".join(_report(findings)))
    if any(finding.severity != "note" for finding in findings):
        sys.exit(FOUND)


def _check_rules(rules: Sequence[str]) -> None:
    unknown = [rule for rule in rules if rule not in (*RULES, ALL)]
    if unknown:
        hint = f"PATH stands before --fix; rules are {', '.join(RULES)}"
        raise HomeportError("\n".join(f"--fix {rule}: is not a rule" for rule in unknown), hint)


def _fix(folder: Path, sources: Sources, findings: Sequence[Finding], rules: Sequence[str], *, ask: bool) -> None:
    """Show, ask, write; say what remains to do."""
    chosen: list[Finding] = []
    for finding in findings:
        if finding.patch is None or not (ALL in rules or finding.rule in rules):
            continue
        alone, _ = compose_patches(sources.texts, [finding])
        click.echo(f"{finding.place}: {finding.title} ({finding.rule})", err=True)
        click.echo(render_diff(sources.texts, alone), err=True)
        if not ask or click.confirm("Write this?", err=True):
            chosen.append(finding)
    after, left = compose_patches(sources.texts, chosen)
    for file in find_uncommitted(folder, after) if after else ():
        click.echo(f"{file}: has changes that are not committed; the patch comes on top of them", err=True)
    for file in write_texts(folder, sources, after):
        click.echo(f"{file}: written", err=True)
    for finding in left:
        click.echo(f"{finding.place}: {finding.rule} changes the same lines as another patch; run this again", err=True)
    for todo in dict.fromkeys(finding.todo for finding in chosen if finding.todo and finding not in left):
        click.echo(f"still to do: {todo}", err=True)


def _as_json(finding: Finding, texts: Mapping[str, str]) -> dict[str, Any]:
    """A finding with its patch as a unified diff, or null."""
    diff = render_diff(texts, compose_patches(texts, [finding])[0]) if finding.patch else None
    return {**asdict(finding), "patch": diff}


def _report(findings: Sequence[Finding]) -> list[str]:
    lines: list[str] = []
    for severity in SEVERITIES:
        for finding in [finding for finding in findings if finding.severity == severity]:
            label = click.style(f"{severity}:", fg=COLOURS[severity], bold=True)
            lines += [f"{label} {finding.place}: {finding.title}", f"  why   {finding.why}"]
            lines += [f"  todo  {finding.todo}"] if finding.todo else []
            fix = f"--fix {finding.rule}" if finding.patch else "by hand"
            lines += [f"  rule  {finding.rule}, {fix}", ""]
    counts = [sum(finding.severity == severity for finding in findings) for severity in SEVERITIES]
    words = [f"{n} {word}{'' if n == 1 else 's'}" for n, word in zip(counts, SEVERITIES, strict=True)]
    return [*lines, ", ".join(words) if findings else "nothing was found that breaks off Heroku"]
