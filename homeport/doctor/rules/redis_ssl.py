"""Redis without a check of its certificate, as Heroku's self-signed ones ask for."""

import re
from collections.abc import Iterator

import libcst as cst

from homeport.doctor.facts import string_of
from homeport.doctor.finding import Edit, Finding, Patch
from homeport.doctor.module import Module
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "redis-ssl",
    "Heroku's Redis has a self-signed certificate, so its check was turned off. ElastiCache has one that every client "
    "trusts; without the check, anybody in between is believed.",
)
TITLE = "Redis' certificate is not checked"
OFF = re.compile(r"^(None|(ssl\.)?CERT_NONE|[\"'](none|CERT_NONE)[\"'])$")
IN_URL = re.compile(r"([?&])ssl_cert_reqs=(none|CERT_NONE)(&?)")
TODO = "deploy this when REDIS_URL is ElastiCache's: until the move, Heroku's own Redis refuses it"
COMMENT = re.compile(r"#.*(certificat|verif|self.?signed|\bssl|\btls)", re.IGNORECASE)
LINES_ABOVE = 6


def find(project: Project) -> Iterator[Finding]:
    for module in project.signed_modules:
        for node in [*_in_dicts(module), *_in_calls(module), *_in_assignments(module)]:
            if OFF.match(module.code(node)):
                patch = Patch((module.replace(node, '"required"'),))
                yield RULE.at(module, node, TITLE, _todo(module, node), patch=patch)
        yield from _in_urls(module)


def _todo(module: Module, node: cst.CSTNode) -> str:
    """What remains; with the place of a comment nearby that says why the check was off, which a patch leaves alone."""
    line, _ = module.place(node)
    first = max(1, line - LINES_ABOVE)
    lines = enumerate(module.text.splitlines()[first - 1 : line], start=first)
    comment = next((number for number, text in lines if COMMENT.search(text)), None)
    return (
        f"{TODO}; the comment at {module.file}:{comment} speaks of the check: see if it still holds"
        if comment
        else TODO
    )


def _in_dicts(module: Module) -> Iterator[cst.BaseExpression]:
    for node in module.facts.dicts:
        for element in node.elements:
            if isinstance(element, cst.DictElement) and string_of(element.key) == "ssl_cert_reqs":
                yield element.value


def _in_calls(module: Module) -> Iterator[cst.BaseExpression]:
    for call in module.facts.calls:
        if argument := call.argument("ssl_cert_reqs"):
            yield argument.value


def _in_assignments(module: Module) -> Iterator[cst.BaseExpression]:
    for assignment in module.facts.assignments:
        if assignment.path[-1:] == ("ssl_cert_reqs",):
            yield assignment.value


def _in_urls(module: Module) -> Iterator[Finding]:
    for node in module.facts.strings:
        start, _ = module.span(node)
        for found in IN_URL.finditer(module.code(node)):
            keep = found[1] if found[3] else ""
            edit = Edit(module.file, start + found.start(), start + found.end(), keep)
            yield RULE.at(module, node, TITLE, _todo(module, node), patch=Patch((edit,)))
