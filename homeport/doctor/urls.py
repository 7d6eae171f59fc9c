"""The URLconf that ROOT_URLCONF names → the paths that it answers, as far as they are written out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from homeport.doctor.facts import dotted, string_of
from homeport.doctor.module import Module
from homeport.doctor.project import Project
from homeport.doctor.settings import find_module

ROUTES = {"path", "re_path", "url"}
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
HEALTH = {
    *("health", "healthz", "healthcheck", "healthchecks", "alive", "livez", "liveness", "readyz", "readiness"),
    *("heartbeat", "watchman", "probe", "probes", "ping"),
}


@dataclass(frozen=True)
class Route:
    """A path as a regular expression. `is_open` where more follows that could not be read: `include(router.urls)`."""

    pattern: str
    shown: str  # the path in words, "" if it has parameters
    is_open: bool
    is_health: bool

    def answers(self, path: str) -> bool:
        """Whether a request for the path comes here; for an open one, whether it may."""
        try:
            match = re.match if self.is_open else re.fullmatch
            return bool(match(self.pattern, path.lstrip("/")))
        except re.error:
            return False


def is_health_name(name: str) -> bool:
    """Whether one of the words of a dotted or slashed name is of health checks: `shipping` is no `ping`."""
    return bool({word.lower() for word in WORD.findall(name)} & HEALTH)


def read_routes(project: Project) -> tuple[Route, ...] | None:
    """Routes of the project; None if its URLconf cannot be found."""
    for setting in reversed(project.effective("ROOT_URLCONF")):
        name = string_of(setting.assignment.value)
        file = find_module(name, project.texts, ".") if name else None
        module = project.module(file) if file else None
        if module:
            return tuple(_routes(project, module, "", "", ()))
    return None


def _routes(project: Project, module: Module, before: str, shown: str, path: tuple[str, ...]) -> Iterator[Route]:
    for call in module.facts.calls:
        if call.name.rpartition(".")[2] in ROUTES and len(call.node.args) > 1:
            first, view = call.node.args[0].value, call.node.args[1].value
            if isinstance(first, cst.Call) and first.args:
                first = first.args[0].value  # gettext_lazy("books/")
            text = string_of(first)
            if text is None:
                yield _route(before, shown, is_open=True)
                continue
            is_path = call.name.endswith("path") and not call.name.endswith("re_path")
            included = isinstance(view, cst.Call) and dotted(view.func).endswith("include")
            pattern = before + (_as_pattern(text) if is_path else text.removeprefix("^"))
            said = shown + re.sub(r"[\^$]|\\Z", "", text).replace("/?", "/")
            if included and isinstance(view, cst.Call):
                yield from _included(project, view, pattern, said, path)
            else:
                yield _route(pattern if is_path or pattern.endswith(("$", r"\Z")) else f"{pattern}.*", said)


def _included(project: Project, include: cst.Call, pattern: str, said: str, path: tuple[str, ...]) -> Iterator[Route]:
    target = include.args[0].value if include.args else None
    if isinstance(target, cst.Tuple) and target.elements:
        target = target.elements[0].value
    name = string_of(target)
    file = find_module(name, project.texts, ".") if name else None
    module = project.module(file) if file else None
    if module and module.file not in path:
        yield from _routes(project, module, pattern, said, (*path, module.file))
    elif name and is_health_name(name):
        yield Route(pattern, said, is_open=False, is_health=True)  # its own root: health_check.urls and the like
    else:
        yield _route(pattern, said, is_open=True)


def _route(pattern: str, said: str, *, is_open: bool = False) -> Route:
    is_plain = bool(re.fullmatch(r"[\w./~-]*", said))
    return Route(pattern, said if is_plain else "", is_open, is_plain and not is_open and is_health_name(said))


def _as_pattern(text: str) -> str:
    parts = re.split(r"(<[^>]*>)", text)
    return "".join(
        (".+" if part.startswith("<path:") else "[^/]+") if part.startswith("<") else re.escape(part) for part in parts
    )
