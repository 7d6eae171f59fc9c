"""dj_database_url's options, and sslmode forced on PostgreSQL."""

import re
from collections.abc import Iterator

import libcst as cst

from homeport.doctor.facts import Call, string_of
from homeport.doctor.finding import Edit, Finding, Patch
from homeport.doctor.module import Module
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "database-url",
    "TLS belongs into DATABASE_URL (`?sslmode=require`), which differs by environment: forced in code, the rehearsal's "
    "PostgreSQL and pgbouncer are out of reach. A kept connection that RDS has closed (failover, patching) fails the "
    "next request, unless its health is checked.",
)
CHECKED_SINCE = {"django": (4, 1), "dj-database-url": (2, 0)}  # `conn_health_checks`: before, no effect and a TypeError
NAMES = re.compile(r"(^|\.)dj_database_url\.(config|parse)$|(^|\.)(env|ENV)\.(dj_)?db(_url)?$")


def find(project: Project) -> Iterator[Finding]:
    for module in project.signed_modules:
        for call in module.facts.calls:
            if NAMES.search(call.name):
                yield from _forced(module, call)
                yield from _unchecked(project, module, call)
    for setting in project.assigned("DATABASES"):
        path, value = setting.assignment.path, setting.assignment.value
        if path[-1:] == ("sslmode",) and string_of(value) in ("require", "verify-ca", "verify-full"):
            title = "sslmode is forced for every environment"
            todo = "put `?sslmode=require` into DATABASE_URL instead, and remove this"
            yield RULE.at(setting.module, value, title, todo, severity="note")


def _forced(module: Module, call: Call) -> Iterator[Finding]:
    argument = call.argument("ssl_require")
    if argument is None or module.code(argument.value) == "False":
        return
    can_go = module.code(argument.value) == "True"
    patch = Patch((remove_argument(module, call.node, argument),)) if can_go else None
    todo = "RDS refuses plain connections by its parameter rds.force_ssl; the URL may say `?sslmode=require` as well"
    yield RULE.at(module, argument, "ssl_require forces TLS for every environment", todo, patch=patch)


def can_check(project: Project) -> bool:
    """Whether the pinned versions surely know `conn_health_checks`."""
    return all(project.is_at_least(package, version) for package, version in CHECKED_SINCE.items())


def _unchecked(project: Project, module: Module, call: Call) -> Iterator[Finding]:
    argument = call.argument("conn_max_age")
    if argument is None or call.argument("conn_health_checks") or module.code(argument.value) == "0":
        return
    title = "connections are kept, and their health is not checked"
    if not can_check(project):
        wanted = "Django 4.1 and dj-database-url 2.0, which the requirements do not pin or exceed"
        yield RULE.at(module, argument, title, f"add conn_health_checks=True: it needs {wanted}; or set conn_max_age=0")
        return
    end = module.span(argument)[1]
    line_start = module.line_starts[module.place(argument)[0] - 1]
    indent = module.text[line_start : module.span(argument)[0]]
    before = ", " if indent.strip() else f",\n{indent}"  # as the arguments stand: in one line, or one in each
    patch = Patch((Edit(module.file, end, end, f"{before}conn_health_checks=True"),))
    yield RULE.at(module, argument, title, "", patch=patch)


def remove_argument(module: Module, call: cst.Call, argument: cst.Arg) -> Edit:
    """Takes an argument away with one comma: its line too, if it stands alone there."""
    index = list(call.args).index(argument)
    start, end = module.span(argument.keyword or argument)[0], module.span(argument.value)[1]
    line_start = module.line_starts[module.place(argument.keyword or argument)[0] - 1]
    alone = re.match(r"[ \t]*,?[ \t]*(#[^\r\n]*)?(\r\n|\n|\r)", module.text[end:])
    if alone and not module.text[line_start:start].strip():
        return Edit(module.file, line_start, end + alone.end(), "")
    if index > 0:
        return Edit(module.file, module.span(call.args[index - 1].value)[1], end, "")
    comma = re.match(r"[ \t]*,?[ \t]*", module.text[end:])
    return Edit(module.file, start, end + (comma.end() if comma else 0), "")
