from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.integration


@pytest.fixture
def autoscaling(client: Callable[[str], Any]) -> Any:
    return client("application-autoscaling")


@pytest.fixture
def target(client: Callable[[str], Any], autoscaling: Any) -> str:
    ecs = client("ecs")
    ecs.create_cluster(clusterName="scaled")
    ecs.register_task_definition(family="scaled", containerDefinitions=[{"name": "c", "image": "i", "memory": 128}])
    ecs.create_service(cluster="scaled", serviceName="web", taskDefinition="scaled", desiredCount=0)
    made = autoscaling.register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId="service/scaled/web",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=1,
        MaxCapacity=4,
        Tags={"made": "with"},
    )
    return str(made["ScalableTargetARN"])


def test_a_target_has_the_tags_that_it_was_made_with(autoscaling: Any, target: str) -> None:
    assert autoscaling.list_tags_for_resource(ResourceARN=target)["Tags"]["made"] == "with"


def test_tags_of_a_target_come_and_go(autoscaling: Any, target: str) -> None:
    autoscaling.tag_resource(ResourceARN=target, Tags={"one": "1", "two": "2"})
    autoscaling.untag_resource(ResourceARN=target, TagKeys=["one"])
    tags = autoscaling.list_tags_for_resource(ResourceARN=target)["Tags"]
    assert tags["two"] == "2" and "one" not in tags


def test_a_target_that_is_not_there_has_no_tags(autoscaling: Any, target: str) -> None:
    with pytest.raises(autoscaling.exceptions.ResourceNotFoundException):
        autoscaling.list_tags_for_resource(ResourceARN=target + "x")


def test_a_policy_leaves_no_alarms_behind(client: Callable[[str], Any], autoscaling: Any, target: str) -> None:
    named = {
        "PolicyName": "cpu",
        "ServiceNamespace": "ecs",
        "ResourceId": "service/scaled/web",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    for percent in (30.0, 60.0):
        wish = {"TargetValue": percent, "PredefinedMetricSpecification": metric}
        autoscaling.put_scaling_policy(
            **named, PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration=wish
        )
    alarms = client("cloudwatch")
    assert len(alarms.describe_alarms()["MetricAlarms"]) == 2
    autoscaling.delete_scaling_policy(**named)
    assert alarms.describe_alarms()["MetricAlarms"] == []
