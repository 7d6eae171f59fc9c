"""Which product of AWS's price lists is which price of the book, in each region; and rates → prices.

A usage type begins with its region: `EU-LoadBalancerUsage`. Two products for one price are no choice: that price is
refused, and said to be.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from homeport.cost.prices.book import GLOBAL, Price, PriceBook, Tier, book_of
from homeport.cost.prices.rate import Rate
from homeport.errors import HomeportError

PREFIXES: Mapping[str, tuple[str, ...]] = {
    "us-east-1": ("", "USE1-", "us-east-1-"),
    "us-east-2": ("USE2-", "us-east-2-"),
    "us-west-2": ("USW2-", "us-west-2-"),
    "ca-central-1": ("CAN1-", "ca-central-1-"),
    "eu-west-1": ("EU-", "EUW1-", "eu-west-1-"),
    "eu-west-2": ("EUW2-", "eu-west-2-"),
    "eu-central-1": ("EUC1-", "eu-central-1-"),
    "ap-southeast-1": ("APS1-", "ap-southeast-1-"),
    "ap-southeast-2": ("APS2-", "ap-southeast-2-"),
    "ap-northeast-1": ("APN1-", "ap-northeast-1-"),
}
REFUSED = re.compile(r"(^|-)TS-|Outposts|Windows", re.IGNORECASE)
SIZES = {"xl": "xlarge"} | {f"{n}xl": f"{n}xlarge" for n in (2, 4, 8, 12, 16, 24)}


@dataclass(frozen=True)
class Selector:
    """`usage_type` is a regular expression for all after the region's prefix; `{0}` of `id` is its first group.

    `prefers`: of several products those that have these attributes are taken, if there are any.
    """

    id: str
    offer: str
    usage_type: str
    unit: str
    where: Mapping[str, str] = field(default_factory=dict)
    is_global: bool = False
    prefers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Selection:
    """The book that rates make, and a sentence on each price that was refused, as several products match it."""

    book: PriceBook
    refused: tuple[str, ...] = ()


POSTGRESQL = {"databaseEngine": "PostgreSQL"}
# Storage of RDS is listed once for each engine, or for `Any`: the lists have had it both ways.
ENGINE = {"databaseEngine": "PostgreSQL|Any"}
# `where`: other attributes that the product must have; a regular expression for the whole value.
SELECTORS: tuple[Selector, ...] = (
    Selector("fargate.x86.vcpu", "AmazonECS", "Fargate-vCPU-Hours:perCPU", "vCPU-hour"),
    Selector("fargate.x86.gb", "AmazonECS", "Fargate-GB-Hours", "GB-hour"),
    Selector("fargate.arm.vcpu", "AmazonECS", "Fargate-ARM-vCPU-Hours:perCPU", "vCPU-hour"),
    Selector("fargate.arm.gb", "AmazonECS", "Fargate-ARM-GB-Hours", "GB-hour"),
    Selector("lambda.x86.gb-second", "AWSLambda", "Lambda-GB-Second", "GB-second"),
    Selector("lambda.arm.gb-second", "AWSLambda", "Lambda-GB-Second-ARM", "GB-second"),
    Selector("lambda.request", "AWSLambda", "Request", "request"),
    Selector("alb.hour", "AWSELB", "LoadBalancerUsage", "hour", {"operation": "LoadBalancing:Application"}),
    Selector("alb.lcu", "AWSELB", "LCUUsage", "LCU-hour", {"operation": "LoadBalancing:Application"}),
    Selector("nat.hour", "AmazonEC2", "NatGateway-Hours", "hour", {"operation": "NatGateway"}),
    Selector("nat.gb", "AmazonEC2", "NatGateway-Bytes", "GB", {"operation": "NatGateway"}),
    Selector("ipv4.hour", "AmazonVPC", "PublicIPv4:InUseAddress", "hour"),
    Selector("endpoint.hour", "AmazonVPC", "VpcEndpoint-Hours", "hour", {"operation": "VpcEndpoint"}),
    Selector("transfer.out", "AWSDataTransfer", "DataTransfer-Out-Bytes", "GB", {"transferType": "AWS Outbound"}),
    Selector("transfer.zone", "AWSDataTransfer", "DataTransfer-Regional-Bytes", "GB", {"transferType": "IntraRegion"}),
    Selector("api.http.request", "AmazonApiGateway", "ApiGatewayHttpRequest", "request"),
    Selector("endpoint.gb", "AmazonVPC", "VpcEndpoint-Bytes", "GB", {"operation": "VpcEndpoint"}),
    Selector("cloudfront.gb", "AmazonCloudFront", "US-DataTransfer-Out-Bytes", "GB", is_global=True),
    Selector("cloudfront.request", "AmazonCloudFront", "US-Requests-Tier2-HTTPS", "request", is_global=True),
    Selector("route53.zone", "AmazonRoute53", "HostedZone", "month", is_global=True),
    Selector("route53.query", "AmazonRoute53", "DNS-Queries", "query", is_global=True),
    Selector(
        "rds.{0}", "AmazonRDS", r"InstanceUsage:(db\.[\w.]+)", "hour",
        POSTGRESQL | {"deploymentOption": "Single-AZ"},
    ),
    Selector(
        "rds.gp3", "AmazonRDS", "RDS:GP3-Storage", "GB-month", ENGINE | {"deploymentOption": "Single-AZ"},
        prefers=POSTGRESQL,
    ),
    Selector("rds.backup", "AmazonRDS", "RDS:ChargedBackupUsage", "GB-month", ENGINE, prefers=POSTGRESQL),
    Selector("rds.extended-support", "AmazonRDS", "ExtendedSupport:Yr1-Yr2:PostgreSQL13", "vCPU-hour"),
    Selector("valkey.{0}", "AmazonElastiCache", r"NodeUsage:(cache\.[\w.]+)", "hour", {"cacheEngine": "Valkey"}),
    Selector("s3.gb", "AmazonS3", "TimedStorage-ByteHrs", "GB-month", {"volumeType": "Standard"}),
    Selector("s3.put", "AmazonS3", "Requests-Tier1", "request", {"group": "S3-API-Tier1"}),
    Selector("s3.get", "AmazonS3", "Requests-Tier2", "request", {"group": "S3-API-Tier2"}),
    Selector("ecr.gb", "AmazonECR", "TimedStorage-ByteHrs", "GB-month"),
    Selector("logs.in", "AmazonCloudWatch", "DataProcessing-Bytes", "GB"),
    Selector("logs.stored", "AmazonCloudWatch", "TimedStorage-ByteHrs", "GB-month"),
    Selector("cloudwatch.alarm", "AmazonCloudWatch", "CW:AlarmMonitorUsage", "month"),
    Selector("cloudwatch.metric", "AmazonCloudWatch", "CW:MetricMonitorUsage", "month"),
    Selector("cloudwatch.dashboard", "AmazonCloudWatch", "DashboardsUsageHour-Basic", "month", is_global=True),
    Selector("sns.publish", "AmazonSNS", "Requests-Tier1", "request"),
    Selector("sqs.request", "AWSQueueService", "Requests-(?:RBP|Tier1)", "request", {"queueType": "Standard"}),
    Selector("scheduler.invocation", "AWSEvents", "(?:Scheduler-Invocation|ScheduledInvocation)", "invocation"),
    Selector("ses.mail", "AmazonSES", "Recipients", "mail"),
    Selector("cognito.essentials.user", "AmazonCognito", "CognitoEssentialsMAU", "user"),
    Selector("secret.month", "AWSSecretsManager", "AWSSecretsManager-Secrets?", "month"),
    Selector("kms.key", "awskms", "KMS-Keys", "month"),
    Selector("kms.request", "awskms", "KMS-Requests", "request"),
    Selector("config.item", "AWSConfig", "ConfigurationItemRecorded", "item"),
    Selector("guardduty.event", "AmazonGuardDuty", "PaidEventsAnalyzed", "event"),
    Selector("guardduty.log-gb", "AmazonGuardDuty", "PaidEventsAnalyzed-Bytes", "GB"),
)  # fmt: skip
OFFERS: tuple[str, ...] = tuple(dict.fromkeys(selector.offer for selector in SELECTORS))


@lru_cache(maxsize=100_000)  # a file names the same few usage types in millions of lines
def find_selectors(offer: str, usage_type: str, region: str) -> tuple[tuple[Selector, str], ...]:
    """Selectors that may want a product, each with the id of its price. What is refused is wanted by none."""
    if REFUSED.search(usage_type):
        return ()
    rests = {usage_type[len(prefix) :] for prefix in _prefixes(region) if usage_type.startswith(prefix)}
    return tuple(
        (selector, selector.id.format(*(_size(group) for group in match.groups())))
        for selector in SELECTORS
        if selector.offer == offer
        for rest in ({usage_type} if selector.is_global else rests)
        if (match := re.fullmatch(selector.usage_type, rest))
    )


def select_prices(rates: Iterable[Rate], region: str, source: str) -> Selection:
    """The book of one region that the rates make, without the prices that are ambiguous."""
    found: dict[str, dict[str, list[Rate]]] = defaultdict(lambda: defaultdict(list))
    by_id: dict[str, Selector] = {}
    for rate in rates:
        for selector, id in find_selectors(rate.offer, rate.usage_type, region):
            if _is_wanted(rate, selector, region):
                found[id][rate.sku].append(rate)
                by_id[id] = selector
    chosen = {id: _preferred(by_id[id], by_sku) for id, by_sku in found.items()}
    refused = {id: reason for id, by_sku in chosen.items() if (reason := _doubt(by_sku))}
    prices = [
        _price(id, GLOBAL if by_id[id].is_global else region, by_id[id].unit, next(iter(by_sku.values())), source)
        for id, by_sku in chosen.items()
        if id not in refused
    ]
    book = book_of(max((price.date for price in prices), default="1970-01-01"), prices)
    return Selection(book, tuple(f"price {id} in {region}: {reason}" for id, reason in sorted(refused.items())))


def _preferred(selector: Selector, by_sku: Mapping[str, list[Rate]]) -> Mapping[str, list[Rate]]:
    better = {sku: rates for sku, rates in by_sku.items() if _has(rates[0], selector.prefers)}
    return better or by_sku


def _doubt(by_sku: Mapping[str, list[Rate]]) -> str:
    """Why nobody can say which price it is; empty if one can."""
    if len(by_sku) > 1:
        return f"{len(by_sku)} products match: {', '.join(sorted(by_sku))}"
    (sku, rates), *_ = by_sku.items()
    return f"the tiers of {sku} overlap, or leave a gap" if _overlaps(rates) else ""


def _prefixes(region: str) -> tuple[str, ...]:
    try:
        return PREFIXES[region]
    except KeyError:
        raise HomeportError(f"region {region}: is not known", f"use {', '.join(PREFIXES)}") from None


def _size(group: str) -> str:
    """`db.r6g.xl` is `db.r6g.xlarge`."""
    head, _, size = group.rpartition(".")
    return f"{head}.{SIZES.get(size, size)}"


def _is_wanted(rate: Rate, selector: Selector, region: str) -> bool:
    if rate.region and rate.region != region and not selector.is_global:
        return False
    return _has(rate, selector.where)


def _has(rate: Rate, attributes: Mapping[str, str]) -> bool:
    return all(re.fullmatch(value, rate.attributes.get(key, "")) for key, value in attributes.items())


def _overlaps(rates: Sequence[Rate]) -> bool:
    """Whether a product has two prices for the same quantity, or a gap between its tiers."""
    ordered = sorted(rates, key=lambda rate: rate.begin)
    ends = [0.0, *(rate.end for rate in ordered)]
    return any(rate.begin != end for rate, end in zip(ordered, ends, strict=False))


def _price(id: str, region: str, unit: str, rates: Sequence[Rate], source: str) -> Price:
    first = rates[0]
    return Price(
        id=id,
        region=region,
        service=first.offer,
        usage_type=first.usage_type,
        sku=first.sku,
        unit=unit,
        tiers=tuple(Tier(rate.begin, rate.usd) for rate in sorted(rates, key=lambda rate: rate.begin)),
        date=first.publication_date[:10],
        source=source,
        confidence="H",
    )
