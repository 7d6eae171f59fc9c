"""AWS's Pricing API → rates. It answers with one product and its terms at a time, as JSON in a string."""

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from homeport.cost.prices.bulk import dimensions
from homeport.cost.prices.rate import Rate
from homeport.cost.prices.selector import OFFERS, SELECTORS, find_selectors
from homeport.errors import HomeportError

ENDPOINT = "us-east-1"  # the API is in few regions, and answers for all


def read_rates(pricing: Any, region: str) -> Iterator[Rate]:
    """Rates of a region that some price of the book wants. `pricing` is a boto3 client.

    Raises HomeportError where AWS refuses.
    """
    for offer in OFFERS:
        for product in _products(pricing, offer, region):
            attributes = product["product"]["attributes"]
            if find_selectors(offer, attributes.get("usagetype", ""), region):
                identity = product["product"]["sku"], offer, product.get("publicationDate", "")
                terms = product.get("terms", {}).get("OnDemand", {}).values()
                yield from dimensions(identity, attributes, terms, f"pricing API, {offer}")


def _products(pricing: Any, offer: str, region: str) -> Iterator[Any]:
    """Of an offer, in one region; of what is the same everywhere, wherever it is listed."""
    is_global = all(selector.is_global for selector in SELECTORS if selector.offer == offer)
    filters = [] if is_global else [{"Type": "TERM_MATCH", "Field": "regionCode", "Value": region}]
    if offer == "AmazonEC2":  # half a million products, of which two are wanted
        filters.append({"Type": "TERM_MATCH", "Field": "operation", "Value": "NatGateway"})
    try:
        for page in pricing.get_paginator("get_products").paginate(ServiceCode=offer, Filters=filters):
            for text in page["PriceList"]:
                yield json.loads(text)
    except (BotoCoreError, ClientError) as error:
        hint = "sign in to AWS with rights to pricing:GetProducts, or use --from bulk, which needs no account"
        raise HomeportError(f"pricing API, {offer}: {error}", hint) from error
