"""Platform → blocks of the stack `foundation`: what must survive, and what everything else hangs on."""

from collections.abc import Iterator

from homeport.model import names
from homeport.model.domains import domains_of, find_zone
from homeport.terraform.calls import call, label, reference
from homeport.terraform.foundation_outputs import distributions, render_outputs, with_api
from homeport.terraform.hcl import Block, Expression
from homeport.terraform.listeners import FIRST_PORT, LAST_PORT, assign_listeners, services_with_routes
from homeport.terraform.roots import Place

ISSUED = "issued"  # the variable that says which certificates are issued
MOVED = (("from", "gateway"), ("to", "api"))
STORAGE_GROWTH = 4  # a database may grow by itself to this many times its size
STORAGE_MAX_GB = 65536
VISIBILITY_SECONDS = 120  # a message that a service received stays hidden this long
VISIBILITY_OF_FUNCTION = (
    6  # times its timeout, as AWS advises: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
)


def render_foundation(place: Place) -> list[Block]:
    """Module calls and outputs, in reading order."""
    return [
        *_network(place),
        *_data(place),
        *_messages(place),
        *_front(place),
        *_domains(place),
        *render_outputs(place),
    ]


def _network(place: Place) -> Iterator[Block]:
    yield call(
        "network",
        "network",
        name=names.prefix(*place.prefix),
        region=place.platform.region,
        nat_gateway_per_zone=place.settings.availability == "high",
    )


def _data(place: Place) -> Iterator[Block]:
    network = {"vpc_id": reference("network", "vpc_id"), "subnet_ids": reference("network", "private_subnet_ids")}
    for name, database in place.platform.databases.items():
        identifier = names.database(*place.prefix, name)
        grown = min(database.storage_gb * STORAGE_GROWTH, STORAGE_MAX_GB)
        yield call(
            "database",
            label("database", name),
            name=identifier,
            database=name.replace("-", "_"),
            network=network,
            parameter_path=names.parameter(place.name, f"databases/{name}", "URL").removesuffix("/URL"),
            engine_version=database.version,
            size=database.size,
            storage={"gb": database.storage_gb, "max_gb": grown},
            extensions=sorted(database.extensions),
            availability={"standby": place.settings.availability == "high", "backup_days": database.backup_days},
            deletion={
                "protected": place.protected,
                "final_snapshot": None if place.name == "local" else f"{identifier}-final",
            },
        )
    for name, cache in place.platform.caches.items():
        yield call(
            "cache",
            label("cache", name),
            name=names.cache(*place.prefix, name),
            network=network,
            size=cache.size,
            replicas=cache.replicas,
        )
    yield from _buckets(place)


def _buckets(place: Place) -> Iterator[Block]:
    served = distributions(place)
    private = {
        name: names.bucket(*place.prefix, name, place.account) for name in place.platform.buckets if name not in served
    }
    for name, bucket_name in (private | served).items():
        declared, site = place.platform.buckets.get(name), place.platform.sites.get(name)
        yield call(
            "bucket",
            label("bucket", name),
            name=bucket_name,
            expire_days=declared.expire_days if declared else None,
            distribution_arns=[reference(label("cdn", name), "distribution_arn")] if name in served else [],
            protected=place.protected and site is None,  # a site is uploaded again by any deploy
        )
        if name in served:
            yield call(
                "cdn",
                label("cdn", name),
                name=names.distribution(*place.prefix, name),
                bucket_domain_name=reference(label("bucket", name), "domain_name"),
                index=site.index if site else None,
                not_found=site.not_found if site else None,
            )


def _messages(place: Place) -> Iterator[Block]:
    for name, topic in place.platform.topics.items():
        yield call(
            "topic",
            label("topic", name),
            name=names.topic(*place.prefix, name),
            retries=topic.retries,
            listeners={
                listener: {
                    "queue": names.queue(*place.prefix, name, listener),
                    "dead_letter_queue": names.dead_letter_queue(*place.prefix, name, listener),
                    "visibility_timeout_seconds": seconds,
                }
                for listener, seconds in _listeners(place, name).items()
            },
        )
    if mail := place.platform.mail:
        domain = mail.sender.rpartition("@")[2].lower()
        yield call("mail", "mail", name=names.prefix(*place.prefix), domain=domain)


def _listeners(place: Place, topic: str) -> dict[str, int]:
    """Who listens to a topic, and for how long a received message stays hidden."""
    services = {n: VISIBILITY_SECONDS for n, part in place.platform.services.items() if topic in part.on}
    functions = {
        name: part.timeout_seconds * VISIBILITY_OF_FUNCTION
        for name, part in place.platform.functions.items()
        if topic in part.on
    }
    return services | functions


def _front(place: Place) -> Iterator[Block]:
    platform, prefix = place.platform, names.prefix(*place.prefix)
    if users := platform.users:
        yield call(
            "users",
            "users",
            name=names.user_pool(*place.prefix),
            clients=list(users.clients),
            groups=list(users.groups),
            scopes=list(users.scopes),
            protected=place.protected,
        )
    yield call(
        "cluster",
        "cluster",
        name=names.cluster(*place.prefix),
        repositories={name: names.repository(*place.prefix, name) for name in platform.services},
        protected=place.protected,
    )
    numbers = {
        listener.load_balancer for listener in assign_listeners(services_with_routes(place.platform)).values()
    } or {"1"}
    yield call(
        "gateway",
        "gateway",
        name=prefix,
        network={
            "vpc_id": reference("network", "vpc_id"),
            "vpc_cidr": reference("network", "vpc_cidr"),
            "subnet_ids": reference("network", "private_subnet_ids"),
        },
        load_balancers={number: _load_balancer(place, number) for number in sorted(numbers, key=int)},
        listener_ports={"from": FIRST_PORT, "to": LAST_PORT},
        log_group=names.gateway_log_group(place.name),
    )
    yield _api(place, "api", names.api(*place.prefix))
    for thing in ("api", "authorizer", "stage"):  # the shared API keeps its address where `gateway` made it
        at = {key: f"module.{module}.aws_apigatewayv2_{thing}.this" for key, module in MOVED}
        yield Block("moved", (), {key: Expression(address) for key, address in at.items()})
    for service in with_api(place):
        yield _api(place, label("api", service), names.api(*place.prefix, service))


def _api(place: Place, module: str, name: str) -> Block:
    tokens = {
        "issuer": reference("users", "issuer"),
        "audience": Expression("values(module.users.client_ids)"),
    }
    return call(
        "api",
        module,
        name=name,
        tokens=tokens if place.platform.users else None,
        cors_origins=[reference(label("cdn", site), "url") for site in place.platform.sites],
        access_log_arn=reference("gateway", "access_log_arn"),
    )


def _domains(place: Place) -> Iterator[Block]:
    """AWS takes a domain only with its certificate, and that is issued when DNS says so: by any later apply."""
    owners, zones = domains_of(place.platform), place.settings.zones
    if not owners:
        return
    zone_of = {domain: find_zone(zones, domain) for domain in owners}
    for zone in sorted(set(filter(None, zone_of.values()))):
        yield Block("data", ("aws_route53_zone", _zone_label(zone)), {"name": zone})
    text = (
        "Domains whose certificate is issued, and whether no other record in Route 53 has the name. Homeport writes it."
    )
    variable = {"description": text, "type": Expression("map(bool)"), "default": {}}
    yield Block("variable", (ISSUED,), variable)
    yield call(
        "domains",
        "domains",
        domains={
            domain: {"api_id": reference(label("api", owner) if owner else "api", "id")}
            | ({"zone_id": Expression(f"data.aws_route53_zone.{_zone_label(zone)}.zone_id")} if zone else {})
            for (domain, owner), zone in zip(owners.items(), zone_of.values(), strict=True)
        },
        issued=Expression(f"var.{ISSUED}"),
    )


def _zone_label(zone: str) -> str:
    return f"zone_{zone}".replace(".", "_")


def _load_balancer(place: Place, number: str) -> str:
    name = names.load_balancer(*place.prefix)
    return name if number == "1" else names.shorten(f"{name}-{number}", 32)
