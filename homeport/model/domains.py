"""Domains: which names are legal, what of a platform each leads to, and in which hosted zone it is.

A service with `domains` has an API of its own; `api.domains` lead to the one that all others share.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from homeport.model.platform import LOCAL, Platform
from homeport.model.problems import Place, Problem, show

LABEL = re.compile(r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
WILDCARD = "*."
# https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html, "DomainName": the first name
LENGTH_MAX = 64
FOREIGN = ("amazonaws.com", "cloudfront.net", "herokuapp.com", "herokudns.com")


def domains_of(platform: Platform) -> dict[str, str]:
    """Each domain and the service that it leads to; empty for the shared API. Of a platform in one environment."""
    found = dict.fromkeys(platform.api.domains, "")
    for name, service in platform.services.items():
        found |= dict.fromkeys(service.domains or (), name)
    return found


def find_zone(zones: Iterable[str], domain: str) -> str:
    """The narrowest of the zones that a domain is in; empty if it is in none."""
    name = domain.removeprefix(WILDCARD)
    return max((zone for zone in zones if name == zone or name.endswith(f".{zone}")), key=len, default="")


def find_domain_problem(domain: str) -> str:
    """What is wrong with a name as it is written; empty if nothing."""
    if not _is_domain(domain):
        return f"{show(domain)} is not a domain{_meant(domain) or ' such as shop.example.com'}"
    if len(domain) > LENGTH_MAX:
        return f"{show(domain)} has {len(domain)} characters; a certificate of ACM takes {LENGTH_MAX}"
    if owner := find_zone(FOREIGN, domain):
        return f"{show(domain)} belongs to {owner}, for which nobody else gets a certificate; leave it out"
    return ""


def clean_domain(text: str) -> str:
    """The same name as homeport.yml takes it: in lower case, in ASCII, without a last dot; empty if it is not legal."""
    try:
        name = text.lower().removesuffix(".").encode("idna").decode()
    except UnicodeError:
        return ""
    return name if _is_domain(name) and not find_domain_problem(name) else ""


def find_domain_problems(platform: Platform) -> Iterator[Problem]:
    """Illegal names, names given twice, and names at which nothing answers."""
    taken: dict[str, str] = {}
    places: list[tuple[Place, str, tuple[str, ...]]] = [(("api", "domains"), "the shared API", platform.api.domains)]
    for name, service in platform.services.items():
        at: Place = ("services", name, "domains")
        places.append((at, name, service.domains or ()))
        if service.domains is not None and not service.routes:
            yield Problem(at, "gives the service an API of its own, and nothing answers there; add `routes`")
    for at, owner, domains in places:
        for index, domain in enumerate(domains):
            if text := find_domain_problem(domain):
                yield Problem((*at, index), text)
            elif domain in taken:
                yield Problem((*at, index), f"{domain!r} already leads to {taken[domain]}; a domain leads to one place")
            taken.setdefault(domain, owner)
    yield from _zone_problems(platform)


def find_contested_domains(platform: Platform) -> Iterator[Problem]:
    """Domains that two environments in the cloud would have: AWS gives each to one account."""
    taken: dict[str, str] = {}
    for environment in (name for name in platform.environments if name != LOCAL):
        for domain, at in _domains_in(platform, environment):
            if domain in taken and taken[domain] != environment:
                text = f"{domain!r} would be in {taken[domain]} and in {environment}, and AWS gives it to one account: "
                yield Problem(at, f"{text}write it in `environments` below the one that has it")
            taken.setdefault(domain, environment)


def _domains_in(platform: Platform, environment: str) -> Iterator[tuple[str, Place]]:
    """Domains and where they are written; values of overrides are not yet checked, so they may be anything."""
    override = platform.environments[environment]
    above = ("environments", environment)
    written: list[tuple[Place, tuple[str, ...], Any]] = [(("api", "domains"), platform.api.domains, override.api)]
    written += [
        (("services", name, "domains"), service.domains or (), override.services.get(name) or {})
        for name, service in platform.services.items()
    ]
    for at, below, over in written:
        given = over.get("domains") if isinstance(over, dict) else None
        place = at if given is None else (*above, *at)
        domains = below if given is None else given
        if isinstance(domains, list | tuple):
            yield from ((domain, (*place, index)) for index, domain in enumerate(domains) if isinstance(domain, str))


def _zone_problems(platform: Platform) -> Iterator[Problem]:
    for name, environment in platform.environments.items():
        at = ("environments", name, "zones")
        if name == LOCAL and environment.zones:
            yield Problem(at, "the account on this machine has no hosted zones; leave it out")
        for index, zone in enumerate(environment.zones):
            if zone.startswith(WILDCARD) or find_domain_problem(zone):
                yield Problem((*at, index), f"{show(zone)} is not a hosted zone such as example.com")


def _is_domain(text: str) -> bool:
    labels = text.removeprefix(WILDCARD).split(".")
    return len(labels) > 1 and not labels[-1].isdigit() and all(map(LABEL.match, labels))


def _meant(text: str) -> str:
    bare = re.sub(r"^[a-z]+://", "", text.strip().lower()).partition("/")[0]
    found = clean_domain(bare)
    return f"; did you mean {found!r}?" if found and found != text else ""
