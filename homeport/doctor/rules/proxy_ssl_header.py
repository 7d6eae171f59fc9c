"""SECURE_PROXY_SSL_HEADER: how Django learns that the client came by https."""

from collections.abc import Iterator

import libcst as cst

from homeport.doctor.facts import string_of
from homeport.doctor.finding import Finding, Patch
from homeport.doctor.project import Project, Rule, Setting

RULE = Rule(
    "proxy-ssl-header",
    "TLS ends before the container. On Heroku gunicorn told Django so, because the buildpack set FORWARDED_ALLOW_IPS; "
    "elsewhere request.is_secure() is False: redirects to https never end, and secure cookies and CSRF checks fail.",
)
HEADER = "HTTP_X_FORWARDED_PROTO"
VALUE = f'("{HEADER}", "https")'
TODO = "behind an API Gateway, the header says http unless `forwarded-scheme` is mended too"


def find(project: Project) -> Iterator[Finding]:
    state = project.knows("SECURE_PROXY_SSL_HEADER")
    for setting in project.assigned("SECURE_PROXY_SSL_HEADER"):
        yield from _other_header(setting)
    if state == "set" or project.home is None:
        return
    module, node = project.home.module, project.home.assignment.statement
    if state == "unknown":
        title = "could not tell whether SECURE_PROXY_SSL_HEADER is set: some settings are computed"
        yield RULE.at(module, node, title, f"make sure that it is {VALUE}", severity="note")
        return
    patch = project.add_setting(f"SECURE_PROXY_SSL_HEADER = {VALUE}")
    yield RULE.at(module, node, "SECURE_PROXY_SSL_HEADER is not set", TODO, severity="error", patch=patch)


def _other_header(setting: Setting) -> Iterator[Finding]:
    """A header that AWS does not set. One that is no X- header is a CDN's: it may stay in front of the service."""
    module, value = setting.module, setting.assignment.value
    elements = value.elements if isinstance(value, cst.Tuple | cst.List) else ()
    header = string_of(elements[0].value) if elements else None
    if header is None or header == HEADER:
        return
    title = f"SECURE_PROXY_SSL_HEADER reads {header}, which no AWS load balancer sets"
    if header.startswith("HTTP_X_"):
        words = (f'"{HEADER}"', '"https"')
        edits = (module.replace(element.value, word) for element, word in zip(elements, words, strict=False))
        yield RULE.at(module, value, title, TODO, severity="error", patch=Patch(tuple(edits)))
    else:
        todo = f"keep the CDN that sets it in front of the service, or read {HEADER} instead"
        yield RULE.at(module, value, title, todo, severity="note")
