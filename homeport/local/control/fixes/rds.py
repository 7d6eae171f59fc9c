"""RDS: instances that can be told apart, parameters that say who set them, changes that stay.

Upstream gives every instance the same DbiResourceId (by which Terraform finds it), drops Performance Insights, takes
every parameter for a default, cannot reset one, and loses a subnet group by changing it.
"""

import string
from typing import Any

from homeport.local.control.fixes.add import add
from homeport.local.control.seams.replace import replace

INSIGHTS_DAYS = 7


def apply() -> None:
    _instances()
    _parameter_groups()
    _subnet_groups()


def _instances() -> None:
    from moto.moto_api._internal import mock_random
    from moto.rds.models import DBInstance

    @replace(DBInstance, "__init__")
    def init(original: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
        """Upstream: dbi_resource_id is a constant."""
        original(instance, *args, **kwargs)
        letters = string.ascii_uppercase + string.digits
        instance.dbi_resource_id = "db-" + "".join(mock_random.choice(letters) for _ in range(26))
        _set_insights(instance, kwargs)

    @replace(DBInstance, "update")
    def update(original: Any, instance: Any, **kwargs: Any) -> None:
        original(instance, **kwargs)
        _set_insights(instance, kwargs)

    @replace(DBInstance, "default_db_parameter_group_details")
    def details(original: Any, instance: Any) -> tuple[str, str]:
        """Upstream takes the last part off every version: of "16", nothing is left."""
        if "." in str(instance.engine_version):
            answer: tuple[str, str] = original(instance)
            return answer
        family = f"{instance.engine.lower()}{instance.engine_version}"
        return family, f"default.{family}"


def _set_insights(instance: Any, given: dict[str, Any]) -> None:
    """Upstream has no place for EnablePerformanceInsights and what belongs to it."""
    enabled = given.get("enable_performance_insights")
    if enabled is not None:
        instance.performance_insights_enabled = enabled
    if getattr(instance, "performance_insights_enabled", False):
        days = given.get("performance_insights_retention_period")
        known = getattr(instance, "performance_insights_retention_period", None)
        instance.performance_insights_retention_period = days or known or INSIGHTS_DAYS
    else:
        instance.performance_insights_retention_period = None


def _parameter_groups() -> None:
    from moto.core.responses import ActionResult
    from moto.rds.models import DBParameterGroup
    from moto.rds.responses import RDSResponse

    @replace(DBParameterGroup, "update_parameters")
    def update(original: Any, group: Any, new_parameters: Any) -> None:
        """Upstream does not say that a parameter was set by the user, which is how Terraform finds its own."""
        given = list(new_parameters)
        original(group, given)
        for parameter in given:
            group.parameters[parameter["ParameterName"]]["Source"] = "user"

    @replace(RDSResponse, "describe_db_parameters")
    def describe(original: Any, response: Any) -> Any:
        """Upstream ignores the filter Source."""
        result = original(response)
        source = response.params.get("Source")
        wanted = [p for p in result.result["Parameters"] if source in (None, p.get("Source"))]
        return ActionResult({"Parameters": wanted})

    @add(RDSResponse)
    def reset_db_parameter_group(response: Any) -> Any:
        name = response.params["DBParameterGroupName"]
        group = response.backend.modify_db_parameter_group(name, [])
        if response.params.get("ResetAllParameters"):
            group.parameters.clear()
        for parameter in response.params.get("Parameters", []):
            group.parameters.pop(parameter["ParameterName"], None)
        return ActionResult({"DBParameterGroupName": name})


def _subnet_groups() -> None:
    from moto.rds.models import RDSBackend

    @replace(RDSBackend, "modify_db_subnet_group")
    def modify(original: Any, backend: Any, subnet_name: str, *args: Any, **kwargs: Any) -> Any:
        """Upstream takes the group out and never puts it back."""
        group = original(backend, subnet_name, *args, **kwargs)
        backend.subnet_groups[subnet_name] = group
        return group
