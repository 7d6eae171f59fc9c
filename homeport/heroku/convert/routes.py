"""Apps with hosts of their own → routes of the one API, which cannot tell hosts: one has the root, others a prefix."""

from collections.abc import Mapping, Sequence

from homeport.heroku.convert.draft import ServiceDraft
from homeport.heroku.convert.records import Records
from homeport.heroku.records import Domain, Traffic

ROOT = ("ANY /", "ANY /{proxy+}")


def decide_routes(records: Records, services: Sequence[ServiceDraft]) -> Mapping[str, tuple[str, ...]]:
    """Routes by service. The root is for the one at `www` or the bare domain, else with most requests or tasks."""
    web = [service for service in services if service.has_web]
    ordered = sorted(web, key=lambda service: (_weight(records, service), service.name))
    found = {service.name: (f"ANY /{service.name}", f"ANY /{service.name}/{{proxy+}}") for service in web}
    if ordered:
        found[ordered[0].name] = ROOT
    return found


def is_root(routes: Sequence[str]) -> bool:
    return tuple(routes) == ROOT


def _weight(records: Records, service: ServiceDraft) -> tuple[float, ...]:
    """Smaller is more important: it sorts first."""
    app = service.apps().get("prod", "")
    requests = sum(sum(traffic.requests) for traffic in records.of(Traffic, app)) if app else 0.0
    is_front = any(_is_front(domain) for domain in records.of(Domain, app)) if app else False
    process = service.process("web")
    size = process.sizes.get("prod") if process else None
    return (not app, not is_front, -requests, -(size.max * size.cpu if size else 0))


def _is_front(domain: Domain) -> bool:
    """Whether a domain is what people type: `www.shop.example` or `shop.example`."""
    return domain.kind == "custom" and (domain.hostname.startswith("www.") or domain.hostname.count(".") == 1)
