"""How long AWS lets names be: the names that one environment of a platform would get, and which are too long."""

from collections.abc import Iterator
from dataclasses import dataclass

from homeport.model import names
from homeport.model.platform import Platform
from homeport.model.problems import Place, Problem


@dataclass(frozen=True)
class Named:
    """Something that gets a name in AWS."""

    path: Place
    what: str
    name: str
    length_max: int


def find_long_names(platform: Platform, environment: str) -> list[Problem]:
    """Problems for each name that AWS would refuse in this environment."""
    return [
        Problem(
            item.path,
            f"the {item.what} {item.name!r} has {len(item.name)} characters; AWS allows {item.length_max}",
        )
        for item in named(platform, environment)
        if len(item.name) > item.length_max
    ]


def named(platform: Platform, environment: str) -> Iterator[Named]:
    """Everything whose name could become too long, with AWS's limit."""
    base = (platform.name, environment)
    account = platform.environment(environment).account or "0" * 12
    yield Named(("name",), "load balancer", names.load_balancer(*base), 32)
    yield Named(("name",), "bucket of Terraform's state", names.state_bucket(*base, account), 63)
    for service in platform.services:
        yield Named(("services", service), "role", names.role(*base, service, "execution"), 64)
    for function in platform.functions:
        yield Named(("functions", function), "Lambda function", names.function(*base, function), 64)
        yield Named(("functions", function), "role", names.role(*base, function, "schedule"), 64)
    for database in platform.databases:
        yield Named(("databases", database), "RDS instance", names.database(*base, database), 63)
    for cache in platform.caches:
        yield Named(("caches", cache), "ElastiCache group", names.cache(*base, cache), 40)
    for bucket in platform.buckets:
        yield Named(("buckets", bucket), "bucket", names.bucket(*base, bucket, account), 63)
    for site in platform.sites:
        yield Named(("sites", site), "bucket", names.site_bucket(*base, site, account), 63)
    for kind in ("services", "functions"):
        for listener, part in getattr(platform, kind).items():
            for topic in part.on:
                queue = names.dead_letter_queue(*base, topic, listener)
                yield Named((kind, listener, "on"), "queue", queue, 80)
