"""gunicorn without an access log."""

from collections.abc import Iterator

from homeport.doctor.finding import Finding
from homeport.doctor.gunicorn import find_gunicorns
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "gunicorn-access-log",
    "The buildpack sets GUNICORN_CMD_ARGS='--access-logfile -', and Heroku's router logs each request. Elsewhere the "
    "service's own log has no line about a request.",
)
TODO = "leave it out if the log of the API Gateway is enough for you"


def find(project: Project) -> Iterator[Finding]:
    for gunicorn in find_gunicorns(project):
        if gunicorn.command.is_web and gunicorn.is_known and not gunicorn.sets("accesslog"):
            edits = (gunicorn.add("accesslog", "-"),)
            title = "gunicorn writes no access log"
            yield RULE.on(gunicorn.command, title, TODO, severity="note", edits=edits)
