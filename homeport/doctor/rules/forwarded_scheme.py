"""The client's scheme and address behind an API Gateway and a load balancer, which only `Forwarded` tells."""

from collections.abc import Iterator

from homeport.doctor.finding import Finding, Patch
from homeport.doctor.project import Project, Rule
from homeport.doctor.rules.health_check import add_middleware

RULE = Rule(
    "forwarded-scheme",
    "API Gateway reaches the load balancer by http, and the load balancer sets X-Forwarded-Proto to that: the header "
    "Django trusts says http for every client. The client's scheme and address stand in `Forwarded` (RFC 7239).",
)
CLASS = "homeport_django.proxy.ForwardedMiddleware"
TODO = "homeport django PATH puts homeport-django into the requirements: without it nothing starts"


def find(project: Project) -> Iterator[Finding]:
    for setting in project.assigned("MIDDLEWARE"):
        if "ForwardedMiddleware" in setting.module.code(setting.assignment.value):
            return
    found = project.middleware
    if found is None or project.knows("MIDDLEWARE") != "set":
        return
    module, value = found.module, found.assignment.value
    title = "behind an API Gateway, Django takes every client for one that came by http"
    yield RULE.at(module, value, title, TODO, patch=Patch(add_middleware(found, CLASS)))
