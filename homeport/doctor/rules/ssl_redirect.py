"""SECURE_SSL_REDIRECT and a health check that comes by http."""

from collections.abc import Iterator

from homeport.doctor.facts import string_of
from homeport.doctor.finding import Finding, Patch
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "ssl-redirect",
    "The load balancer asks for the health path by http. With SECURE_SSL_REDIRECT it is answered with 301, which does "
    "not count as healthy: tasks are replaced for ever.",
)
TODO = "the path is the service's `health:` in homeport.yml; keep both the same"


def find(project: Project) -> Iterator[Finding]:
    redirects = [s for s in project.assigned("SECURE_SSL_REDIRECT") if s.module.code(s.assignment.value) != "False"]
    if not redirects or project.knows("SECURE_REDIRECT_EXEMPT") == "set" or _health_comes_first(project):
        return
    setting = redirects[-1]
    paths = [string_of(health.assignment.value) for health in project.assigned("HEALTH_PATH")]
    path = next((path for path in paths if path), "/healthz").lstrip("/")
    line = f'SECURE_REDIRECT_EXEMPT = [r"^{path}$"]  # the load balancer asks by http'
    patch = Patch((setting.module.insert_after_line(setting.assignment.statement, line),))
    title = "SECURE_SSL_REDIRECT redirects the load balancer's health check"
    yield RULE.at(setting.module, setting.assignment.value, title, TODO, severity="error", patch=patch)


def _health_comes_first(project: Project) -> bool:
    """Whether a health middleware stands before SecurityMiddleware, which redirects."""
    for setting in project.assigned("MIDDLEWARE"):
        code = setting.module.code(setting.assignment.value)
        health, security = code.find("HealthMiddleware"), code.find("SecurityMiddleware")
        if health >= 0 and (security < 0 or health < security):
            return True
    return False
