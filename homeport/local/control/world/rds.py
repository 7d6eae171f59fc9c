"""RDS: database instances, with what a real server needs to start: the password and the parameters."""

from collections.abc import Iterator
from typing import Any

from homeport.local.control.world.resource import Resource
from homeport.local.control.world.shape import describe
from homeport.local.ports import Ports


def read(backend: Any, ports: Ports) -> Iterator[Resource]:
    for instance in backend.databases.values():
        state = describe("rds", "DescribeDBInstances", {"DBInstances": [instance]})["DBInstances"][0]
        state["MasterUserPassword"] = _password(instance)
        state["Parameters"] = _parameters(backend, instance)
        arn = state["DBInstanceArn"]
        yield Resource(arn, "rds:db-instance", backend.account_id, backend.region_name, state)


def _password(instance: Any) -> str | None:
    """The password that Terraform set, or the one in the secret that RDS manages."""
    if not getattr(instance, "manage_master_user_password", False):
        return instance._master_user_password or None  # moto keeps it, but does not give it back
    import json

    from moto.secretsmanager.models import secretsmanager_backends

    secret = secretsmanager_backends[instance.account_id][instance.region].get_secret_value(
        instance.master_user_secret.secret_arn, version_id="", version_stage=""
    )
    return str(json.loads(secret["SecretString"])["password"])


def _parameters(backend: Any, instance: Any) -> dict[str, str]:
    group = backend.db_parameter_groups.get(instance.db_parameter_group_name or "")
    if group is None:
        return {}
    values = {name: parameter.get("ParameterValue") for name, parameter in group.parameters.items()}
    return {name: str(value) for name, value in values.items() if value is not None}
