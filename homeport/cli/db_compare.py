"""`homeport db compare`: are two databases equal, and if not, which rows and objects differ?"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click

from homeport.cli.db_server import find_sides, takes_sides
from homeport.cli.db_words import render_bytes
from homeport.cli.failure import COULD_NOT
from homeport.cli.output import progress_console
from homeport.postgres.compare import Comparison
from homeport.postgres.compare import compare as compare_both
from homeport.postgres.rules.finding import counted


@click.command()
@takes_sides
@click.option("--table", "tables", multiple=True, metavar="SCHEMA.TABLE", help="Compare only this table; repeatable.")
@click.option("--jobs", type=click.IntRange(1, 64), default=4, show_default=True, help="Connections to each side.")
@click.option("--json", "as_json", is_flag=True, help="Print what differs as JSON.")
def compare(source: str, target: str, tables: tuple[str, ...], jobs: int, as_json: bool) -> None:
    """Compare SOURCE and TARGET: every row, every object, each side at one snapshot.

    Checksums are computed in the servers; only of tables that differ are rows looked at one by one, and named by
    their keys. Exits with 1 if anything differs. Changes nothing.
    """
    sides = find_sides(source, target)
    with _progress() as progress:
        found = compare_both(sides.source, sides.target, tables=tables, jobs=jobs, progress=progress)
    if as_json:
        click.echo(json.dumps(asdict(found) | {"equal": found.is_equal}, indent=2))
    else:
        click.echo("\n".join(render(found)))
    if not found.is_equal:
        sys.exit(COULD_NOT)


def render(found: Comparison) -> list[str]:
    """What differs, in lines; the last one says whether anything does."""
    lines = [f"{name}: cannot be compared: one side lacks it or has other columns" for name in found.uncompared]
    for table in found.differences:
        lines.append(f"{table.table}: rows differ ({table.source_rows:,} in the source, {table.target_rows:,} there)")
        lines += [f"  {row.name} {row.what}{f', {row.times} times' if row.times > 1 else ''}" for row in table.rows]
        lines += [] if table.is_complete else ["  … and more"]
    for each in found.objects:
        lines.append(f"{'note: ' if each.is_note else ''}{each.kind} {each.name} {each.what}")
        lines += [f"  in the target: {each.sql};"] if each.sql else []
    counts = f"{counted(found.tables, 'table')}, {counted(found.rows, 'row')}"
    size = f"{counts}, {render_bytes(found.size_bytes)} on both sides"
    return [*lines, f"equal: {size}" if found.is_equal else f"different: {size}"]


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, by bytes of both sides, where that is a terminal."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=progress_console, disable=not progress_console.is_terminal) as bar:
        task = bar.add_task("compare", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
