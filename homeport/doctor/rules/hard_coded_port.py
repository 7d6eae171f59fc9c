"""A web process that listens on a port of its own choice, or on loopback."""

import re
from collections.abc import Iterator

from homeport.doctor.commands import SERVERS, Command
from homeport.doctor.finding import Edit, Finding, Patch
from homeport.doctor.gunicorn import Gunicorn, find_gunicorns
from homeport.doctor.project import Project, Rule
from homeport.doctor.uwsgi import find_sockets

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
            yield from _fixed_in_ini(project, command)
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


def _fixed_in_ini(project: Project, command: Command) -> Iterator[Finding]:
    """uwsgi's ini file: its own protocol, or a port of its own; not beside a line that takes the platform's."""
    sockets = list(find_sockets(project, command))
    if any(socket.is_http and "PORT" in socket.value for socket in sockets):
        return
    for index, socket in enumerate(sockets):
        if socket.is_http:
            title = f"uwsgi listens at {socket.value} instead of $(PORT)"
        else:
            title = f"uwsgi speaks its own protocol at {socket.value}, for an nginx that will not be there"
        patch = Patch((Edit(socket.file, socket.start, socket.end, "http-socket = :$(PORT)"),)) if index == 0 else None
        todo = "" if patch else "remove this line"
        yield Finding(RULE.name, socket.file, socket.line, 1, "error", title, RULE.why, todo, patch)


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
