"""`homeport db check`: what a move will meet, how it will be done, and how long it may take."""

import json
import sys
from dataclasses import asdict
from typing import Any

import click

from homeport.cli.db_server import find_sides, takes_sides
from homeport.cli.db_words import duration
from homeport.cli.failure import COULD_NOT
from homeport.cli.output import progress_console
from homeport.postgres.check import Report
from homeport.postgres.check import check as check_both
from homeport.postgres.objects import Database
from homeport.postgres.rules.finding import Finding

MARKS = {"refuses": "✗", "warns": "!", "informs": "·"}
COLOURS = {"refuses": "red", "warns": "yellow", "informs": None}


@click.command()
@takes_sides
@click.option("--into-nonempty", metavar="DATABASE", help="Copy beside what the target holds; names its database.")
@click.option("--jobs", type=click.IntRange(1, 64), default=4, show_default=True, help="Connections to each side.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def check(source: str, target: str, into_nonempty: str | None, jobs: int, as_json: bool) -> None:
    """Look at SOURCE and TARGET before a move: findings, method, estimate.

    Changes nothing on either side, and measures for about two seconds. Exits with 1 if something refuses the move.
    """
    sides = find_sides(source, target)
    report = check_both(sides.source, sides.target, into_nonempty=into_nonempty, jobs=jobs, say=progress_console.print)
    click.echo(json.dumps(as_document(report), indent=2) if as_json else "\n".join(render(report)))
    if report.refused:
        sys.exit(COULD_NOT)


def render(report: Report) -> list[str]:
    """The report in lines."""
    lines = [_side("source", report.source.database), _side("target", report.target.database), ""]
    for finding in report.findings:
        lines += _finding(finding)
    counts = {severity: sum(f.severity == severity for f in report.findings) for severity in MARKS}
    estimate = report.estimate
    return [
        *lines,
        "",
        f"{counts['refuses']} refuse the move, {counts['warns']} warn, {counts['informs']} inform",
        f"method    {report.method}: {report.method_because}",
        f"copy      about {duration(estimate.copy_seconds)} for the rows, "
        f"{duration(estimate.index_seconds)} for the indexes, in one stream",
        f"downtime  about {duration(estimate.freeze_seconds)}, and what open transactions take to end",
        *(f"          {line}" for line in estimate.basis),
    ]


def as_document(report: Report) -> dict[str, Any]:
    """The report as JSON: findings, method and estimate, with what was measured."""
    return {
        "source": _summary(report.source.database),
        "target": _summary(report.target.database),
        "findings": [asdict(finding) for finding in report.findings],
        "method": {"name": report.method, "because": report.method_because},
        "measured": asdict(report.measured),
        "estimate": asdict(report.estimate),
        "refused": bool(report.refused),
    }


def _side(what: str, database: Database) -> str:
    version = f"{database.version // 10000}.{database.version % 10000}"
    return (
        f"{what}    {database.name}: PostgreSQL {version}, {database.size_bytes / 1e6:,.0f} MB, {database.encoding}, "
        f"role {database.role}, {database.connections_left} connections left"
    )


def _finding(finding: Finding) -> list[str]:
    mark = click.style(f"{MARKS[finding.severity]} {finding.severity}", fg=COLOURS[finding.severity])
    lines = [f"{mark}: {finding.rule}: {finding.what}", f"    why:  {finding.why}", f"    then: {finding.then}"]
    return lines + [f"      {name}" for name in finding.objects]


def _summary(database: Database) -> dict[str, Any]:
    return asdict(database) | {"collation_names": sorted(database.collation_names)}
