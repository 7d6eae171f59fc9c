"""facts.yml → the shipped book.json, written by `python -m homeport.cost.prices.facts`; a test keeps both together."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from homeport.cost.prices.book import HEROKU, SHIPPED, Price, PriceBook, Tier, book_of, render_book

FACTS = Path(__file__).with_name("facts.yml")
ABOUT = ("service", "usage_type", "unit", "free")  # keys of a price that are not regions


def build_book(facts: dict[str, Any]) -> PriceBook:
    """The book that the facts make. Raises KeyError if a price names a source that is not listed."""
    return book_of(facts["date"], [*_aws(facts), *_heroku(facts)])


def load_facts(file: Path = FACTS) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return document


def main() -> None:
    """Write the shipped book."""
    SHIPPED.write_text(render_book(build_book(load_facts())), encoding="utf-8")


def _aws(facts: dict[str, Any]) -> Iterator[Price]:
    for id, about in facts["prices"].items():
        for region in about.keys() - set(ABOUT):
            usd, *cited = about[region]
            yield _price(facts, (id, region), usd, cited, about)


def _heroku(facts: dict[str, Any]) -> Iterator[Price]:
    for service, by_source in facts["heroku"].items():
        about = {"service": service, "unit": "month"}
        for cited, plans in by_source.items():
            for plan, usd in plans.items():
                yield _price(facts, (f"{service}:{plan}", HEROKU), usd, cited.split(), about)


def _price(facts: dict[str, Any], place: tuple[str, str], usd: Any, cited: list[Any], about: dict[str, Any]) -> Price:
    """`place` is id and region; `cited` the key of a source, the confidence, and the SKU if it is known."""
    key, confidence, *sku = cited
    source = facts["sources"][key]
    tiers = usd if isinstance(usd, list) else [[0, usd]]
    return Price(
        id=place[0],
        region=place[1],
        service=about["service"],
        usage_type=about.get("usage_type", ""),
        sku=sku[0] if sku else "",
        unit=about["unit"],
        tiers=tuple(Tier(float(above), float(price)) for above, price in tiers),
        free=float(about.get("free", 0)),
        date=source["date"],
        source=source["title"],
        confidence=confidence,
    )


if __name__ == "__main__":
    main()
