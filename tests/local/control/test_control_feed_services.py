"""The feed of what runs: ECS services, tasks and deployments, load balancers; and what the data plane saw of them."""

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import ACCOUNT, REGION, find

pytestmark = pytest.mark.integration
CONTAINER = {
    "name": "web",
    "image": "100000000001.dkr.ecr.eu-west-1.amazonaws.com/shop:v1",
    "command": ["sh", "-c", "gunicorn"],
    "portMappings": [{"containerPort": 8000}],
    "secrets": [{"name": "DATABASE_URL", "valueFrom": "/x"}],
}


@pytest.fixture(scope="session")
def subnet(account: Any) -> str:
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    ids = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for n, zone in enumerate("ab")
    ]
    return " ".join([vpc, *ids])


def network(subnet: str) -> dict[str, Any]:
    return {"awsvpcConfiguration": {"subnets": subnet.split()[1:], "securityGroups": []}}


def definition(account: Any, family: str) -> str:
    arn: str = account.client("ecs").register_task_definition(
        family=family,
        containerDefinitions=[CONTAINER],
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
    )["taskDefinition"]["taskDefinitionArn"]
    return arn


def service(account: Any, cluster: str, subnet: str, **options: Any) -> dict[str, Any]:
    ecs = account.client("ecs")
    ecs.create_cluster(clusterName=cluster)
    made: dict[str, Any] = ecs.create_service(
        cluster=cluster,
        serviceName="web",
        taskDefinition=definition(account, f"{cluster}-web"),
        launchType="FARGATE",
        networkConfiguration=network(subnet),
        **{"desiredCount": 2} | options,
    )["service"]
    return made


def described(account: Any, cluster: str) -> dict[str, Any]:
    found: dict[str, Any] = account.client("ecs").describe_services(cluster=cluster, services=["web"])["services"][0]
    return found


def test_services_task_definitions_and_deployments(account: Any, subnet: str) -> None:
    made = service(account, "shown", subnet)
    state = find(account, "ecs:service", made["serviceArn"])
    assert (state["serviceName"], state["desiredCount"], state["runningCount"]) == ("web", 2, 0)
    assert [(d["status"], d["rolloutState"]) for d in state["deployments"]] == [("PRIMARY", "IN_PROGRESS")]
    task = find(account, "ecs:task-definition", state["taskDefinition"])
    assert task["containerDefinitions"][0]["command"] == CONTAINER["command"]
    assert task["containerDefinitions"][0]["secrets"] == CONTAINER["secrets"]
    second = definition(account, "shown-web")
    assert find(account, "ecs:task-definition", second)
    account.client("ecs").deregister_task_definition(taskDefinition=second)  # INACTIVE ones are not told
    account.feed_until("ecs:task-definition", lambda found: second not in {r["arn"] for r in found})


def test_a_service_is_stable_only_when_the_data_plane_says_so(account: Any, subnet: str) -> None:
    made = service(account, "honest", subnet)
    assert (made["runningCount"], made["deployments"][0]["rolloutState"]) == (0, "IN_PROGRESS")
    first = made["deployments"][0]["id"]
    news = {"id": first, "rolloutState": "COMPLETED", "rolloutStateReason": "done", "runningCount": 2, "failedTasks": 1}
    event = {"createdAt": "2026-01-01T00:00:00Z", "message": "(service web) has reached a steady state."}
    for _ in range(2):  # told twice: the event is there once
        account.observe(
            "ecs:service", made["serviceArn"], runningCount=2, pendingCount=0, deployments=[news], events=[event]
        )
    found = described(account, "honest")
    assert (found["runningCount"], found["deployments"][0]["rolloutState"], found["deployments"][0]["failedTasks"]) == (
        2,
        "COMPLETED",
        1,
    )
    assert [event["message"] for event in found["events"]] == ["(service web) has reached a steady state."]
    account.client("ecs").get_waiter("services_stable").wait(cluster="honest", services=["web"])
    revision = definition(account, "honest-web")
    updated = account.client("ecs").update_service(cluster="honest", service="web", taskDefinition="honest-web")[
        "service"
    ]
    assert updated["taskDefinition"] == revision
    assert [(d["status"], d["rolloutState"]) for d in updated["deployments"]] == [
        ("PRIMARY", "IN_PROGRESS"),
        ("ACTIVE", "COMPLETED"),
    ]
    assert updated["runningCount"] == 2  # the old tasks still run
    scaled = account.client("ecs").update_service(cluster="honest", service="web", desiredCount=3)["service"]
    assert (len(scaled["deployments"]), scaled["runningCount"], scaled["deployments"][0]["desiredCount"]) == (2, 2, 3)
    cluster = account.client("ecs").describe_clusters(clusters=["honest"])["clusters"][0]
    assert cluster["activeServicesCount"] == 1


def test_a_failed_deployment_is_rolled_back_if_the_service_wishes_so(account: Any, subnet: str) -> None:
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    made = service(account, "careful", subnet, deploymentConfiguration=breaker)
    good, first = made["taskDefinition"], made["deployments"][0]["id"]
    account.observe("ecs:service", made["serviceArn"], deployments=[{"id": first, "rolloutState": "COMPLETED"}])
    definition(account, "careful-web")
    bad = account.client("ecs").update_service(cluster="careful", service="web", taskDefinition="careful-web")[
        "service"
    ]
    failed = {"id": bad["deployments"][0]["id"], "rolloutState": "FAILED", "failedTasks": 3}
    account.observe("ecs:service", made["serviceArn"], deployments=[failed])
    found = described(account, "careful")
    assert found["taskDefinition"] == good
    assert (found["deployments"][0]["rolloutState"], found["deployments"][0]["taskDefinition"]) == ("IN_PROGRESS", good)
    assert found["deployments"][1]["rolloutState"] == "FAILED"


def test_a_second_service_of_the_same_name_is_refused(account: Any, subnet: str) -> None:
    service(account, "twice", subnet)
    with pytest.raises(ClientError, match="not idempotent"):
        service(account, "twice", subnet)


def test_a_task_goes_as_far_as_the_data_plane_takes_it(account: Any, subnet: str) -> None:
    ecs = account.client("ecs")
    ecs.create_cluster(clusterName="release")
    overrides = {"containerOverrides": [{"name": "web", "command": ["migrate"]}]}
    task = ecs.run_task(
        cluster="release",
        taskDefinition=definition(account, "release"),
        launchType="FARGATE",
        networkConfiguration=network(subnet),
        overrides=overrides,
        startedBy="deploy",
    )["tasks"][0]
    arn = task["taskArn"]
    for _ in range(3):  # being described does not make it run
        task = ecs.describe_tasks(cluster="release", tasks=[arn])["tasks"][0]
        assert (task["lastStatus"], task["containers"][0]["lastStatus"]) == ("PROVISIONING", "PENDING")
        assert "exitCode" not in task["containers"][0]
    state = find(account, "ecs:task", arn)
    assert state["overrides"] == overrides and state["startedBy"] == "deploy"
    containers = [{"name": "web", "lastStatus": "STOPPED", "exitCode": 3, "reason": "failed"}]
    account.observe(
        "ecs:task",
        arn,
        lastStatus="STOPPED",
        desiredStatus="STOPPED",
        stopCode="EssentialContainerExited",
        stoppedReason="Essential container in task exited",
        stoppedAt=time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()),
        containers=containers,
    )
    ecs.get_waiter("tasks_stopped").wait(cluster="release", tasks=[arn])
    task = ecs.describe_tasks(cluster="release", tasks=[arn])["tasks"][0]
    assert (task["containers"][0]["exitCode"], task["stopCode"]) == (3, "EssentialContainerExited")
    assert task["containers"][0]["image"] == CONTAINER["image"]


def test_tasks_of_a_service_are_listed_stopped_and_forgotten(account: Any, subnet: str) -> None:
    made = service(account, "tasks", subnet)
    stem = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/tasks/"
    ecs = account.client("ecs")
    account.observe(
        "ecs:task", stem + "one", lastStatus="RUNNING", group="service:web", taskDefinitionArn=made["taskDefinition"]
    )
    assert ecs.list_tasks(cluster="tasks", serviceName="web")["taskArns"] == [stem + "one"]
    assert ecs.list_tasks(cluster="tasks", serviceName="other")["taskArns"] == []
    ecs.stop_task(cluster="tasks", task="one", reason="test")
    task = ecs.describe_tasks(cluster="tasks", tasks=["one"])["tasks"][0]
    assert (task["desiredStatus"], task["lastStatus"]) == ("STOPPED", "RUNNING")
    account.observe("ecs:task", stem + "one", desiredStatus="RUNNING", lastStatus="RUNNING")  # not seen yet
    assert ecs.describe_tasks(cluster="tasks", tasks=["one"])["tasks"][0]["desiredStatus"] == "STOPPED"
    account.observe("ecs:task", stem + "one", lastStatus="STOPPED", stoppedAt="2020-01-01T00:00:00+00:00")
    assert ecs.describe_tasks(cluster="tasks", tasks=["one"])["tasks"] == []


def test_load_balancers_listeners_rules_and_target_health(account: Any, subnet: str) -> None:
    vpc, *subnets = subnet.split()
    elb = account.client("elbv2")
    balancer = elb.create_load_balancer(Name="shared", Subnets=subnets, Scheme="internal")["LoadBalancers"][0]
    group = elb.create_target_group(
        Name="web", Protocol="HTTP", Port=8000, VpcId=vpc, TargetType="ip", HealthCheckPath="/healthz"
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.modify_target_group_attributes(
        TargetGroupArn=group, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "5"}]
    )
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    listener = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=10000, DefaultActions=forward
    )["Listeners"][0]["ListenerArn"]
    condition = {"Field": "path-pattern", "Values": ["/x/*"]}
    rule = elb.create_rule(ListenerArn=listener, Conditions=[condition], Priority=5, Actions=forward)["Rules"][0][
        "RuleArn"
    ]
    assert find(account, "elbv2:load-balancer", balancer["LoadBalancerArn"])["Scheme"] == "internal"
    state = find(account, "elbv2:listener", listener)
    assert (state["Port"], state["DefaultActions"][0]["TargetGroupArn"]) == (10000, group)
    assert 21000 <= state["LocalPort"] < 30000
    assert find(account, "elbv2:rule", rule)["Conditions"][0]["Values"] == ["/x/*"]
    state = find(account, "elbv2:target-group", group)
    assert (state["HealthCheckPath"], state["Targets"]) == ("/healthz", [])
    assert {"Key": "deregistration_delay.timeout_seconds", "Value": "5"} in state["Attributes"]
    health = [
        {
            "Target": {"Id": "127.0.0.1", "Port": 4000},
            "TargetHealth": {"State": "unhealthy", "Reason": "Target.Timeout"},
        }
    ]
    account.observe("elbv2:target-group", group, TargetHealth=health)
    found = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert [(item["Target"]["Port"], item["TargetHealth"]["State"]) for item in found] == [(4000, "unhealthy")]
