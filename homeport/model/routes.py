"""Routes of an API: their grammar, and which of them API Gateway could not tell apart.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html: the most specific route wins,
so `GET /books/{id}` and `ANY /books/{proxy+}` live side by side; two that differ in parameter names only do not.
"""

import re
from collections.abc import Iterator

from homeport.model.platform import Platform, Route, Service
from homeport.model.problems import Problem, suggest

METHODS = ("ANY", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
DEFAULT = "$default"
LITERAL = re.compile(r"^[A-Za-z0-9._~!$&'()*+,;=:@%-]+$")
PARAMETER = re.compile(r"^\{([A-Za-z0-9._-]+)(\+?)\}$")


def find_route_problems(platform: Platform, also_known: frozenset[str]) -> Iterator[Problem]:
    """Wrong, clashing and unanswered routes; what they ask of tokens that nobody gives out."""
    taken: dict[tuple[str, str], str] = {}  # by API and key
    for kind, name, part in platform.with_code():
        if part.routes and isinstance(part, Service) and part.processes and "web" not in part.processes:
            yield Problem((kind, name, "routes"), f"only the process `web` answers routes, and {name} has no `web`")
        for index, route in enumerate(part.routes):
            at = (kind, name, "routes", index)
            problem = find_route_problem(route.route)
            key = (name if isinstance(part, Service) and part.domains is not None else "", route_key(route.route))
            if problem:
                yield Problem(at, problem)
            elif key in taken:
                yield Problem(at, f"{route.route!r} cannot be told from {taken[key]}")
            else:
                taken[key] = f"{route.route!r} of {name}"
            yield from (Problem(at, text) for text in _access_problems(platform, route, also_known))


def find_route_problem(route: str) -> str:
    """What is wrong with a route as it is written; empty if nothing."""
    if route == DEFAULT:
        return ""
    method, _, path = route.partition(" ")
    if method not in METHODS:
        known = ", ".join(METHODS)
        return f"{route!r} is not `METHOD /path`; METHOD is one of {known}"
    if not path.startswith("/"):
        return f"{route!r} is not `METHOD /path`; the path starts with a slash"
    return _path_problem(route, path.removeprefix("/").removesuffix("/"))


def route_key(route: str) -> str:
    """What API Gateway compares: the route without the names of its parameters."""
    return re.sub(r"\{[^}+]*(\+?)\}", r"{\1}", route)


def _path_problem(route: str, path: str) -> str:
    segments = path.split("/") if path else []
    names: list[str] = []
    for position, segment in enumerate(segments):
        parameter = PARAMETER.match(segment)
        if parameter is None:
            if not LITERAL.match(segment):
                return f"{route!r}: {segment!r} is neither plain text nor one parameter such as {{id}} or {{proxy+}}"
            continue
        if parameter[2] and position != len(segments) - 1:
            return f"{route!r}: {segment} takes all that follows, so it must be the last part"
        if parameter[1] in names:
            return f"{route!r}: the parameter {parameter[1]!r} is there twice"
        names.append(parameter[1])
    return ""


def _access_problems(platform: Platform, route: Route, also_known: frozenset[str]) -> Iterator[str]:
    if route.auth and not platform.users and "users" not in also_known:
        yield "`auth` needs `users:` to be declared: the tokens of its user pool are checked"
    if route.scopes and not route.auth:
        yield "`scopes` needs `auth: true`"
    known = platform.users.scopes if platform.users else route.scopes
    for scope in route.scopes:
        if scope not in known:
            yield f"{scope!r} is not one of `users.scopes`{suggest(scope, known)}"
