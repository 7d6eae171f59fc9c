"""API Gateway HTTP APIs, each with its routes, integrations, authorizers and stages."""

from collections.abc import Iterator
from typing import Any

from homeport.local.control.world.resource import Resource
from homeport.local.control.world.shape import describe
from homeport.local.ports import Ports

SERVICE = "apigatewayv2"


def read(backend: Any, ports: Ports) -> Iterator[Resource]:
    for api in backend.apis.values():
        state = describe(SERVICE, "GetApi", api.to_json())
        state["Routes"] = _items("GetRoutes", api.routes)
        state["Integrations"] = _items("GetIntegrations", api.integrations)
        state["Authorizers"] = _items("GetAuthorizers", api.authorizers)
        state["Stages"] = _items("GetStages", api.stages)
        state["LocalPort"] = ports.of(api.arn)
        yield Resource(api.arn, "apigatewayv2:api", backend.account_id, backend.region_name, state)


def _items(operation: str, objects: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = describe(SERVICE, operation, {"Items": [o.to_json() for o in objects.values()]})[
        "Items"
    ]
    return found
