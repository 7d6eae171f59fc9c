"""Price lists of several offers → a book: from AWS's public files over HTTP, from files in a folder, from the API."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import httpx

from homeport.cost.prices.api import read_rates
from homeport.cost.prices.book import PriceBook
from homeport.cost.prices.bulk import CHUNK, GLOBAL_URL, URL, read_csv, read_json
from homeport.cost.prices.rate import Rate
from homeport.cost.prices.selector import OFFERS, SELECTORS, Selection, select_prices
from homeport.errors import HomeportError

Say = Callable[[str], None]
BULK_SOURCE, API_SOURCE = "AWS price list file", "AWS Pricing API"
TIMEOUT = httpx.Timeout(30.0, read=120.0)


def refresh_from_bulk(regions: Sequence[str], client: httpx.Client, say: Say) -> Selection:
    """Today's prices from AWS's public files; needs no account. Raises HomeportError if any file cannot be had."""
    return _together(regions, BULK_SOURCE, lambda region: _downloaded(region, client, say))


def refresh_from_folder(regions: Sequence[str], folder: Path) -> Selection:
    """From files that somebody fetched: `<folder>/**/*.csv` and `*.json`, of any offers, each of one region or more.

    Raises HomeportError if there is none, or one is not a price list.
    """
    files = sorted([*folder.rglob("*.csv"), *folder.rglob("*.json")])
    if not files:
        raise HomeportError(f"{folder}: has no price list files", "expected AWS's index.csv or index.json of offers")
    return _together(regions, BULK_SOURCE, lambda region: _in_files(region, files))


def refresh_from_api(regions: Sequence[str], pricing: Any) -> Selection:
    """From AWS's Pricing API; `pricing` is a boto3 client."""
    return _together(regions, API_SOURCE, lambda region: read_rates(pricing, region))


def _together(regions: Sequence[str], source: str, rates: Callable[[str], Iterator[Rate]]) -> Selection:
    found = [select_prices(rates(region), region, source) for region in regions]
    empty = [region for region, one in zip(regions, found, strict=True) if not one.book.prices and not one.refused]
    if empty:
        raise HomeportError(f"no price was found for {', '.join(empty)}", "the files may be of another region")
    prices = {key: price for one in found for key, price in one.book.prices.items()}
    refused = tuple(reason for one in found for reason in one.refused)
    return Selection(PriceBook(max(one.book.date for one in found), prices), refused)


def _downloaded(region: str, client: httpx.Client, say: Say) -> Iterator[Rate]:
    for offer in OFFERS:
        is_global = all(selector.is_global for selector in SELECTORS if selector.offer == offer)
        url = (GLOBAL_URL if is_global else URL).format(offer=offer, region=region)
        say(f"{region}: {offer}")
        try:
            with client.stream("GET", url) as answer:
                answer.raise_for_status()
                yield from read_csv((f"{line}\n" for line in answer.iter_lines()), region, url)
        except httpx.HTTPError as error:
            raise HomeportError(f"{url}: {error or type(error).__name__}", "try again, or --from a folder") from error


def _in_files(region: str, files: Sequence[Path]) -> Iterator[Rate]:
    for file in files:
        try:
            with file.open(encoding="utf-8", newline="") as stream:
                if file.suffix == ".csv":
                    yield from read_csv(stream, region, str(file))
                else:
                    yield from read_json(_chunks(stream), region, str(file))
        except (OSError, UnicodeDecodeError) as error:
            raise HomeportError(f"{file}: cannot be read: {error}") from error


def _chunks(stream: TextIO) -> Iterator[str]:
    while chunk := stream.read(CHUNK):
        yield chunk
