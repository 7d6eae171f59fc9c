"""API Gateway: HTTP APIs with their routes, integrations, authorizers and stages; domain names with their mappings."""

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
    for domain in backend.domain_names.values():
        state = describe(SERVICE, "GetDomainName", domain.to_json())
        mappings = {id_: m for id_, m in backend.api_mappings.items() if m.domain_name == domain.domain_name}
        state["ApiMappings"] = _items("GetApiMappings", mappings)
        arn = domain.domain_name_arn
        yield Resource(arn, "apigatewayv2:domain-name", backend.account_id, backend.region_name, state)


def _items(operation: str, objects: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = describe(SERVICE, operation, {"Items": [o.to_json() for o in objects.values()]})[
        "Items"
    ]
    return found
