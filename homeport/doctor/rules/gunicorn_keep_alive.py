"""gunicorn that closes kept connections before the load balancer does."""

from collections.abc import Iterator

from homeport.doctor.finding import Finding
from homeport.doctor.gunicorn import find_gunicorns
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "gunicorn-keep-alive",
    "The load balancer keeps connections to a task open for 60 seconds. gunicorn closes them after 2 by itself; a "
    "request sent in that moment is answered with 502. The plain `sync` worker keeps none and is not concerned.",
)
IDLE_SECONDS = 60  # of the load balancer that Homeport makes
SECONDS = "75"


def find(project: Project) -> Iterator[Finding]:
    for gunicorn in find_gunicorns(project):
        if not gunicorn.command.is_web or not gunicorn.keeps_connections:
            continue
        value = gunicorn.value("keepalive")
        if value.isdigit() and int(value) <= IDLE_SECONDS:
            title = f"gunicorn closes kept connections after {value} s, the load balancer after {IDLE_SECONDS} s"
            yield RULE.on(gunicorn.command, title, f"set it to {SECONDS}")
        elif not value:
            title = f"gunicorn closes kept connections after 2 s, the load balancer after {IDLE_SECONDS} s"
            yield RULE.on(gunicorn.command, title, "", edits=(gunicorn.add("keepalive", SECONDS),))
