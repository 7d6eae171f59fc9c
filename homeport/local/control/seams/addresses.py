"""Addresses on this machine, already in the answer of the call that creates a thing that listens.

Terraform puts them into outputs, parameters and environments while it applies, so they must be right from the start.
"""

from typing import Any

from homeport.local.control.seams.replace import replace
from homeport.local.ports import Ports

HOST = "127.0.0.1"


def apply(ports: Ports) -> None:
    _databases(ports)
    _caches(ports)
    _gateways(ports)


def _databases(ports: Ports) -> None:
    from moto.rds.models import DBInstance

    # The declared port stays what Terraform declared; the endpoint says where it is.
    DBInstance.address = property(lambda self: HOST)
    DBInstance.endpoint = property(lambda self: {"Address": HOST, "Port": ports.of(self.arn)})


def _caches(ports: Ports) -> None:
    from moto.elasticache.models import ReplicationGroup

    @replace(ReplicationGroup, "__init__")
    def init(original: Any, group: Any, *args: Any, **kwargs: Any) -> None:
        original(group, *args, **kwargs)
        endpoint = {"address": HOST, "port": ports.of(group.arn)}
        if hasattr(group, "configuration_endpoint"):
            group.configuration_endpoint = endpoint
        for node_group in group.node_groups:
            if "primary_endpoint" in node_group:
                node_group.update(primary_endpoint_address=HOST, reader_endpoint_address=HOST)
                node_group.update(primary_endpoint=endpoint, reader_endpoint=endpoint)
            for member in node_group["node_group_members"]:
                if "read_endpoint" in member:
                    member["read_endpoint"] = endpoint


def _gateways(ports: Ports) -> None:
    from moto.apigatewayv2.models import Api
    from moto.cloudfront.models import Distribution

    @replace(Api, "__init__")
    def api(original: Any, self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.api_endpoint = f"http://{HOST}:{ports.of(self.arn)}"

    @replace(Distribution, "__init__")
    def distribution(original: Any, self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.domain_name = f"{HOST}:{ports.of(self.arn)}"
