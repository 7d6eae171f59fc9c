"""A web process that listens on a port of its own choice, or on loopback."""

import re
from collections.abc import Iterator

from homeport.doctor.commands import SERVERS, Command
from homeport.doctor.finding import Edit, Finding, Patch
from homeport.doctor.gunicorn import Gunicorn, find_gunicorns
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "hard-coded-port",
    "The load balancer asks on the port that the platform chose and passes as PORT. A server on another port, or on "
    "loopback or a socket for nginx, is never reached.",
)
PORT = re.compile(r"^(.*:)?(\d{2,5})$")
ASSIGNED = re.compile(r"^[\"'](?:[^\"']*:(\d{2,5})|unix:[^\"']*)[\"']$")


def find(project: Project) -> Iterator[Finding]:
    for command in project.commands:
        if not command.is_web:
            continue
        if command.program(*SERVERS):
            yield from _fixed_port(command)
        if "runserver" in [word.text for word in command.words]:
            todo = "add gunicorn to the requirements and run `gunicorn <project>.wsgi`"
            title = "the development server answers requests"
            yield RULE.on(command, title, todo, severity="error")
    for gunicorn in find_gunicorns(project):
        yield from _fixed_in_config(gunicorn)


def _fixed_in_config(gunicorn: Gunicorn) -> Iterator[Finding]:
    assignment = gunicorn.assignment("bind")
    if gunicorn.config is None or assignment is None or not gunicorn.command.is_web:
        return
    found = ASSIGNED.search(gunicorn.config.code(assignment.value))
    if found is None:
        return
    title = f"gunicorn listens on port {found[1]}" if found[1] else "gunicorn listens on a socket, for an nginx"
    patch = Patch((gunicorn.config.remove_line(assignment.statement),))
    yield RULE.at(gunicorn.config, assignment.value, title, "", severity="error", patch=patch)


def _fixed_port(command: Command) -> Iterator[Finding]:
    option = command.option("--bind", "-b", "--port", "-p", "--listen", "--http", "--http-socket")
    if option is None or option.value.startswith("unix:"):
        if option is not None:
            title = "the server listens on a socket, for an nginx that will not be there"
            edits = (Edit(command.file, option.value_start, option.end, "0.0.0.0:$PORT"),)
            yield RULE.on(command, title, "", severity="error", edits=edits)
        return
    found = PORT.match(option.value)
    if found is None:
        return
    host = (found[1] or "").replace("127.0.0.1", "0.0.0.0").replace("localhost", "0.0.0.0")
    edits = (Edit(command.file, option.value_start, option.end, f"{host}$PORT"),)
    title = f"the server listens on port {found[2]} instead of $PORT"
    yield RULE.on(command, title, "", severity="error", edits=edits)
