"""The load balancer's health check: by http, with the task's IP address as Host, and nobody's cookie."""

import re
from collections.abc import Iterator

import libcst as cst

from homeport.doctor.facts import HEROKU, string_of
from homeport.doctor.finding import Edit, Finding, Patch
from homeport.doctor.project import Project, Rule, Setting
from homeport.doctor.urls import is_health_name, read_routes

RULE = Rule(
    "health-check",
    "The load balancer asks each task by its IP address, which is in nobody's ALLOWED_HOSTS: Django answers 400, no "
    "task ever becomes healthy, and the deploy is rolled back. Heroku's router did not ask.",
)
CLASS = "homeport_django.health.HealthMiddleware"
SERVER = re.compile(r"(^|/)(asgi|wsgi)(\.py$|/__init__\.py$)")  # it may answer before Django does
LINES = 'HEALTH_PATH = "{path}"\nRELEASE = os.environ.get("HOMEPORT_RELEASE", "")'
TODO = (
    "homeport django PATH puts homeport-django into the requirements: without it nothing starts; and write "
    "`health: /healthz` to the service in homeport.yml; or write a first middleware "
    "of your own that answers the health path before the host is checked"
)


def find(project: Project) -> Iterator[Finding]:
    found = project.middleware
    assigned = project.effective("MIDDLEWARE")
    if not assigned or any(_answers(setting) for setting in assigned):
        return
    if any("health" in text.lower() for file, text in project.texts.items() if SERVER.search(file)):
        return
    if any(_allows_all(project, setting) for setting in project.effective("ALLOWED_HOSTS")):
        yield from _unanswered(project, assigned[-1])
        return
    if found is None:
        setting, todo = assigned[-1], "make sure that its first middleware answers the health path"
        title = "could not tell whether a middleware answers the load balancer: MIDDLEWARE is computed"
        yield RULE.at(setting.module, setting.assignment.value, title, todo, severity="note")
        return
    title = "the load balancer's health check is refused: its Host is an IP address"
    yield RULE.at(found.module, found.assignment.value, title, TODO, severity="error", patch=_answer(project, found))


def _answer(project: Project, found: Setting) -> Patch:
    """A patch that lets a middleware answer."""
    imports = found.module.import_edits("os")
    settings = found.module.insert_after_line(found.assignment.statement, LINES.format(path=project.deployed.health))
    return Patch((*imports, *add_middleware(found, CLASS), settings))


def _unanswered(project: Project, setting: Setting) -> Iterator[Finding]:
    """Every host is allowed, so a URL could answer: it is told if none does, or if that cannot be told."""
    path, routes = project.deployed.health, read_routes(project)
    if routes is None or any(route.answers(path) for route in routes if not route.is_open):
        return
    module, value = setting.module, setting.assignment.value
    own = next((f"/{route.shown}" for route in routes if route.is_health), None)
    title = f"no URL or middleware answers {path}"
    if own:
        todo = f"write `health: {own}` to the service in homeport.yml, if {own} answers 200 to everybody"
        yield RULE.at(module, value, f"{title}; the project's own health URL seems to be {own}", todo)
    elif any(route.answers(path) for route in routes):
        title = f"could not tell whether a URL answers {path}: some are included from elsewhere"
        yield RULE.at(module, value, title, "make sure that it is answered with 200", severity="note")
    else:
        patch = _answer(project, project.middleware) if project.middleware else None
        yield RULE.at(module, value, title, TODO, severity="error", patch=patch)


def add_middleware(setting: Setting, name: str) -> tuple[Edit, ...]:
    """Writes a class as the first of the list, at the place and in the quotes of the one that is first now."""
    module, value = setting.module, setting.assignment.value
    elements = value.elements if isinstance(value, cst.List | cst.Tuple) else ()
    if not elements:
        start, end = module.span(value)
        return (Edit(module.file, start, end, f'["{name}"]'),)
    first = elements[0]  # with the star of `*BASE`
    start, _ = module.span(first)
    quote = module.text[start] if module.text[start] in "\"'" else '"'
    line_start = module.line_starts[module.place(first)[0] - 1]
    indent = module.text[line_start:start]
    if not indent.strip():
        return (Edit(module.file, line_start, line_start, f"{indent}{quote}{name}{quote},\n"),)
    return (Edit(module.file, start, start, f"{quote}{name}{quote}, "),)


def _answers(setting: Setting) -> bool:
    """Whether a middleware is one for health checks, by the words of its dotted path: `shipping` is no `ping`."""
    value = setting.assignment.value
    inside = setting.module.span(value)
    strings = [node for node in setting.module.facts.strings if _is_within(setting.module.span(node), inside)]
    return any(is_health_name(string_of(node) or "") for node in strings)


def _is_within(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _allows_all(project: Project, setting: Setting) -> bool:
    """Whether every host is allowed; not so where only Heroku's own variables would lead there."""
    if not re.search(r"[\"']\*[\"']", setting.module.code(setting.assignment.value)):
        return False
    asks_heroku = any(read.variable.startswith(("DYNO", "HEROKU_")) for read in setting.module.facts.reads)
    return not (asks_heroku and any(HEROKU.search(condition.text) for condition in setting.assignment.conditions))
