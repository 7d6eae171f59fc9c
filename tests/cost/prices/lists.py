"""Small price lists in the form that AWS documents, to read in tests."""

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

HEAD = ("SKU", "OfferTermCode", "RateCode", "TermType", "PriceDescription", "EffectiveDate", "StartingRange",
        "EndingRange", "Unit", "PricePerUnit", "Currency", "Product Family", "serviceCode", "Location",
        "Location Type", "Database Engine", "Deployment Option", "Cache Engine", "Transfer Type",
        "Volume Type", "Queue Type", "Group", "usageType",
        "operation", "Region Code", "serviceName")  # fmt: skip


def product(
    sku: str, usage_type: str, *tiers: tuple[str, str, str], region: str = "us-east-1", **attributes: str
) -> dict[str, Any]:
    """`tiers` are (begin, end, USD); attributes are named as in JSON."""
    return {"sku": sku, "usage_type": usage_type, "tiers": tiers, "region": region, "attributes": attributes}


def csv_list(offer: str, products: Iterable[dict[str, Any]], term: str = "OnDemand") -> str:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows(
        [
            ("FormatVersion", "v1.0"),
            ("Disclaimer", "This pricing list is for informational purposes only."),
            ("Publication Date", "2026-10-02T12:00:00Z"),
            ("Version", "20261002120000"),
            ("OfferCode", offer),
            HEAD,
        ]
    )
    for item in products:
        more = item["attributes"]
        for begin, end, usd in item["tiers"]:
            writer.writerow(
                (
                    item["sku"], "JRTCKXETXF", f"{item['sku']}.JRTCKXETXF.6YS6EN2CT7", term, "a price", "2026-10-01",
                    begin, end, "Hrs", usd, "USD", "", offer, "US East (N. Virginia)", "AWS Region",
                    more.get("databaseEngine", ""), more.get("deploymentOption", ""), more.get("cacheEngine", ""),
                    more.get("transferType", ""), more.get("volumeType", ""), more.get("queueType", ""),
                    more.get("group", ""), item["usage_type"], more.get("operation", ""), item["region"], offer,
                )
            )  # fmt: skip
    return out.getvalue()


def json_list(offer: str, products: Iterable[dict[str, Any]]) -> str:
    listed = list(products)
    return json.dumps(
        {
            "formatVersion": "v1.0",
            "disclaimer": "This pricing list is for informational purposes only, {really}.",
            "offerCode": offer,
            "version": "20261002120000",
            "publicationDate": "2026-10-02T12:00:00Z",
            "products": {item["sku"]: product_of(item) for item in listed},
            "terms": {
                "OnDemand": {item["sku"]: terms_of(item) for item in listed},
                "Reserved": {"R1": {"R1.TERM": {"priceDimensions": {}}}},
            },
            "attributesList": {},
        },
        indent=2,
    )


def product_of(item: dict[str, Any]) -> dict[str, Any]:
    attributes = {"usagetype": item["usage_type"], "regionCode": item["region"], **item["attributes"]}
    return {"sku": item["sku"], "productFamily": "", "attributes": attributes}


def terms_of(item: dict[str, Any]) -> dict[str, Any]:
    code = f"{item['sku']}.JRTCKXETXF"
    return {
        code: {
            "offerTermCode": "JRTCKXETXF",
            "sku": item["sku"],
            "effectiveDate": "2026-10-01T00:00:00Z",
            "priceDimensions": {
                f"{code}.{place}": {
                    "rateCode": f"{code}.{place}",
                    "beginRange": begin,
                    "endRange": end,
                    "unit": "Hrs",
                    "pricePerUnit": {"USD": usd},
                    "appliesTo": [],
                }
                for place, (begin, end, usd) in enumerate(item["tiers"])
            },
            "termAttributes": {},
        }
    }
