"""AWS's price list files, in small: what is taken, what is refused, and that both forms say the same."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from homeport.cost.prices.bulk import read_csv, read_json, walk_json
from homeport.cost.prices.selector import Selection, select_prices
from homeport.errors import HomeportError
from tests.cost.prices.lists import csv_list, json_list, product

ONE = ("0", "Inf", "0.0225000000")
BALANCERS = [
    product("ALB1", "LoadBalancerUsage", ONE, operation="LoadBalancing:Application"),
    product("NLB1", "LoadBalancerUsage", ("0", "Inf", "0.0225"), operation="LoadBalancing:Network"),
    product("OUT1", "Outposts-LoadBalancerUsage", ONE, operation="LoadBalancing:Application"),
    product("RES1", "ReservedLCUUsage", ("0", "Inf", "0.008"), operation="LoadBalancing:Application"),
    product("TS1", "TS-LoadBalancerUsage", ONE, operation="LoadBalancing:Application"),
    product("LCU1", "LCUUsage", ("0", "Inf", "0.008"), operation="LoadBalancing:Application"),
]


def prices_of(offer: str, products: list[dict[str, object]], region: str = "us-east-1") -> dict[str, float]:
    return {price.id: price.usd for price in selected(offer, products, region).book.prices.values()}


def selected(offer: str, products: list[dict[str, object]], region: str = "us-east-1") -> Selection:
    by_csv = select_prices(read_csv(csv_list(offer, products).splitlines(True), region, "list"), region, "same")
    by_json = select_prices(read_json([json_list(offer, products)], region, "list"), region, "same")
    assert by_csv == by_json
    return by_csv


def test_only_the_product_that_is_wanted_is_taken() -> None:
    assert prices_of("AWSELB", BALANCERS) == {"alb.hour": 0.0225, "alb.lcu": 0.008}


def test_a_price_carries_its_sku_usage_type_and_publication_date() -> None:
    rates = read_csv(csv_list("AWSELB", BALANCERS).splitlines(True), "us-east-1", "list")
    price = select_prices(rates, "us-east-1", "AWS").book.prices["alb.hour", "us-east-1"]
    assert (price.sku, price.usage_type, price.date) == ("ALB1", "LoadBalancerUsage", "2026-10-02")


def test_a_region_takes_only_usage_types_with_its_own_prefix() -> None:
    alb = {"operation": "LoadBalancing:Application"}
    products = [
        product("A", "LoadBalancerUsage", ONE, **alb),
        product("B", "EU-LoadBalancerUsage", ("0", "Inf", "0.0252"), region="eu-west-1", **alb),
        product("C", "EUC1-LoadBalancerUsage", ("0", "Inf", "0.027"), region="eu-central-1", **alb),
    ]
    assert prices_of("AWSELB", products, "eu-west-1") == {"alb.hour": 0.0252}
    assert prices_of("AWSELB", products, "eu-central-1") == {"alb.hour": 0.027}


def test_instance_classes_are_taken_with_their_full_size_names() -> None:
    wanted = {"databaseEngine": "PostgreSQL", "deploymentOption": "Single-AZ"}
    products = [
        product("P1", "InstanceUsage:db.r6g.xl", ("0", "Inf", "0.45"), **wanted),
        product("P2", "InstanceUsage:db.t4g.micro", ("0", "Inf", "0.016"), **wanted),
        product("P3", "InstanceUsage:db.t4g.micro", ("0", "Inf", "0.017"), **(wanted | {"databaseEngine": "MySQL"})),
        product("P4", "Multi-AZUsage:db.t4g.micro", ("0", "Inf", "0.032"), **wanted),
    ]
    assert prices_of("AmazonRDS", products) == {"rds.db.r6g.xlarge": 0.45, "rds.db.t4g.micro": 0.016}


def test_valkey_and_redis_share_a_usage_type_and_only_valkey_is_taken() -> None:
    products = [
        product("V", "NodeUsage:cache.t4g.micro", ("0", "Inf", "0.0128"), cacheEngine="Valkey"),
        product("R", "NodeUsage:cache.t4g.micro", ("0", "Inf", "0.016"), cacheEngine="Redis"),
    ]
    assert prices_of("AmazonElastiCache", products) == {"valkey.cache.t4g.micro": 0.0128}


def test_products_that_share_a_usage_type_are_told_apart() -> None:
    storage = [
        product("S1", "TimedStorage-ByteHrs", ("0", "Inf", "0.023"), volumeType="Standard"),
        product("S2", "TimedStorage-ByteHrs", ("0", "Inf", "0.021"), volumeType="INTAAS3ObjectOverhead"),
    ]
    assert prices_of("AmazonS3", storage) == {"s3.gb": 0.023}
    queues = [
        product("Q1", "Requests-RBP", ("0", "Inf", "0.0000004"), queueType="Standard"),
        product("Q2", "Requests-FIFO-RBP", ("0", "Inf", "0.0000005"), queueType="FIFO (first-in, first-out)"),
        product("Q3", "Requests-Fair-RBP", ("0", "Inf", "0.0000001"), queueType="Fair"),
    ]
    assert prices_of("AWSQueueService", queues) == {"sqs.request": 0.0000004}


def test_tiers_are_kept_in_order() -> None:
    tiers = [
        ("51200", "153600", "0.07"),
        ("0", "10240", "0.09"),
        ("10240", "51200", "0.085"),
        ("153600", "Inf", "0.05"),
    ]
    listed = csv_list("AWSDataTransfer", [product("T", "DataTransfer-Out-Bytes", *tiers, transferType="AWS Outbound")])
    found = select_prices(read_csv(listed.splitlines(True), "us-east-1", "list"), "us-east-1", "csv")
    price = found.book.prices["transfer.out", "us-east-1"]
    assert [tier.above for tier in price.tiers] == [0, 10240, 51200, 153600]
    assert [tier.usd for tier in price.tiers] == [0.09, 0.085, 0.07, 0.05]


def test_two_products_for_one_price_refuse_that_price_alone() -> None:
    twins = [*BALANCERS, product("ALB2", "USE1-LoadBalancerUsage", ONE, operation="LoadBalancing:Application")]
    found = selected("AWSELB", twins)
    assert found.refused == ("price alb.hour in us-east-1: 2 products match: ALB1, ALB2",)
    assert [price.id for price in found.book.prices.values()] == ["alb.lcu"]


@pytest.mark.parametrize("tiers", [(ONE, ONE), (("5", "Inf", "1"),), (("0", "5", "1"), ("6", "Inf", "1"))])
def test_tiers_that_overlap_or_leave_a_gap_are_refused(tiers: tuple[tuple[str, str, str], ...]) -> None:
    found = selected("AmazonCloudWatch", [product("L", "DataProcessing-Bytes", *tiers)])
    assert found.refused == ("price logs.in in us-east-1: the tiers of L overlap, or leave a gap",)
    assert not found.book.prices


EXCERPTS = yaml.safe_load(Path(__file__).with_name("excerpts.yml").read_text())


@pytest.mark.parametrize("name", EXCERPTS)
def test_what_the_price_lists_really_say_gives_one_price_each(name: str) -> None:
    excerpt = EXCERPTS[name]
    listed = []
    for place, (usage_type, attributes, *tiers) in enumerate(excerpt["products"]):
        edges = [*(str(begin) for begin, _ in tiers), "Inf"]
        prices = [(edges[at], edges[at + 1], f"{usd:.10f}") for at, (_, usd) in enumerate(tiers)]
        listed.append(product(f"SKU{place}", usage_type, *prices, region=excerpt["region"], **attributes))
    found = selected(excerpt["offer"], listed, excerpt["region"])
    assert found.refused == ()
    assert {price.id: price.usd for price in found.book.prices.values()} == pytest.approx(excerpt["gives"])


def test_storage_of_postgresql_is_preferred_to_that_of_any_engine() -> None:
    both = [
        product(sku, "RDS:GP3-Storage", ("0", "Inf", usd), databaseEngine=engine, deploymentOption="Single-AZ")
        for sku, engine, usd in (("A", "Any", "0.2"), ("P", "PostgreSQL", "0.115"), ("M", "MySQL", "0.3"))
    ]
    assert prices_of("AmazonRDS", both) == {"rds.gp3": 0.115}
    assert prices_of("AmazonRDS", both[:1]) == {"rds.gp3": 0.2}


def test_terms_of_a_lease_are_not_taken() -> None:
    item = product("F", "Fargate-GB-Hours", ONE)
    text = json_list("AmazonECS", [item]).replace(
        '"termAttributes": {}', '"termAttributes": {"LeaseContractLength": "1yr"}'
    )
    assert not list(read_json([text], "us-east-1", "list"))


def test_reserved_prices_are_not_taken() -> None:
    listed = csv_list("AWSELB", BALANCERS, term="Reserved")
    assert not list(read_csv(listed.splitlines(True), "us-east-1", "list"))


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", '"OfferCode","AmazonECS"\n'])
def test_a_file_that_is_no_csv_list_is_refused(text: str) -> None:
    with pytest.raises(HomeportError, match="^list: is not a price list file"):
        list(read_csv(text.splitlines(True), "us-east-1", "list"))


def test_a_csv_list_that_is_cut_off_is_refused_with_its_line() -> None:
    listed = csv_list("AWSELB", BALANCERS).splitlines(True)
    with pytest.raises(HomeportError, match=r"list: line 7: \d+ values for 26 columns"):
        list(read_csv([*listed[:6], listed[6][:40]], "us-east-1", "list"))


@pytest.mark.parametrize("usd", ["", "free", "-1", "inf", "nan"])
def test_a_price_that_is_no_number_is_refused(usd: str) -> None:
    listed = csv_list("AmazonECS", [product("F", "Fargate-GB-Hours", ("0", "Inf", usd))])
    with pytest.raises(HomeportError, match="F: .* is no price"):
        list(read_csv(listed.splitlines(True), "us-east-1", "list"))


@given(st.integers(1, 60))
def test_json_is_read_in_chunks_of_any_size(size: int) -> None:
    text = json_list("AWSELB", BALANCERS)
    chunks = [text[at : at + size] for at in range(0, len(text), size)]
    assert list(read_json(chunks, "us-east-1", "list")) == list(read_json([text], "us-east-1", "list"))


@given(st.integers(0, 400))
def test_json_that_ends_too_early_is_refused(left: int) -> None:
    text = json_list("AWSELB", BALANCERS)
    with pytest.raises(HomeportError, match="^list: "):
        list(read_json([text[: left * len(text) // 401]], "us-east-1", "list"))


def test_json_holds_one_product_at_a_time() -> None:
    text = json_list("AWSELB", BALANCERS)
    taken: list[int] = []

    def chunks() -> object:
        for at in range(0, len(text), 50):
            taken.append(at)
            yield text[at : at + 50]

    first = next(found for found in walk_json(chunks(), "list") if found[0][0] == "products")  # type: ignore[arg-type]
    assert first[0] == ("products", "ALB1") and max(taken) < len(text) / 4
