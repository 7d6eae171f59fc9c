"""What a service or function gets for what it `uses` and what it listens to (`on`): settings, secrets, rights, ways.

Everything comes from the outputs of `foundation`, named here as expressions of the root `apps`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from homeport.model import names
from homeport.model.platform import Function, Platform, Service
from homeport.terraform.hcl import Expression, render_string

PUBLISH = ["sns:Publish"]
RECEIVE = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
OBJECTS = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
LIST = ["s3:ListBucket"]
READ_USERS = ["cognito-idp:AdminGetUser", "cognito-idp:AdminListGroupsForUser", "cognito-idp:ListUsers"]
SEND = ["ses:SendEmail", "ses:SendRawEmail"]
READ_PARAMETER = ["ssm:GetParameter"]


@dataclass(frozen=True)
class Wiring:
    """Arguments of the modules `service` and `function`."""

    environment: dict[str, Any]
    secrets: dict[str, Expression]
    permissions: list[dict[str, Any]]
    reaches: dict[str, Expression]


def wire_service(platform: Platform, name: str, service: Service) -> Wiring:
    """The URLs of a service's databases are secrets, which ECS reads when a task starts."""
    queues = {topic: foundation("topics", topic, f"queues[{render_string(name)}]") for topic in service.on}
    urls = {names.variable(topic, "QUEUE_URL"): Expression(f"{queue}.url") for topic, queue in queues.items()}
    receive = [_permission(RECEIVE, *(Expression(f"{queue}.arn") for queue in queues.values()))] if queues else []
    return Wiring(
        _addresses(platform, name, service) | _environment(platform, service) | urls | dict(service.environment),
        {variable: foundation("databases", used, "url_parameter_arn") for variable, used in _urls(platform, service)},
        [*receive, *_permissions(platform, service)],
        _reaches(platform, service),
    )


def wire_function(platform: Platform, function: Function) -> Wiring:
    """Lambda reads no secrets for its code: a function gets the name of the parameter, and may read it."""
    databases = [name for name in function.uses if name in platform.databases]
    parameters = {
        f"{variable}_PARAMETER": foundation("databases", used, "url_parameter_name")
        for variable, used in _urls(platform, function)
    }
    read = [_permission(READ_PARAMETER, *(foundation("databases", used, "url_parameter_arn") for used in databases))]
    return Wiring(
        _addresses(platform, "", function) | _environment(platform, function) | parameters | dict(function.environment),
        {},
        [*(read if databases else []), *_permissions(platform, function)],
        _reaches(platform, function),
    )


def find_api(name: str, part: Service | Function) -> Expression:
    """The API on which the routes of a service or function stand."""
    is_own = isinstance(part, Service) and part.domains is not None
    return foundation("apis", name) if is_own else Expression("local.foundation.api")


def foundation(kind: str, name: str, attribute: str = "") -> Expression:
    """One of several things that `foundation` made, or an attribute of it."""
    thing = f"local.foundation.{kind}[{render_string(name)}]"
    return Expression(f"{thing}.{attribute}" if attribute else thing)


def _urls(platform: Platform, part: Service | Function) -> Iterator[tuple[str, str]]:
    """Variable → database: the first one is DATABASE_URL too."""
    databases = [name for name in part.uses if name in platform.databases]
    if databases:
        yield "DATABASE_URL", databases[0]
    for name in databases:
        yield names.variable(name, "URL"), name


def _environment(platform: Platform, part: Service | Function) -> dict[str, Any]:
    found: dict[str, Any] = {}
    caches = [name for name in part.uses if name in platform.caches]
    if caches:
        found["REDIS_URL"] = foundation("caches", caches[0], "url")
    for name in part.uses:
        found |= dict(_settings(platform, name))
    return found


def _addresses(platform: Platform, name: str, part: Service | Function) -> dict[str, Any]:
    """Names at which a part answers, and origins whose forms and scripts it takes: websites, and these names."""
    own = part.domains if isinstance(part, Service) else None
    domains = platform.api.domains if own is None else own
    host, sites = f"{find_api(name, part)}.host", "[for site in values(local.foundation.sites) : site.url]"
    hosts = [domain.removeprefix("*") for domain in domains]  # `.example.com` is Django's word for all below
    origins = [f"https://{domain}" for domain in domains]
    found: dict[str, Any] = {"ALLOWED_HOSTS": _joined(f"[{host}]", hosts) if hosts else Expression(host)}
    if platform.sites or origins:
        found["SITE_ORIGINS"] = _joined(sites if platform.sites else "", origins)
    return found


def _joined(expression: str, literals: list[str]) -> Any:
    """A list that Terraform knows and one that is known here, as text with commas; text where all is known here."""
    if not expression:
        return ",".join(literals)
    known = f"[{', '.join(map(render_string, literals))}]"
    return Expression(f'join(",", concat({expression}, {known}))' if literals else f'join(",", {expression})')


def _settings(platform: Platform, name: str) -> Iterator[tuple[str, Any]]:
    if name in platform.caches:
        yield names.variable(name, "URL"), foundation("caches", name, "url")
    elif name in platform.topics:
        yield names.variable(name, "TOPIC_ARN"), foundation("topics", name, "arn")
    elif name in platform.buckets:
        yield names.variable(name, "BUCKET"), foundation("buckets", name, "name")
        if platform.buckets[name].public_read:
            yield names.variable(name, "URL"), foundation("buckets", name, "url")
    elif name == "users":
        yield "USER_POOL_ID", Expression("local.foundation.users.id")
        yield "USER_POOL_CLIENT_IDS", Expression('join(",", values(local.foundation.users.client_ids))')
    elif name == "mail":
        yield "MAIL_SENDER", Expression("local.foundation.mail.sender")


def _permissions(platform: Platform, part: Service | Function) -> Iterator[dict[str, Any]]:
    for name in part.uses:
        if name in platform.topics:
            yield _permission(PUBLISH, foundation("topics", name, "arn"))
        elif name in platform.buckets:
            arn = foundation("buckets", name, "arn")
            yield _permission(OBJECTS, Expression(f'"${{{arn}}}/*"'))
            yield _permission(LIST, arn)
        elif name == "users":
            yield _permission(READ_USERS, Expression("local.foundation.users.arn"))
        elif name == "mail":
            mail = "local.foundation.mail"
            yield _permission(SEND, Expression(f"{mail}.identity_arn"), Expression(f"{mail}.configuration_set_arn"))


def _permission(actions: list[str], *resources: Expression) -> dict[str, Any]:
    return {"actions": actions, "resources": list(resources)}


def _reaches(platform: Platform, part: Service | Function) -> dict[str, Expression]:
    """Security groups to be let into, with their ports; more of the output is there than the module asks for."""
    kinds = {name: kind for kind in ("databases", "caches") for name in getattr(platform, kind)}
    return {name: foundation(kinds[name], name) for name in part.uses if name in kinds}
