"""ECS: what a service declares about its deployments is kept.

Upstream drops deploymentConfiguration (circuit breaker, percentages), healthCheckGracePeriodSeconds, placement,
ECS Exec, managed tags, zone rebalancing and capacity providers of CreateService, and merges no partial update. It
lists clusters that were deleted, and takes a family's newest revision for current even when that is INACTIVE.
"""

from typing import Any

from botocore import xform_name

from homeport.local.control.seams.replace import replace

PERCENTAGES = {"maximumPercent": 200, "minimumHealthyPercent": 100}
BREAKER = {"enable": False, "rollback": False}
DEFAULTS: dict[str, Any] = {
    "deploymentConfiguration": {},
    "healthCheckGracePeriodSeconds": None,
    "placementConstraints": [],
    "placementStrategy": [],
    "capacityProviderStrategy": [],
    "enableExecuteCommand": False,
    "enableECSManagedTags": False,
    "availabilityZoneRebalancing": "DISABLED",
    "serviceConnectConfiguration": None,
    "volumeConfigurations": [],
}


def apply() -> None:
    _services()
    _clusters()
    _families()


def _clusters() -> None:
    from moto.ecs.models import EC2ContainerServiceBackend

    @replace(EC2ContainerServiceBackend, "list_clusters")
    def list_clusters(_: Any, backend: Any) -> list[str]:
        return [cluster.arn for cluster in backend.clusters.values() if cluster.status == "ACTIVE"]


def _families() -> None:
    from moto.ecs.exceptions import TaskDefinitionNotFoundException
    from moto.ecs.models import EC2ContainerServiceBackend

    @replace(EC2ContainerServiceBackend, "describe_task_definition")
    def describe(original: Any, backend: Any, task_definition_str: str) -> Any:
        """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html, "family" """
        family = task_definition_str.split("/")[-1]
        if ":" in family:
            return original(backend, task_definition_str)
        revisions = backend.task_definitions.get(family, {})
        active = [number for number, definition in revisions.items() if definition.status == "ACTIVE"]
        if not active:
            raise TaskDefinitionNotFoundException
        return revisions[max(active)]


def _services() -> None:
    from moto.ecs.responses import EC2ContainerServiceResponse

    @replace(EC2ContainerServiceResponse, "create_service")
    def create(original: Any, response: Any) -> Any:
        """Upstream's Service has no place for these."""
        result = original(response)
        service = result.result["service"]
        for name, default in DEFAULTS.items():
            given = response._get_param(name)
            setattr(service, xform_name(name), default if given is None else given)
        service.deployment_configuration = _deployment_configuration({}, service.deployment_configuration)
        if service.capacity_provider_strategy:
            _run_on_capacity_providers(service)
        return result

    @replace(EC2ContainerServiceResponse, "update_service")
    def update(original: Any, response: Any) -> Any:
        """Upstream replaces the whole deploymentConfiguration by the part that is given, and keeps the launch type."""
        backend, name = response.ecs_backend, response._get_param("service").split("/")[-1]
        service = backend._get_service(response._get_param("cluster", "default"), name)
        before = getattr(service, "deployment_configuration", {})
        result = original(response)
        service.deployment_configuration = _deployment_configuration(
            before, response._get_param("deploymentConfiguration") or {}
        )
        if response._get_param("capacityProviderStrategy"):
            _run_on_capacity_providers(service)
        return result


def _deployment_configuration(before: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """AWS answers with every default: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html"""
    breaker = BREAKER | before.get("deploymentCircuitBreaker", {}) | given.get("deploymentCircuitBreaker", {})
    return {**PERCENTAGES, **before, **given, "deploymentCircuitBreaker": breaker}


def _run_on_capacity_providers(service: Any) -> None:
    """A service has a launch type or capacity providers; upstream says EC2 where there is neither."""
    service.launch_type = None
    for deployment in service.deployments:
        deployment["launchType"] = None
        deployment["capacityProviderStrategy"] = service.capacity_provider_strategy
