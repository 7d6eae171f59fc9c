"""Platform → blocks of the stack `apps`: services, functions, their routes, and what websites know of the API."""

from collections.abc import Iterator
from typing import Any

from homeport.model import names
from homeport.model.platform import Function, Route, Service
from homeport.terraform.calls import call, label, map_of, output, reference
from homeport.terraform.hcl import Block, Call, Expression
from homeport.terraform.listeners import Listener, assign_listeners, services_with_routes
from homeport.terraform.roots import Place
from homeport.terraform.wiring import find_api, foundation, wire_function, wire_service

RELEASE = "release"
DEFAULT_ARCHITECTURE = "x86_64"  # of the modules
NETWORK = Expression("local.foundation.network")


def render_apps(place: Place) -> list[Block]:
    """What is known of `foundation`, module calls, and outputs, in reading order."""
    known: dict[str, Any] = {"foundation": Expression("data.terraform_remote_state.foundation.outputs")}
    if knows_cognito(place):
        known["cognito_endpoint"] = f"https://cognito-idp.{place.platform.region}.amazonaws.com"
    return [Block("locals", attributes=known), *_services(place), *_functions(place), *_sites(place), *_outputs(place)]


def knows_cognito(place: Place) -> bool:
    """Whether websites are told where users sign in: the local value that `local` overrides is there."""
    return bool(place.platform.sites and place.platform.users)


def _services(place: Place) -> Iterator[Block]:
    listeners = assign_listeners(services_with_routes(place.platform))
    for name, service in place.platform.services.items():
        yield _service(place, name, service)
        if name in listeners:
            yield _routes(place, name, service, listeners[name])


def _service(place: Place, name: str, service: Service) -> Block:
    wiring = wire_service(place.platform, name, service)
    web = {
        "port": service.port,
        "target_group_arn": reference(label("routes", name), "target_group_arn"),
        "load_balancer_security_group_id": Expression("local.foundation.api.load_balancer_security_group_id"),
        "grace_seconds": service.health.grace_seconds,
    }
    path = names.parameter(place.name, name, "SECRET_KEY").removesuffix("/SECRET_KEY")
    purposes = ("execution", "task", *(["schedule"] if service.schedules else []))
    return call(
        "service",
        label("service", name),
        name=names.security_group(*place.prefix, name),
        cluster_arn=Expression("local.foundation.cluster.arn"),
        network=NETWORK,
        repository=foundation("repositories", name),
        roles={purpose: names.role(*place.prefix, name, purpose) for purpose in purposes},
        processes=_built_for(
            service.architecture or place.platform.architecture,
            _processes(place, name, service) | _schedules(place, name, service),
        ),
        web=web if service.routes else None,
        environment=wiring.environment,
        secrets={"path": path} | ({"parameters": wiring.secrets} if wiring.secrets else {}),
        reaches=wiring.reaches,
        permissions=wiring.permissions,
        logs={"group": names.log_group(place.name, name)},
    )


def _processes(place: Place, name: str, service: Service) -> dict[str, dict[str, Any]]:
    running = {
        process: {
            "family": names.task_family(*place.prefix, name, process),
            "service": names.ecs_service(name, process),
            "command": declared.command or "",
            "cpu": declared.cpu,
            "memory_mb": declared.memory_mb,
            "stop_timeout_seconds": declared.stop_timeout_seconds,
            "scale": declared.scale.model_dump(),
        }
        for process, declared in service.processes.items()
    }
    if service.release is None:
        return running
    release = {"family": names.task_family(*place.prefix, name, RELEASE), "command": service.release}
    return running | {RELEASE: release}


def _built_for(architecture: str, processes: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The processes, told the architecture of their one image if it is not the module's default."""
    more = {} if architecture == DEFAULT_ARCHITECTURE else {"architecture": architecture}
    return {process: declared | more for process, declared in processes.items()}


def _schedules(place: Place, name: str, service: Service) -> dict[str, dict[str, Any]]:
    return {
        schedule: {
            "family": names.task_family(*place.prefix, name, schedule),
            "command": declared.command or "",
            "cpu": declared.cpu,
            "memory_mb": declared.memory_mb,
            "schedule": {
                "name": names.service_schedule(*place.prefix, name, schedule),
                "family": names.live_family(*place.prefix, name, schedule),
                "expression": declared.schedule,
                "timezone": declared.timezone,
                "enabled": declared.enabled,
            },
        }
        for schedule, declared in service.schedules.items()
    }


def _routes(place: Place, name: str, service: Service, listener: Listener) -> Block:
    arns = "local.foundation.api.load_balancer_arns"
    return call(
        "routes",
        label("routes", name),
        name=names.target_group(*place.prefix, name),
        vpc_id=Expression("local.foundation.network.vpc_id"),
        api=find_api(name, service),
        load_balancer={"arn": Expression(f'{arns}["{listener.load_balancer}"]'), "port": listener.port},
        health=service.health.model_dump(include={"path", "interval_seconds", "timeout_seconds"}),
        routes=_route_map(service.routes),
    )


def _route_map(routes: tuple[Route, ...]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for route in routes:
        scopes = [f"api/{scope}" for scope in route.scopes]
        found[route.route] = ({"auth": True} if route.auth else {}) | ({"scopes": scopes} if scopes else {})
    return found


def _functions(place: Place) -> Iterator[Block]:
    for name, function in place.platform.functions.items():
        wiring = wire_function(place.platform, function)
        schedule = {"name": names.schedule(*place.prefix, name), "expression": function.schedule}
        network = {key: Expression(f"{NETWORK}.{key}") for key in ("vpc_id", "subnet_ids")}
        yield call(
            "function",
            label("function", name),
            name=names.function(*place.prefix, name),
            code=_code(place, function),
            roles={"function": names.role(*place.prefix, name, "function")}
            | ({"schedule": names.role(*place.prefix, name, "schedule")} if function.schedule else {}),
            environment=wiring.environment,
            permissions=wiring.permissions,
            network=network | {"reaches": wiring.reaches} if wiring.reaches else None,
            api=find_api(name, function) if function.routes else None,
            routes=_route_map(function.routes),
            queues={topic: foundation("topics", topic, f'queues["{name}"].arn') for topic in function.on},
            schedule=schedule if function.schedule else None,
            concurrency=function.concurrency,
            logs={"group": names.log_group(place.name, name)},
        )


def _code(place: Place, function: Function) -> dict[str, Any]:
    architecture = function.architecture or place.platform.architecture
    code = {
        "runtime": f"python{function.python or place.platform.python}",
        "handler": function.handler,
        "memory_mb": function.memory_mb,
        "timeout_seconds": function.timeout_seconds,
    }
    return code if architecture == DEFAULT_ARCHITECTURE else code | {"architecture": architecture}


def _sites(place: Place) -> Iterator[Block]:
    for name in place.platform.sites:
        yield Block(
            "resource",
            ("aws_s3_object", label("site", name)),
            {
                "bucket": foundation("sites", name, "bucket"),
                "key": "homeport.json",
                "content_type": "application/json",
                "cache_control": "no-cache",
                "content": Call("jsonencode", _site_settings(place)),
            },
            comment="What the website knows of the platform. Nothing in it is secret.\n"
            "checkov:skip=CKV_AWS_186: Everyone may read it.",
        )


def _site_settings(place: Place) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "apiUrl": Expression("local.foundation.api.endpoint"),
        "region": place.platform.region,
    }
    if users := place.platform.users:
        settings |= {
            "cognitoEndpoint": Expression("local.cognito_endpoint"),
            "userPoolId": Expression("local.foundation.users.id"),
            "userPoolClientId": Expression(f'local.foundation.users.client_ids["{users.clients[0]}"]'),
            "userPoolClientIds": Expression("local.foundation.users.client_ids"),
        }
    public = {name: foundation("buckets", name, "url") for name, b in place.platform.buckets.items() if b.public_read}
    return settings | ({"buckets": public} if public else {})


def _outputs(place: Place) -> Iterator[Block]:
    services = {
        name: map_of(label("service", name), "processes", "security_group_id", "log_group")
        for name in place.platform.services
    }
    functions = {
        name: map_of(label("function", name), "name", "arn", "alias", "log_group") for name in place.platform.functions
    }
    if services:
        yield output("services", "Task definition families and ECS services of each service's processes.", services)
    if functions:
        yield output("functions", "Functions, and the alias that a deploy moves.", functions)
