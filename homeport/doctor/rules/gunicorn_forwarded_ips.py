"""gunicorn that trusts no proxy, where Django relies on it for the scheme."""

from collections.abc import Iterator

from homeport.doctor.finding import Finding
from homeport.doctor.gunicorn import find_gunicorns
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "gunicorn-forwarded-ips",
    "The buildpack sets FORWARDED_ALLOW_IPS=*, so that gunicorn believes X-Forwarded-Proto of Heroku's router. "
    "Elsewhere it believes 127.0.0.1 only. Only security groups let the load balancer alone reach a task.",
)
TODO = "not needed once SECURE_PROXY_SSL_HEADER is set (rule `proxy-ssl-header`): Django then reads the header itself"


def find(project: Project) -> Iterator[Finding]:
    is_declared = "FORWARDED_ALLOW_IPS" in project.deployed.environment
    if is_declared or project.knows("SECURE_PROXY_SSL_HEADER") == "set":
        return
    for gunicorn in find_gunicorns(project):
        is_set = gunicorn.sets("forwarded_allow_ips") or "FORWARDED_ALLOW_IPS" in gunicorn.command.text
        if gunicorn.command.is_web and gunicorn.is_known and not is_set:
            edits = (gunicorn.add("forwarded_allow_ips", "'*'"),)
            yield RULE.on(gunicorn.command, "gunicorn does not believe the load balancer", TODO, edits=edits)
