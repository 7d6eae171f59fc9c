"""`homeport estimate`: the Heroku bill beside what AWS would cost."""

import datetime
import json
from collections.abc import Sequence
from pathlib import Path

import click

from homeport.cli.estimate_table import print_comparison
from homeport.cli.output import progress_console
from homeport.cli.price_book import BOOK, open_book
from homeport.cli.prices import PATH
from homeport.cost.compare import compare
from homeport.cost.estimate import estimate_places
from homeport.cost.layout import DEFAULT, WORDS, parse_layout
from homeport.cost.place import find_places, is_production
from homeport.cost.prices.book import PriceBook
from homeport.cost.report.document import render_csv, render_json
from homeport.cost.report.infracost import render_infracost
from homeport.cost.report.page import render_page
from homeport.cost.usage_file import NAME, load_usage, strangers
from homeport.errors import HomeportError
from homeport.model.load import load_platform
from homeport.model.platform import Platform
from homeport.model.usage import Usage
from homeport.system.files import replace_file


@click.command()
@click.option("-e", "--environment", "environments", multiple=True, help="Only this one; may be given again.")
@click.option("--layout", default="", metavar="WORDS", help=f"How it is laid out: {', '.join(WORDS)}, nat=N.")
@click.option("--usage", "usage_file", type=PATH, help=f"What is used and paid today.  [default: {NAME}]")
@click.option("--prices", "book_file", type=PATH, help=f"Prices laid over the shipped ones.  [default: {BOOK}]")
@click.option("--fill-from", metavar="REGION", help="Take prices unknown in a region from this one, marked as weak.")
@click.option("--lines", is_flag=True, help="Print every line of the AWS bill.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON; money in cents.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the lines of both bills as CSV.")
@click.option("--html", type=PATH, help="Write a page with charts, for a browser or a mail.")
@click.option("--infracost", type=PATH, help="Write infracost-usage.yml for the Terraform of one environment.")
@click.pass_obj
def estimate(  # noqa: PLR0913
    file: Path,
    environments: tuple[str, ...],
    layout: str,
    usage_file: Path | None,
    book_file: Path | None,
    fill_from: str | None,
    lines: bool,
    as_json: bool,
    as_csv: bool,
    html: Path | None,
    infracost: Path | None,
) -> None:
    """Show what AWS would cost beside the Heroku bill.

    Reads homeport.yml and homeport.usage.yml, which `homeport import` writes. What is not measured is assumed, with
    low, typical and high. Needs no AWS account and no network.
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv are two answers; ask for one")
    wanted = parse_layout(layout)
    platform = load_platform(file)
    usage = _usage(file, usage_file, platform)
    book = _book(file, book_file, fill_from)
    comparison = compare(platform, usage, book, wanted, environments)
    if html:
        _write(html, render_page(platform.name, comparison, book, datetime.date.today()))
    if infracost:
        _write(infracost, _infracost(platform, usage, book, comparison.chosen.estimate.environments))
    if as_json:
        click.echo(json.dumps(render_json(comparison, book), indent=2))
    elif as_csv:
        click.echo(render_csv(comparison), nl=False)
    else:
        print_comparison(comparison, book, lines)


def _usage(file: Path, usage_file: Path | None, platform: Platform) -> Usage:
    beside = file.parent / NAME
    if usage_file is None and not beside.exists():
        _say(
            f"{beside}: does not exist, so traffic is assumed and the Heroku bill unknown; `homeport import` writes it"
        )
        return Usage()
    usage = load_usage(usage_file or beside)
    for sentence in strangers(usage, platform):
        _say(f"{usage_file or beside}: {sentence}")
    return usage


def _book(file: Path, book_file: Path | None, fill_from: str | None) -> PriceBook:
    book = open_book(file, book_file)
    if fill_from is None:
        return book
    if fill_from not in book.regions:
        raise HomeportError(f"region {fill_from}: has no prices", f"known: {', '.join(book.regions)}")
    return book.filled_from(fill_from)


def _infracost(platform: Platform, usage: Usage, book: PriceBook, names: Sequence[str]) -> str:
    """Of the one environment that was named, else of production; as Homeport's Terraform builds it."""
    production = [name for name in names if is_production(platform, name)] or list(names)
    if len(production) > 1:
        raise HomeportError(
            "--infracost: is for one environment, as each has its own Terraform",
            f"name it: --environment {production[0]}",
        )
    (place,) = find_places(platform, usage, DEFAULT, production)
    with_api = [name for name, service in place.platform.services.items() if service.domains is not None]
    return render_infracost(estimate_places([place], book), _kinds(place.platform), place.nat_gateways, with_api)


def _kinds(platform: Platform) -> dict[str, str]:
    kinds = {"services": "service", "functions": "function", "databases": "database", "buckets": "bucket"}
    found = {name: kind for plural, kind in kinds.items() for name in getattr(platform, plural)}
    return found | dict.fromkeys(platform.topics, "topic") | {"": ""}


def _write(path: Path, text: str) -> None:
    replace_file(path, text.encode())
    _say(f"{path} is written")


def _say(text: str) -> None:
    progress_console.print(text, soft_wrap=True)
