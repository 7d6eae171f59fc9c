"""Custom domain names → which API and stage answers a host, and which part of the path chose it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-mappings.html. Here any API's socket takes every
domain: what the Host header names is what TLS's server name is on AWS.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from homeport.local.data.context import Resource
from homeport.local.data.gateway.api.routes import split_path


@dataclass(frozen=True)
class Mapped:
    """An API and one of its stages; `key` are the first segments of paths that lead there, none for all others."""

    api_id: str
    stage: str
    key: tuple[str, ...]


Domains = Mapping[str, tuple[Mapped, ...]]  # by name in lower case; of each the longest keys first


def compile_domains(resources: Iterable[Resource]) -> Domains:
    return {
        str(resource.state["DomainName"]).lower(): tuple(
            sorted(map(_mapped, resource.state.get("ApiMappings") or ()), key=lambda m: len(m.key), reverse=True)
        )
        for resource in resources
    }


def mappings_of(domains: Domains, host: str) -> tuple[Mapped, ...] | None:
    """What the domain of a Host header leads to; None if it is no domain. The whole name comes before a wildcard."""
    if not domains:
        return None
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    name = name.lower().removesuffix(".")
    return domains.get(name, domains.get(f"*.{name.partition('.')[2]}"))


def find_mapped(mappings: Iterable[Mapped], path: str) -> Mapped | None:
    """The mapping with the longest key that the path begins with. Raises BadMessage for what is no path."""
    segments = split_path(path)
    return next((mapped for mapped in mappings if segments[: len(mapped.key)] == mapped.key), None)


def _mapped(mapping: Mapping[str, Any]) -> Mapped:
    key = str(mapping.get("ApiMappingKey") or "").strip("/")
    return Mapped(str(mapping["ApiId"]), str(mapping["Stage"]), tuple(key.split("/")) if key else ())
