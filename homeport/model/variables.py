"""The environment variables that Homeport sets for a service or function, and those that a platform may not set."""

import re
from collections.abc import Iterator, Mapping

from homeport.model import names
from homeport.model.platform import Function, Platform, Service

NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
RESERVED_PREFIXES = ("AWS_", "HOMEPORT_", "LAMBDA_", "ECS_")
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, "Reserved environment variables"
RESERVED_BY_LAMBDA = ("_HANDLER", "_X_AMZN_TRACE_ID", "TZ")


def find_variables(platform: Platform, part: Service | Function) -> list[tuple[str, str]]:
    """What Homeport sets: variable and the resource that it tells of (empty: it is there anyway)."""
    found = [(name, "") for name in ("ALLOWED_HOSTS", "SITE_ORIGINS")]
    if isinstance(part, Service):
        found += [("PORT", ""), ("HOST", ""), ("SECRET_KEY", ""), *_of_queues(part)]
    return [*found, *_of_uses(platform, part)]


def find_variable_problems(platform: Platform, part: Service | Function) -> Iterator[tuple[str, str]]:
    """Wrong settings of `environment`: variable and what is wrong; the variable is empty if `uses` itself collides."""
    ours: dict[str, str] = {}
    for name, resource in find_variables(platform, part):
        if name in ours and ours[name] != resource:
            yield "", f"{ours[name] or 'Homeport'} and {resource} would both set {name}; rename one"
        ours.setdefault(name, resource)
    for name in part.environment:
        if problem := _setting_problem(name, ours, isinstance(part, Function)):
            yield name, problem


def _of_uses(platform: Platform, part: Service | Function) -> Iterator[tuple[str, str]]:
    databases = [name for name in part.uses if name in platform.databases]
    caches = [name for name in part.uses if name in platform.caches]
    for kind, default in ((databases, "DATABASE_URL"), (caches, "REDIS_URL")):
        # Lambda reads no secrets for its code: a function gets the name of the parameter instead.
        suffix = "_PARAMETER" if kind is databases and isinstance(part, Function) else ""
        if kind:
            yield default + suffix, kind[0]
        for name in kind:
            yield names.variable(name, "URL") + suffix, name
    for name in part.uses:
        if name in platform.topics:
            yield names.variable(name, "TOPIC_ARN"), name
        elif name in platform.buckets:
            yield names.variable(name, "BUCKET"), name
            if platform.buckets[name].public_read:
                yield names.variable(name, "URL"), name
        elif name == "users":
            yield from (("USER_POOL_ID", name), ("USER_POOL_CLIENT_IDS", name))
        elif name == "mail":
            yield "MAIL_SENDER", name


def _of_queues(part: Service) -> Iterator[tuple[str, str]]:
    for topic in part.on:
        yield names.variable(topic, "QUEUE_URL"), topic


def _setting_problem(name: str, ours: Mapping[str, str], on_lambda: bool) -> str:
    if not NAME.match(name):
        return "is not the name of a variable: letters, digits and underscores, not a digit first"
    if name in ours:
        return f"is set by Homeport{f' for {ours[name]}' if ours[name] else ''}; leave it out"
    if name.startswith(RESERVED_PREFIXES) or (on_lambda and name in RESERVED_BY_LAMBDA):
        return "is reserved; choose another name"
    return ""
