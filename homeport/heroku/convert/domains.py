"""Hosts of apps → APIs of their own: a service answers at the root of its API, and at its domains in each environment.

On Heroku each app has a host of its own, and its URLs begin at the root. A path of an API that it shares with others
would break them.
"""

from collections.abc import Mapping, Sequence

from homeport.heroku.convert.draft import ENVIRONMENTS, ServiceDraft
from homeport.heroku.convert.records import Records
from homeport.heroku.records import Domain
from homeport.model.domains import clean_domain

ROUTES = ("ANY /", "ANY /{proxy+}")


def decide_domains(records: Records, services: Sequence[ServiceDraft]) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Domains by service and environment. Each goes to one account: the first that has it, production before all."""
    found: dict[str, dict[str, tuple[str, ...]]] = {service.name: {} for service in services}
    taken: set[str] = set()
    for environment in ENVIRONMENTS:
        for service in services:
            app = service.apps().get(environment)
            if app is None or not service.has_web:
                continue
            custom = (domain.hostname for domain in records.of(Domain, app) if domain.kind == "custom")
            names = sorted({clean_domain(hostname) for hostname in custom} - {"", *taken})
            taken.update(names)
            found[service.name] |= {environment: tuple(names)} if names else {}
    return found
