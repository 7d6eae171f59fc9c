"""Price lists → a book, over HTTP, from a folder and from the API: the same prices, and nothing at all on doubt."""

import json
from pathlib import Path

import boto3
import httpx
import pytest
from botocore.stub import Stubber

from homeport.cli.prices import missing
from homeport.cost.prices.api import read_rates
from homeport.cost.prices.book import PriceBook, load_book
from homeport.cost.prices.refresh import refresh_from_bulk, refresh_from_folder
from homeport.cost.prices.selector import OFFERS, SELECTORS, find_selectors, select_prices
from homeport.errors import HomeportError
from tests.cost.prices.lists import csv_list, json_list, product, product_of, terms_of

FARGATE = [
    product("F1", "Fargate-vCPU-Hours:perCPU", ("0", "Inf", "0.04048")),
    product("F2", "Fargate-ARM-GB-Hours", ("0", "Inf", "0.00356")),
    product("F3", "Fargate-Windows-vCPU-Hours:perCPU", ("0", "Inf", "0.09")),
]


def test_files_are_fetched_for_every_offer_and_region() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        offer = request.url.path.split("/")[4]
        return httpx.Response(200, text=csv_list(offer, FARGATE if offer == "AmazonECS" else []))

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        book = refresh_from_bulk(["us-east-1"], client, lambda text: None).book
    assert {price.id for price in book.prices.values()} == {"fargate.x86.vcpu", "fargate.arm.gb"}
    assert "/offers/v1.0/aws/AmazonECS/current/us-east-1/index.csv" in asked
    assert "/offers/v1.0/aws/AmazonRoute53/current/index.csv" in asked  # the same everywhere
    assert len(asked) == len(OFFERS)


def test_a_file_that_cannot_be_had_stops_it_and_is_named() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(404))
    with httpx.Client(transport=transport) as client, pytest.raises(HomeportError, match=r"AmazonECS.*404"):
        refresh_from_bulk(["us-east-1"], client, lambda text: None)


def test_a_folder_may_hold_both_forms(tmp_path: Path) -> None:
    (tmp_path / "ecs.csv").write_text(csv_list("AmazonECS", FARGATE))
    logs = [product("L", "DataProcessing-Bytes", ("0", "Inf", "0.5"))]
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/index.json").write_text(json_list("AmazonCloudWatch", logs))
    book = refresh_from_folder(["us-east-1"], tmp_path).book
    assert {price.id for price in book.prices.values()} == {"fargate.x86.vcpu", "fargate.arm.gb", "logs.in"}


def test_a_folder_without_lists_or_of_another_region_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HomeportError, match="has no price list files"):
        refresh_from_folder(["us-east-1"], tmp_path)
    (tmp_path / "ecs.csv").write_text(csv_list("AmazonECS", FARGATE))
    with pytest.raises(HomeportError, match="no price was found for eu-west-1"):
        refresh_from_folder(["eu-west-1"], tmp_path)


def test_the_api_gives_what_the_files_give() -> None:
    client = boto3.client("pricing", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stub:
        for offer in OFFERS:
            products = FARGATE if offer == "AmazonECS" else []
            listed = [
                json.dumps(
                    {
                        "product": product_of(item),
                        "serviceCode": offer,
                        "publicationDate": "2026-10-02T12:00:00Z",
                        "terms": {"OnDemand": terms_of(item)},
                    }
                )
                for item in products
            ]
            stub.add_response("get_products", {"FormatVersion": "aws_v1", "PriceList": listed})
        by_api = select_prices(read_rates(client, "us-east-1"), "us-east-1", "AWS").book
        stub.assert_no_pending_responses()
    by_api_usd = {price.id: (price.usd, price.sku, price.date) for price in by_api.prices.values()}
    assert by_api_usd == {
        "fargate.x86.vcpu": (0.04048, "F1", "2026-10-02"),
        "fargate.arm.gb": (0.00356, "F2", "2026-10-02"),
    }


def test_the_api_that_refuses_is_named_with_what_to_do() -> None:
    client = boto3.client("pricing", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stub:
        stub.add_client_error("get_products", "AccessDeniedException", "not yours")
        with pytest.raises(HomeportError, match="pricing API, AmazonECS: .*not yours") as caught:
            list(read_rates(client, "us-east-1"))
    assert "--from bulk" in caught.value.hint


def test_a_region_that_is_not_known_is_refused() -> None:
    with pytest.raises(HomeportError, match="region mars-north-1: is not known"):
        find_selectors("AmazonECS", "Fargate-GB-Hours", "mars-north-1")


def test_no_two_selectors_want_the_same_price() -> None:
    assert len({selector.id for selector in SELECTORS}) == len(SELECTORS)


# in no list, or made of a price that is: the estimate says so, and `prices refresh` that they stay as they ship
UNLISTED = {"valkey.serverless.minimum", "scheduler.invocation"}


def test_every_usage_type_of_the_shipped_book_is_found_by_its_own_selector() -> None:
    for price in load_book().prices.values():
        is_priced = price.region in ("us-east-1", "global") and any(tier.usd for tier in price.tiers)
        if is_priced and not price.id.endswith(".spot") and price.id not in UNLISTED:
            found = [id for _, id in find_selectors(price.service, price.usage_type, "us-east-1")]
            assert found == [price.id]


def test_what_was_not_read_is_counted_from_the_shipped_book() -> None:
    shipped = load_book()
    listed = {key: p for key, p in shipped.prices.items() if key[0] != "alb.hour" and not key[0].endswith(".spot")}
    absent = missing(PriceBook(shipped.date, listed), shipped, ("us-east-1", "eu-west-1"))
    assert ("alb.hour", "us-east-1") in absent and ("fargate.arm.vcpu.spot", "us-east-1") in absent
    assert ("ses.mail", "eu-west-1") in absent  # the book does not know it either
    assert ("alb.lcu", "us-east-1") not in absent and ("endpoint.gateway", "us-east-1") not in absent
