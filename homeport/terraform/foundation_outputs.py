"""What the stack `foundation` tells to `apps`, to deploys and to `homeport up`: ids, names, addresses; no secrets."""

from collections.abc import Iterator
from typing import Any

from homeport.model import names
from homeport.model.domains import domains_of
from homeport.terraform.calls import label, map_of, output, reference
from homeport.terraform.hcl import Block
from homeport.terraform.roots import Place

API = ("id", "endpoint", "host", "execution_arn", "authorizer_id")
GATEWAY = ("vpc_link_id", "load_balancer_arns", "load_balancer_security_group_id")
DATABASE = ("name", "address", "port", "security_group_id", "url_parameter_arn", "url_parameter_name")


def render_outputs(place: Place) -> Iterator[Block]:
    """One output for each kind of thing."""
    network = map_of("network", "vpc_id", ("subnet_ids", "private_subnet_ids"))
    yield output("network", "Network and private subnets.", network)
    yield output("cluster", "The ECS cluster.", map_of("cluster", "name", "arn"))
    yield output("repositories", "Image repository of each service.", reference("cluster", "repositories"))
    api = map_of("api", *API) | map_of("gateway", *GATEWAY)
    yield output("api", "The shared API, and what routes to services need.", api)
    for name, (description, value) in _kinds(place).items():
        if value:
            yield output(name, description, value)
    if domains_of(place.platform):
        text = "Of each domain: its certificate, the DNS record that gets it issued, and what its own record points to."
        yield output("domains", text, reference("domains", "domains"))
    if place.platform.users:
        yield output("users", "The user pool.", map_of("users", "id", "arn", "issuer", "client_ids"))
    if mail := place.platform.mail:
        value = {"sender": mail.sender} | map_of("mail", "identity_arn", "configuration_set_arn", "dns_records")
        yield output("mail", "Who mail comes from, and the DNS records that prove it.", value)


def with_api(place: Place) -> list[str]:
    """Services with an API of their own."""
    return [name for name, service in place.platform.services.items() if service.domains is not None]


def distributions(place: Place) -> dict[str, str]:
    """What CloudFront serves: name of the site or public bucket → name of the bucket in S3."""
    platform = place.platform
    public = [name for name, bucket in platform.buckets.items() if bucket.public_read]
    return {name: names.bucket(*place.prefix, name, place.account) for name in public} | {
        name: names.site_bucket(*place.prefix, name, place.account) for name in platform.sites
    }


def _kinds(place: Place) -> dict[str, tuple[str, dict[str, Any]]]:
    """Name of the output → what it is, and a map with an entry for each declared thing."""
    platform = place.platform
    return {
        "apis": (
            "APIs of services that have one of their own.",
            {name: map_of(label("api", name), *API) | map_of("gateway", "vpc_link_id") for name in with_api(place)},
        ),
        "databases": (
            "Databases, and the parameter with each one's URL.",
            {name: map_of(label("database", name), *DATABASE) for name in platform.databases},
        ),
        "caches": (
            "Caches.",
            {name: map_of(label("cache", name), "url", "port", "security_group_id") for name in platform.caches},
        ),
        "topics": (
            "Topics, and the queues of who listens.",
            {name: map_of(label("topic", name), "arn", "queues") for name in platform.topics},
        ),
        "buckets": (
            "Buckets, and where CloudFront serves them.",
            {name: _bucket(place, name) for name in platform.buckets},
        ),
        "sites": (
            "Websites: bucket, distribution and URL.",
            {name: _site(name) for name in platform.sites},
        ),
    }


def _bucket(place: Place, name: str) -> dict[str, Any]:
    url = {"url": reference(label("cdn", name), "url")} if name in distributions(place) else {}
    return map_of(label("bucket", name), "name", "arn") | url


def _site(name: str) -> dict[str, Any]:
    bucket = {"bucket": reference(label("bucket", name), "name")}
    return bucket | map_of(label("cdn", name), "distribution_id", "url")
