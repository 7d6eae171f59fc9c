import uuid
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.integration
CLUSTER = "gate"
BREAKER = {"enable": True, "rollback": True}


@pytest.fixture
def ecs(client: Callable[[str], Any]) -> Any:
    found = client("ecs")
    found.create_cluster(clusterName=CLUSTER)
    found.register_task_definition(family="web", containerDefinitions=[{"name": "c", "image": "i", "memory": 128}])
    return found


def create(ecs: Any, **given: Any) -> str:
    name = f"web-{uuid.uuid4()}"
    ecs.create_service(cluster=CLUSTER, serviceName=name, taskDefinition="web", desiredCount=0, **given)
    return name


def describe(ecs: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = ecs.describe_services(cluster=CLUSTER, services=[name])["services"][0]
    return found


def test_a_service_keeps_its_circuit_breaker_with_the_defaults_of_aws(ecs: Any) -> None:
    name = create(ecs, deploymentConfiguration={"deploymentCircuitBreaker": BREAKER})
    configuration = describe(ecs, name)["deploymentConfiguration"]
    assert configuration["deploymentCircuitBreaker"] == BREAKER
    assert (configuration["minimumHealthyPercent"], configuration["maximumPercent"]) == (100, 200)


def test_a_partial_update_keeps_the_rest_of_the_deployment_configuration(ecs: Any) -> None:
    name = create(ecs, deploymentConfiguration={"maximumPercent": 150, "minimumHealthyPercent": 50})
    ecs.update_service(cluster=CLUSTER, service=name, deploymentConfiguration={"deploymentCircuitBreaker": BREAKER})
    configuration = describe(ecs, name)["deploymentConfiguration"]
    assert (configuration["minimumHealthyPercent"], configuration["maximumPercent"]) == (50, 150)


def test_a_service_keeps_what_else_it_was_made_with(ecs: Any) -> None:
    given = {
        "healthCheckGracePeriodSeconds": 60,
        "enableExecuteCommand": True,
        "enableECSManagedTags": True,
        "availabilityZoneRebalancing": "ENABLED",
        "placementStrategy": [{"type": "spread", "field": "attribute:ecs.availability-zone"}],
    }
    found = describe(ecs, create(ecs, **given))
    assert {name: found[name] for name in given} == given


def test_a_service_on_capacity_providers_has_no_launch_type(ecs: Any) -> None:
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]
    found = describe(ecs, create(ecs, capacityProviderStrategy=strategy))
    assert found["capacityProviderStrategy"] == strategy
    assert "launchType" not in found and "launchType" not in found["deployments"][0]


def test_a_deleted_cluster_is_not_listed(ecs: Any) -> None:
    ecs.delete_cluster(cluster=ecs.create_cluster(clusterName="gone")["cluster"]["clusterArn"])
    assert not [arn for arn in ecs.list_clusters()["clusterArns"] if arn.endswith("/gone")]


def test_a_family_stands_for_its_newest_active_revision(ecs: Any) -> None:
    family = f"tidy-{uuid.uuid4()}"
    for _ in range(3):
        containers: Any = [{"name": "c", "image": "i", "memory": 128}]
        ecs.register_task_definition(family=family, containerDefinitions=containers)
    ecs.deregister_task_definition(taskDefinition=f"{family}:3")
    assert ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]["revision"] == 2
    task = ecs.run_task(cluster=CLUSTER, taskDefinition=family, launchType="FARGATE")["tasks"][0]
    assert task["taskDefinitionArn"].endswith(f"{family}:2")
    for revision in (1, 2):
        ecs.deregister_task_definition(taskDefinition=f"{family}:{revision}")
    with pytest.raises(ecs.exceptions.ClientException):
        ecs.run_task(cluster=CLUSTER, taskDefinition=family, launchType="FARGATE")
