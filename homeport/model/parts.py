"""What must hold within one part of a platform: sizes, scales, schedules, handlers, settings."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from homeport.model.fargate import find_size_problem
from homeport.model.platform import Function, Platform, Process, Schedule, Service, Users
from homeport.model.problems import Place, Problem, show
from homeport.model.regions import find_region_problem
from homeport.model.schedules import find_schedule_problem, find_timezone_problem
from homeport.model.variables import find_variable_problems

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
LAMBDA_PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
PYTHONS = ("3.9", *LAMBDA_PYTHONS)
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html, "Maximum integration timeout"
ROUTE_SECONDS_MAX = 30
FAMILY_AND_SIZE = r"[a-z]{1,2}\d[a-z]*\.(micro|small|medium|large|[1-9]?\d?xlarge|metal)"  # m7g.large, x2iedn.16xlarge
FORMS: dict[str, tuple[re.Pattern[str], str]] = {
    "handler": (re.compile(r"^[A-Za-z_][\w./-]*\.[A-Za-z_]\w*$"), "`module.function`"),
    "database size": (re.compile(rf"^db\.{FAMILY_AND_SIZE}$"), "an RDS instance class such as db.t4g.micro"),
    "cache size": (re.compile(rf"^cache\.{FAMILY_AND_SIZE}$"), "an ElastiCache node type such as cache.t4g.micro"),
    "extension": (re.compile(r"^[a-z][a-z0-9_-]*$"), "the name of a PostgreSQL extension"),
    "sender": (re.compile(r"^[^@\s<>]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"), "an address such as orders@example.com"),
    "scope": (re.compile(r"^[A-Za-z0-9._:-]{1,128}$"), "the name of a scope"),
    "object": (re.compile(r"^[^/\s][^\s]*$"), "a file in the site's folder"),
    "url path": (re.compile(r"^/[^\s]{0,1023}$"), "a path such as /healthz"),
}


def find_part_problems(platform: Platform) -> Iterator[Problem]:
    """Everything wrong within single parts."""
    if text := find_region_problem(platform.region):
        yield Problem(("region",), text)
    yield from _python_problems(platform)
    for name, service in platform.services.items():
        yield from _service_problems(service, ("services", name))
    for name, function in platform.functions.items():
        yield from _function_problems(function, ("functions", name))
    for kind, name, part in platform.with_code():
        yield from _path_problems(part.path, (kind, name, "path"))
        for variable, text in find_variable_problems(platform, part):
            yield Problem((kind, name, "environment", variable) if variable else (kind, name, "uses"), text)
    yield from _data_problems(platform)
    if platform.users:
        yield from _users_problems(platform.users)
    if platform.mail:
        yield from _form("sender", platform.mail.sender, ("mail", "sender"))


def find_part_warnings(platform: Platform) -> Iterator[Problem]:
    """What AWS takes and is hardly meant, within single parts."""
    for name, function in platform.functions.items():
        only_routes = function.routes and not (function.on or function.schedule)
        if only_routes and function.timeout_seconds > ROUTE_SECONDS_MAX:
            text = f"{function.timeout_seconds} is more than the {ROUTE_SECONDS_MAX} s that a route waits: who calls "
            text += "gets 503 then, and never the answer; use `on` for longer work"
            yield Problem(("functions", name, "timeout_seconds"), text)


def _form(form: str, value: str, at: Place) -> Iterator[Problem]:
    pattern, words = FORMS[form]
    if not pattern.match(value):
        yield Problem(at, f"{show(value)} is not {words}")


def _python_problems(platform: Platform) -> Iterator[Problem]:
    if platform.python not in PYTHONS:
        yield Problem(("python",), f"{show(platform.python)} is not one of {', '.join(PYTHONS)}")
        return
    for kind, name, part in platform.with_code():
        allowed = LAMBDA_PYTHONS if isinstance(part, Function) else PYTHONS
        if (part.python or platform.python) not in allowed:
            of = "" if part.python else " (the platform's python)"
            at = (kind, name, "python") if part.python else (kind, name)
            yield Problem(at, f"{show(part.python or platform.python)}{of} is not one of {', '.join(allowed)}")


def _path_problems(path: str, at: Place) -> Iterator[Problem]:
    if PurePosixPath(path).is_absolute() or not path:
        yield Problem(at, f"{show(path)} is absolute or empty; folders are relative to homeport.yml")


def _service_problems(service: Service, at: Place) -> Iterator[Problem]:
    for name, process in service.processes.items():
        yield from _process_problems(process, (*at, "processes", name))
    if "release" in service.processes:
        yield Problem((*at, "processes", "release"), "the release phase is not a process; write it as `release`")
    for name, schedule in service.schedules.items():
        yield from _schedule_problems(name, schedule, service, (*at, "schedules", name))
    if service.on and set(service.processes) == {"web"}:
        yield Problem((*at, "on"), "no process but `web`: add one (a Procfile's `worker`) that reads the queue")
    health = service.health
    yield from _form("url path", health.path, (*at, "health", "path"))
    if health.timeout_seconds >= health.interval_seconds:
        text = f"{health.timeout_seconds} is not less than interval_seconds, {health.interval_seconds}"
        yield Problem((*at, "health", "timeout_seconds"), text)


def _process_problems(process: Process, at: Place) -> Iterator[Problem]:
    key, text = find_size_problem(process.cpu, process.memory_mb)
    if key:
        yield Problem((*at, key), text)
    if process.scale.min > process.scale.max:
        yield Problem((*at, "scale", "min"), f"{process.scale.min} is more than max, {process.scale.max}")


def _schedule_problems(name: str, schedule: Schedule, service: Service, at: Place) -> Iterator[Problem]:
    if name == "release" or name in service.processes:
        what = "the release phase" if name == "release" else "one of its processes"
        yield Problem(at, f"{what} has this name; choose another")
    if text := find_schedule_problem(schedule.schedule):
        yield Problem((*at, "schedule"), text)
    if text := find_timezone_problem(schedule.timezone):
        yield Problem((*at, "timezone"), text)
    key, text = find_size_problem(schedule.cpu, schedule.memory_mb)
    if key:
        yield Problem((*at, key), text)


def _function_problems(function: Function, at: Place) -> Iterator[Problem]:
    yield from _form("handler", function.handler, (*at, "handler"))
    if function.schedule is not None and (text := find_schedule_problem(function.schedule)):
        yield Problem((*at, "schedule"), text)
    if not (function.routes or function.on or function.schedule):
        yield Problem(at, "nothing invokes it; expected `routes`, `on` or `schedule`")


def _data_problems(platform: Platform) -> Iterator[Problem]:
    for name, database in platform.databases.items():
        yield from _form("database size", database.size, ("databases", name, "size"))
        for index, extension in enumerate(database.extensions):
            yield from _form("extension", extension, ("databases", name, "extensions", index))
    for name, cache in platform.caches.items():
        yield from _form("cache size", cache.size, ("caches", name, "size"))
    for name, site in platform.sites.items():
        yield from _path_problems(site.path, ("sites", name, "path"))
        for key in ("index", "not_found"):
            yield from _form("object", getattr(site, key), ("sites", name, key))


def _users_problems(users: Users) -> Iterator[Problem]:
    if not users.clients:
        yield Problem(("users", "clients"), "is empty; expected at least one, such as [web]")
    for key in ("clients", "groups", "scopes"):
        values = getattr(users, key)
        for index, value in enumerate(values):
            if value in values[:index]:
                yield Problem(("users", key, index), f"{value!r} is there twice")
    for index, scope in enumerate(users.scopes):
        yield from _form("scope", scope, ("users", "scopes", index))
