"""`homeport prices`: the price book: show it, and refresh it from AWS."""

import datetime
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from homeport.cli.output import answer_console, print_table, progress_console
from homeport.cli.price_book import BOOK, open_book
from homeport.cost.prices.book import GLOBAL, HEROKU, Price, PriceBook, load_book, render_book
from homeport.errors import HomeportError
from homeport.system.files import replace_file

if TYPE_CHECKING:
    from homeport.cost.prices.selector import Selection

REGIONS = ("us-east-1", "eu-west-1", "eu-central-1")
PATH = click.Path(path_type=Path, dir_okay=False)


@click.group()
def prices() -> None:
    """Show the price book that estimates are made of, or refresh it from AWS."""


@prices.command()
@click.option("--from", "source", default="bulk", show_default=True, metavar="bulk|api|FOLDER", help="Where from.")
@click.option("--region", "regions", multiple=True, help=f"May be given again.  [default: {', '.join(REGIONS)}]")
@click.option("--to", type=PATH, help=f"File to write.  [default: {BOOK} beside homeport.yml]")
@click.pass_obj
def refresh(file: Path, source: str, regions: tuple[str, ...], to: Path | None) -> None:
    """Read today's prices from AWS.

    `bulk` reads AWS's public price list files, which needs no account but reads a gigabyte; `api` asks the Pricing API
    with your AWS credentials; a folder has price list files (index.csv, index.json) that somebody fetched. What is
    read is laid over the prices that ship with Homeport. A price that several products match is refused and
    keeps its old value; the exit code is then 1.
    """
    chosen = regions or REGIONS
    found = _read(source, chosen)
    book = found.book
    target = to or file.parent / BOOK
    replace_file(target, render_book(book).encode())
    shipped = load_book()
    changed = [price for key, price in book.prices.items() if key in shipped.prices]
    new = len(book.prices) - len(changed)
    progress_console.print(f"{target} is written: {len(book.prices)} prices, {new} of them new", soft_wrap=True)
    absent = missing(book, shipped, chosen)
    for keys, what in (
        (absent & shipped.prices.keys(), "kept as they ship"),
        (absent - shipped.prices.keys(), "unknown"),
    ):
        if keys:
            named = ", ".join(sorted(f"{id} in {region}" for id, region in keys))
            progress_console.print(f"not read, {what}: {named}", soft_wrap=True)
    _print_moved(changed, shipped)
    for reason in found.refused:
        progress_console.print(f"refused: {reason}", soft_wrap=True)
    if found.refused:
        raise HomeportError(
            f"{len(found.refused)} prices are ambiguous in the price lists and were not taken over",
            "the lists may have changed their form; the old prices are still used",
        )


@prices.command()
@click.argument("pattern", default="")
@click.option("--region", help="Only of this region.")
@click.option("--prices", "book_file", type=PATH, help=f"Prices laid over the shipped ones.  [default: {BOOK}]")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_obj
def show(file: Path, pattern: str, region: str | None, book_file: Path | None, as_json: bool) -> None:
    """Show prices whose id contains PATTERN, with source, date and confidence."""
    book = open_book(file, book_file)
    found = [p for p in book.prices.values() if pattern in p.id and region in (None, p.region)]
    found.sort(key=lambda price: (price.region == HEROKU, price.id, price.region))
    if as_json:
        click.echo(json.dumps([asdict(price) for price in found], indent=2))
        return
    rows = [
        (p.id, p.region, f"{p.usd:.10f}".rstrip("0").rstrip("."), p.unit, _free(p), p.date, p.confidence) for p in found
    ]
    print_table(("Price", "Region", "USD", "a", "Free", "Date", "Sure"), rows)
    age = book.age_days(datetime.date.today())
    answer_console.print(f"\n{len(found)} of {len(book.prices)} prices; the book is of {book.date}, {age} days old")


def missing(book: PriceBook, shipped: PriceBook, regions: tuple[str, ...]) -> set[tuple[str, str]]:
    """Prices of the shipped book, in each of the regions, that were not read; what is free is in no list."""
    aws = [
        price for price in shipped.prices.values() if price.region != HEROKU and any(tier.usd for tier in price.tiers)
    ]
    wanted = {(price.id, place) for price in aws for place in ((GLOBAL,) if price.region == GLOBAL else regions)}
    return wanted - book.prices.keys()


def _read(source: str, regions: tuple[str, ...]) -> "Selection":
    from homeport.cost.prices import refresh as sources  # heavy: httpx

    if source == "bulk":
        import httpx

        with httpx.Client(timeout=sources.TIMEOUT, follow_redirects=True) as client:
            return sources.refresh_from_bulk(regions, client, lambda text: progress_console.print(text))
    if source == "api":
        return sources.refresh_from_api(regions, _pricing())
    return sources.refresh_from_folder(regions, Path(source))


def _pricing() -> Any:
    import boto3

    from homeport.cost.prices.api import ENDPOINT

    return boto3.client("pricing", region_name=ENDPOINT)


def _print_moved(changed: list[Price], shipped: PriceBook) -> None:
    """Prices that are not what ships."""
    rows = []
    for price in changed:
        before = shipped.prices[price.id, price.region]
        if price.tiers != before.tiers:
            rows.append((price.id, price.region, f"{before.usd:g}", f"{price.usd:g}", before.date, price.date))
    if rows:
        print_table(("Price", "Region", "Was", "Is", "Of", "Of"), rows)
    else:
        answer_console.print(f"{len(changed)} prices are what they were")


def _free(price: Price) -> str:
    return f"{price.free:,.0f}" if price.free else ""
