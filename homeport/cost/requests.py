"""What stands in front of services: the API's requests, the load balancer with its LCUs, the access log."""

import math
from collections.abc import Callable, Iterator

from homeport.cost import assumptions as assume
from homeport.cost.lcu import lcus, load_of_requests
from homeport.cost.line import CASES, HOURS, NOTHING, Amount, Use, amount_of, fixed
from homeport.cost.place import Place, web_services

UNIT_KB = 512  # the API counts an answer in units of this size
LISTENERS = 50  # of a load balancer (terraform/listeners.py)
ROUTE_METRICS = 6  # of each route: count, two of errors, two of latency, bytes


def balancer_uses(count: int, lcu: Amount, part: str = "") -> list[Use]:
    """Hours of load balancers, and capacity units on average over the month."""
    return [
        Use(price="alb.hour", amount=fixed(count * HOURS), item="load balancer", kind="requests", part=part),
        Use(price="alb.lcu", amount=lcu.times(HOURS), item="load balancer's capacity", kind="requests", part=part),
    ]


def api_uses(requests: Amount, part: str = "") -> list[Use]:
    """Requests to an HTTP API; its VPC link costs nothing."""
    return [Use(price="api.http.request", amount=requests, item="requests to the API", kind="requests", part=part)]


def request_uses(place: Place) -> Iterator[Use]:
    """Of services and functions with routes, and of the load balancers that reach services."""
    for name in routed(place):
        requests, kb = requests_of(place, name), response_kb(place, name)
        yield from api_uses(requests.times(max(1, math.ceil(kb.typical / UNIT_KB))), name)
        yield Use(
            price="cloudwatch.metric",
            amount=Amount(0, 0, ROUTE_METRICS * _routes(place, name), "assumed", "detailed metrics of routes"),
            item="metrics of each route",
            kind="watching",
            part=name,
            note="AWS does not say whether route metrics of HTTP APIs are billed as custom metrics",
        )
    if place.layout.front == "balancer":
        yield from _balancers(place)
    else:
        yield Use(
            price="route53.zone", amount=fixed(1), item="private zone of Cloud Map", kind="requests", note="no balancer"
        )


def routed(place: Place) -> list[str]:
    """Services and functions that answer requests."""
    return [*web_services(place), *(name for name, part in place.platform.functions.items() if part.routes)]


def requests_of(place: Place, name: str) -> Amount:
    """HTTP requests a month."""
    return place.measured(place.service(name).requests, assume.REQUESTS)


def response_kb(place: Place, name: str) -> Amount:
    measured = place.service(name).response_kb
    return amount_of(measured) if measured else assume.RESPONSE_KB


def answered_gb(place: Place, name: str) -> Amount:
    """What the answers to a service's requests weigh."""
    return requests_of(place, name).of(response_kb(place, name)).times(1e-6)


def access_log_gb(place: Place) -> Amount:
    """What the API logs of its requests."""
    requests = sum((requests_of(place, name) for name in routed(place)), NOTHING)
    return requests.of(assume.ACCESS_LOG_KB).times(1e-6)


def _routes(place: Place, name: str) -> int:
    platform = place.platform
    return len((platform.services.get(name) or platform.functions[name]).routes)


def _balancers(place: Place) -> Iterator[Use]:
    services = list(web_services(place))
    if place.layout.sharing == "isolated":
        for name in services:
            yield from balancer_uses(1, _lcu(place, [name]), name)
    else:
        count = max(1, -(-len(services) // LISTENERS))  # modules/gateway makes one even without a service
        yield from balancer_uses(count, _lcu(place, services))


def _lcu(place: Place, services: list[str]) -> Amount:
    """Of the services' requests together: on average over the month, in each of the three cases."""
    loads = [(requests_of(place, name), response_kb(place, name), _duration_ms(place, name)) for name in services]
    known = sum((requests.of(kb).of(ms) for requests, kb, ms in loads), NOTHING)  # as sure as its least sure part

    def units(case: Callable[[Amount], float]) -> float:
        count = sum(case(requests) for requests, _, _ in loads)
        kb = sum(case(requests) * case(kb) for requests, kb, _ in loads)
        ms = sum(case(requests) * case(ms) for requests, _, ms in loads)
        return lcus(load_of_requests(count, kb / count, ms / count)) if count else 0.0

    typical, low, high = (units(case) for case in CASES)
    return Amount(typical, low, high, known.basis, known.source)


def _duration_ms(place: Place, name: str) -> Amount:
    measured = place.service(name).duration_ms
    return amount_of(measured) if measured else assume.DURATION_MS
