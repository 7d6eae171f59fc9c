"""Lambda: functions with their versions and aliases, and event source mappings."""

from collections.abc import Iterator
from typing import Any

from homeport.local.control.world.resource import Resource
from homeport.local.ports import Ports


def read(backend: Any, ports: Ports) -> Iterator[Resource]:
    where = (backend.account_id, backend.region_name)
    for name, record in backend._lambdas._functions.items():
        latest = record["latest"]
        if latest is None:
            continue
        arn = latest.function_arn.removesuffix(":$LATEST")
        state = {
            "FunctionName": name,
            "FunctionArn": arn,
            "Versions": {"$LATEST": _version(latest)} | {str(v.version): _version(v) for v in record["versions"]},
            "Aliases": {alias.name: _alias(alias) for alias in backend._lambdas._aliases.get(arn, {}).values()},
            "ReservedConcurrentExecutions": latest.reserved_concurrency,
            "Policy": {"Version": "2012-10-17", "Statement": list(latest.policy.statements)},
        }
        yield Resource(arn, "lambda:function", *where, state)
    for mapping in backend._event_source_mappings.values():
        state = mapping.get_configuration() | {"Enabled": bool(mapping.enabled)}
        yield Resource(mapping.arn, "lambda:event-source-mapping", *where, state)


def _version(function: Any) -> dict[str, Any]:
    configuration = dict(function.get_configuration())
    configuration["CodePath"] = getattr(function, "code_path", None)
    return configuration


def _alias(alias: Any) -> dict[str, Any]:
    return {"FunctionVersion": alias.function_version, "RoutingConfig": alias.routing_config or None}
