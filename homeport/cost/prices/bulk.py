"""AWS's public price list files, CSV or JSON → rates, read as a stream: EC2's file alone is half a gigabyte.

Form: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-file-for-services.html
A CSV file begins with five lines about itself and then names its columns. A JSON file has `products` by SKU, then
`terms.OnDemand.<sku>.<sku.term>.priceDimensions`, one dimension for each tier.
"""

import csv
import json
from collections.abc import Iterable, Iterator
from typing import Any

from homeport.cost.prices.rate import Rate
from homeport.cost.prices.selector import find_selectors
from homeport.errors import HomeportError

URL = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/{offer}/current/{region}/index.csv"
GLOBAL_URL = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/{offer}/current/index.csv"
# columns of the CSV file → names of the same attributes in JSON
ATTRIBUTES = {
    "usageType": "usagetype",
    "operation": "operation",
    "Region Code": "regionCode",
    "Database Engine": "databaseEngine",
    "Deployment Option": "deploymentOption",
    "Cache Engine": "cacheEngine",
    "Transfer Type": "transferType",
    "Volume Type": "volumeType",
    "Queue Type": "queueType",
    "Group": "group",
}
CHUNK = 1 << 16
SPACE = " \t\r\n,:"


def read_csv(lines: Iterable[str], region: str, place: str) -> Iterator[Rate]:
    """Rates of an offer's CSV file that some price of the book wants; `place` is named in errors.

    Raises HomeportError where the file is none.
    """
    rows = csv.reader(lines)
    about: dict[str, str] = {}
    columns: list[str] = []
    for row in rows:
        if row and row[0] == "SKU":
            columns = row
            break
        about |= dict([row[:2]]) if len(row) >= 2 else {}
    if not columns or "OfferCode" not in about:
        raise HomeportError(f"{place}: is not a price list file: no line of columns", "expected AWS's index.csv")
    for row in rows:
        if len(row) != len(columns):
            raise HomeportError(f"{place}: line {rows.line_num}: {len(row)} values for {len(columns)} columns")
        record = dict(zip(columns, row, strict=True))
        if record["TermType"] == "OnDemand" and find_selectors(about["OfferCode"], record["usageType"], region):
            attributes = {name: record.get(column, "") for column, name in ATTRIBUTES.items()}
            limits = record["StartingRange"], record["EndingRange"]
            identity = record["SKU"], about["OfferCode"], about.get("Publication Date", "")
            yield _rate(identity, attributes, limits, (record["Unit"], record["PricePerUnit"]), place)


def read_json(text: Iterable[str], region: str, place: str) -> Iterator[Rate]:
    """Rates of an offer's JSON file that some price of the book wants. Products come before their terms."""
    about: dict[str, Any] = {}
    wanted: dict[str, dict[str, str]] = {}
    seen_terms = False
    for path, value in walk_json(text, place):
        if len(path) == 1:
            about[path[0]] = value
        elif path[0] == "products":
            attributes = value.get("attributes", {})
            if find_selectors(about.get("offerCode", ""), attributes.get("usagetype", ""), region):
                wanted[path[1]] = attributes
        elif path[:2] == ("terms", "OnDemand"):
            seen_terms = True
            if path[2] in wanted:
                identity = path[2], about["offerCode"], about.get("publicationDate", "")
                yield from dimensions(identity, wanted[path[2]], value.values(), place)
    if "offerCode" not in about or not seen_terms:
        raise HomeportError(f"{place}: is not a price list file: no terms on demand", "expected AWS's index.json")


def dimensions(
    identity: tuple[str, str, str], attributes: dict[str, str], terms: Iterable[Any], place: str
) -> Iterator[Rate]:
    """Rates of one product's terms; `identity` is SKU, offer and publication date. Terms of a lease are left out."""
    for term in terms:
        if term.get("termAttributes", {}).get("LeaseContractLength"):
            continue
        for tier in term.get("priceDimensions", {}).values():
            limits = tier.get("beginRange", "?"), tier.get("endRange", "?")
            yield _rate(identity, attributes, limits, (tier.get("unit", ""), _usd(tier)), place)


def _usd(tier: dict[str, Any]) -> str:
    usd: str = tier.get("pricePerUnit", {}).get("USD", "")
    return usd


def walk_json(text: Iterable[str], place: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(path, value) of a price list: whole values at the top, members of `products`, and those of each kind of terms.

    Holds one product at a time, whatever the size of the file.
    """
    stream = _Stream(text, place)
    stream.expect("{")
    for key in stream.names():
        if key == "products":
            yield from (((key, sku), value) for sku, value in stream.members())
        elif key == "terms":
            stream.expect("{")
            for kind in stream.names():
                yield from (((key, kind, sku), value) for sku, value in stream.members())
        else:
            yield (key,), stream.value()


class _Stream:
    """Text in chunks, of which whole JSON values are taken off the front."""

    def __init__(self, chunks: Iterable[str], place: str) -> None:
        self.chunks, self.place = iter(chunks), place
        self.buffer, self.at = "", 0
        self.decoder = json.JSONDecoder()

    def names(self) -> Iterator[str]:
        """Keys of the object that was opened; after each its value has to be taken."""
        while self.peek() != "}":
            yield self.value()
        self.at += 1

    def members(self) -> Iterator[tuple[str, Any]]:
        """Keys and values of an object, opening it."""
        self.expect("{")
        for key in self.names():
            yield key, self.value()

    def expect(self, character: str) -> None:
        if self.peek() != character:
            raise self._broken()
        self.at += 1

    def peek(self) -> str:
        """The next character that is not space, comma or colon."""
        while True:
            while self.at < len(self.buffer) and self.buffer[self.at] in SPACE:
                self.at += 1
            if self.at < len(self.buffer):
                return self.buffer[self.at]
            if not self._more():
                raise self._broken()

    def value(self) -> Any:
        """The next whole value."""
        self.peek()
        while True:
            try:
                value, end = self.decoder.raw_decode(self.buffer, self.at)
            except json.JSONDecodeError:
                end = len(self.buffer)
            if end < len(self.buffer):
                self.at = end
                return value
            if not self._more():
                raise self._broken()

    def _more(self) -> bool:
        chunk = next(self.chunks, "")
        self.buffer, self.at = self.buffer[self.at :] + chunk, 0
        return bool(chunk)

    def _broken(self) -> HomeportError:
        return HomeportError(f"{self.place}: ends or breaks in the middle of JSON", "fetch it again")


def _rate(
    identity: tuple[str, str, str],
    attributes: dict[str, str],
    limits: tuple[str, str],
    priced: tuple[str, str],
    place: str,
) -> Rate:
    sku, offer, publication_date = identity
    try:
        begin, end, usd = float(limits[0] or 0), float(limits[1] or "inf"), float(priced[1])
    except ValueError:
        raise HomeportError(f"{place}: {sku}: {priced[1]!r} from {limits[0]!r} to {limits[1]!r} is no price") from None
    if not 0 <= usd < float("inf"):
        raise HomeportError(f"{place}: {sku}: {priced[1]!r} is no price")
    return Rate(
        sku=sku,
        offer=offer,
        usage_type=attributes.get("usagetype", ""),
        region=attributes.get("regionCode", ""),
        unit=priced[0],
        usd=usd,
        begin=begin,
        end=end,
        publication_date=publication_date,
        attributes=attributes,
    )
