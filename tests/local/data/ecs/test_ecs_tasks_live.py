"""Services and tasks as real processes: good days and bad ones. Secrets come from a real control plane."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from homeport.local.data.context import Context, World
from homeport.local.data.ecs.images import ANNOTATION
from homeport.local.data.ecs.tasks import Tasks
from homeport.local.data.supervisor import Supervisor, supervise
from homeport.local.home import Home

pytestmark = pytest.mark.integration

REPOSITORY = "100000000001.dkr.ecr.eu-west-1.amazonaws.com/magicbook-local/catalog"
CLUSTER = "arn:aws:ecs:eu-west-1:100000000001:cluster/magicbook-local"
SERVICE = "arn:aws:ecs:eu-west-1:100000000001:service/magicbook-local/catalog-web"
GROUP = "arn:aws:elasticloadbalancing:eu-west-1:100000000001:targetgroup/catalog/1"
TASK = "arn:aws:ecs:eu-west-1:100000000001:task/magicbook-local/0123"
DIGEST = "abc123"

SERVER = """
import http.server, os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(os.environ.get("STATUS", "200")) if self.path == "/healthz" else 200)
        self.end_headers()
        self.wfile.write(f"{os.environ.get('RELEASE', '')} {os.getpid()}".encode())
    def log_message(self, *args): pass
print("listening", flush=True)
http.server.ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()
"""


@pytest.fixture(autouse=True)
def bundle(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEPORT_HOME", str(home.path))
    app = home.bundles / DIGEST / "app"
    app.mkdir(parents=True)
    (app / "server.py").write_text(SERVER)
    (home.bundles / DIGEST / "venv" / "bin").mkdir(parents=True)
    (home.bundles / DIGEST / "venv" / "bin" / "python").symlink_to(sys.executable)


@pytest.fixture
def supervisor(home: Home) -> Supervisor:
    return supervise(home)


@pytest.fixture
async def tasks(connected: Context, supervisor: Supervisor) -> AsyncIterator[Tasks]:
    part = Tasks(connected, supervisor)
    yield part
    await part.stop()


def definition(revision: int, *command: str, **container: Any) -> dict[str, Any]:
    named = {
        "name": "web",
        "image": f"{REPOSITORY}:v1",
        "command": list(command) or ["python", "server.py"],
        "environment": [{"name": "RELEASE", "value": str(revision)}],
        "portMappings": [{"containerPort": 8000}],
        "stopTimeout": 2,
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {"awslogs-group": "/homeport/local/catalog", "awslogs-stream-prefix": "web"},
        },
    }
    return {"taskDefinitionArn": f"td:{revision}", "containerDefinitions": [named | container]}


def image() -> dict[str, Any]:
    manifest = json.dumps({"annotations": {ANNOTATION: DIGEST}})
    return {
        "repositoryUri": REPOSITORY,
        "repositoryName": "magicbook-local/catalog",
        "imageDigest": "sha256:1",
        "imageTags": ["v1"],
        "imageManifest": manifest,
    }


def service(revision: int = 1, *, deployments: list[dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
    only = {"id": f"ecs-svc/{revision}", "status": "PRIMARY", "taskDefinition": f"td:{revision}"}
    return {
        "serviceName": "catalog-web",
        "clusterArn": CLUSTER,
        "taskDefinition": f"td:{revision}",
        "desiredCount": 1,
        "loadBalancers": [{"targetGroupArn": GROUP, "containerName": "web", "containerPort": 8000}],
        "healthCheckGracePeriodSeconds": 30,
        "deploymentConfiguration": {
            "minimumHealthyPercent": 100,
            "maximumPercent": 200,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        },
        "deployments": deployments or [only | {"rolloutState": "IN_PROGRESS"}],
    } | changes


TARGET_GROUP = {
    "HealthCheckPath": "/healthz",
    "HealthCheckIntervalSeconds": 5,
    "HealthCheckTimeoutSeconds": 2,
    "HealthyThresholdCount": 2,
    "UnhealthyThresholdCount": 2,
    "Matcher": {"HttpCode": "200"},
    "Attributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "1"}],
}


@pytest.fixture
def account(world: Callable[..., World]) -> Callable[..., World]:
    def build(*definitions: dict[str, Any], **resources: dict[str, Any]) -> World:
        declared = {
            "ecr:image": {"image": image()},
            "elbv2:target-group": {GROUP: TARGET_GROUP},
            "ecs:task-definition": {item["taskDefinitionArn"]: item for item in definitions},
            "ecs:service": {SERVICE: resources["service"]} if "service" in resources else {},
            "ecs:task": {TASK: resources["task"]} if "task" in resources else {},
        }
        return world(declared)

    return build


def rollout(seen: Any, arn: str = SERVICE) -> str:
    deployments = seen.states.get(arn, {}).get("deployments") or [{}]
    return str(deployments[0].get("rolloutState"))


async def ask(context: Context) -> str:
    (target,) = context.targets.healthy(GROUP)
    async with aiohttp.ClientSession() as session, session.get(f"http://{target.host}:{target.port}/") as response:
        return await response.text()


async def test_a_service_starts_becomes_healthy_and_is_told(
    tasks: Tasks, account: Callable[..., World], connected: Context, seen: Any
) -> None:
    await tasks.reconcile(account(definition(1), service=service()))
    await seen.until(lambda: rollout(seen) == "COMPLETED")
    assert (await ask(connected)).startswith("1 ")
    told = seen.states[SERVICE]
    assert (told["runningCount"], told["pendingCount"]) == (1, 0)
    assert [event["message"] for event in told["events"]][-1] == "(service catalog-web) has reached a steady state."
    assert seen.states[GROUP]["TargetHealth"][0]["TargetHealth"] == {"State": "healthy"}
    (arn,) = [arn for arn in seen.states if ":task/" in arn]
    assert seen.states[arn]["lastStatus"] == "RUNNING"
    assert ("/homeport/local/catalog", f"web/web/{arn.rpartition('/')[2]}", "listening") in seen.logged
    assert tasks.live()[0].live


async def test_a_new_revision_replaces_the_old_without_a_gap(
    tasks: Tasks, account: Callable[..., World], connected: Context, seen: Any
) -> None:
    await tasks.reconcile(account(definition(1), service=service()))
    await seen.until(lambda: rollout(seen) == "COMPLETED")
    both = [
        {"id": "ecs-svc/2", "status": "PRIMARY", "taskDefinition": "td:2", "rolloutState": "IN_PROGRESS"},
        {"id": "ecs-svc/1", "status": "ACTIVE", "taskDefinition": "td:1", "rolloutState": "COMPLETED"},
    ]
    await tasks.reconcile(account(definition(1), definition(2), service=service(2, deployments=both)))
    releases = set()
    while not (rollout(seen) == "COMPLETED" and seen.states[SERVICE]["deployments"][0]["id"] == "ecs-svc/2"):
        healthy = connected.targets.healthy(GROUP)
        assert healthy, "a moment without a healthy target"
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://{healthy[0].host}:{healthy[0].port}/") as response:
                releases.add((await response.text())[0])
    assert (await ask(connected)).startswith("2 ")
    assert "1" in releases


async def test_a_killed_task_is_started_again_and_the_others_go_on(
    tasks: Tasks, account: Callable[..., World], connected: Context, seen: Any, supervisor: Supervisor
) -> None:
    await tasks.reconcile(account(definition(1), service=service(desiredCount=2)))
    await seen.until(lambda: rollout(seen) == "COMPLETED")
    killed, kept = list(supervisor.children)
    os.kill(killed, signal.SIGKILL)
    await seen.until(lambda: len(connected.targets.healthy(GROUP)) == 1)
    assert (await ask(connected)) == f"1 {kept}"
    await seen.until(lambda: len(connected.targets.healthy(GROUP)) == 2)
    assert killed not in supervisor.children
    assert any("exited with code 137" in event["message"] for event in seen.states[SERVICE]["events"])


async def test_a_service_that_exits_at_start_is_stopped_by_the_breaker(
    tasks: Tasks, account: Callable[..., World], seen: Any
) -> None:
    broken = definition(1, "sh", "-c", "echo no settings >&2; exit 3")
    await tasks.reconcile(account(broken, service=service()))
    await seen.until(lambda: rollout(seen) == "FAILED")
    told = seen.states[SERVICE]
    assert told["deployments"][0]["rolloutStateReason"] == "ECS deployment circuit breaker: tasks failed to start."
    assert told["deployments"][0]["failedTasks"] == 3
    assert any("exited with code 3" in event["message"] for event in told["events"])
    assert any(message == "no settings" for _, _, message in seen.logged)
    assert "exited with code 3" in tasks.live()[0].detail


async def test_after_a_roll_back_the_tasks_that_never_stopped_go_on(
    tasks: Tasks, account: Callable[..., World], seen: Any, supervisor: Supervisor
) -> None:
    await tasks.reconcile(account(definition(1), service=service()))
    await seen.until(lambda: rollout(seen) == "COMPLETED")
    running = set(supervisor.children)
    good = {"id": "ecs-svc/1", "status": "ACTIVE", "taskDefinition": "td:1", "rolloutState": "COMPLETED"}
    bad = {"id": "ecs-svc/2", "status": "PRIMARY", "taskDefinition": "td:2", "rolloutState": "IN_PROGRESS"}
    definitions = (definition(1), definition(2, "false"))
    await tasks.reconcile(account(*definitions, service=service(2, deployments=[bad, good])))
    await seen.until(lambda: rollout(seen) == "FAILED")
    back = {"id": "ecs-svc/3", "status": "PRIMARY", "taskDefinition": "td:1", "rolloutState": "IN_PROGRESS"}
    failed = bad | {"status": "ACTIVE", "rolloutState": "FAILED"}
    await tasks.reconcile(account(*definitions, service=service(1, deployments=[back, failed, good])))
    await seen.until(lambda: rollout(seen) == "COMPLETED")
    assert set(supervisor.children) == running


async def test_a_service_that_never_becomes_healthy_gets_no_traffic(
    tasks: Tasks, account: Callable[..., World], connected: Context, seen: Any
) -> None:
    sick = definition(1, environment=[{"name": "STATUS", "value": "500"}])
    quick = TARGET_GROUP | {"HealthCheckIntervalSeconds": 0.2}
    world = account(sick, service=service(healthCheckGracePeriodSeconds=0))
    group = replace(world.of("elbv2:target-group")[GROUP], state=quick)
    await tasks.reconcile(replace(world, resources={**world.resources, "elbv2:target-group": {GROUP: group}}))
    await seen.until(lambda: rollout(seen) == "FAILED")
    assert connected.targets.healthy(GROUP) == ()
    assert any("failed ELB health checks" in event["message"] for event in seen.states[SERVICE]["events"])


async def test_a_task_that_ignores_sigterm_is_killed_after_its_stop_timeout(
    tasks: Tasks, account: Callable[..., World], seen: Any
) -> None:
    stubborn = definition(1, "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1000; done", stopTimeout=1)
    await tasks.reconcile(account(stubborn, service=service(loadBalancers=[])))
    await seen.until(lambda: any(message == "ready" for _, _, message in seen.logged))
    await tasks.reconcile(account(stubborn))
    (arn,) = await seen.until(lambda: [arn for arn in seen.states if ":task/" in arn])
    await seen.until(lambda: seen.states[arn]["lastStatus"] == "STOPPED")
    assert seen.states[arn]["containers"][0]["exitCode"] == 137


def one_off(**changes: Any) -> dict[str, Any]:
    return {
        "taskArn": TASK,
        "clusterArn": CLUSTER,
        "taskDefinitionArn": "td:1",
        "group": "family:release",
        "startedBy": "homeport",
        "lastStatus": "PROVISIONING",
        "desiredStatus": "RUNNING",
        "overrides": {"containerOverrides": []},
    } | changes


async def test_a_release_task_runs_once_and_tells_its_exit_code(
    tasks: Tasks, account: Callable[..., World], seen: Any
) -> None:
    overrides = {
        "containerOverrides": [
            {
                "name": "web",
                "command": ["sh", "-c", "echo $WHAT; exit 4"],
                "environment": [{"name": "WHAT", "value": "migrate"}],
            }
        ]
    }
    await tasks.reconcile(account(definition(1), task=one_off(overrides=overrides)))
    await seen.until(lambda: seen.states.get(TASK, {}).get("lastStatus") == "STOPPED")
    told = seen.states[TASK]
    assert told["containers"][0]["exitCode"] == 4
    assert (told["stopCode"], told["startedBy"]) == ("EssentialContainerExited", "homeport")
    assert ("/homeport/local/catalog", "web/web/0123", "migrate") in seen.logged
    await tasks.reconcile(account(definition(1), task=one_off(overrides=overrides)))  # the feed is a moment behind
    assert [message for _, _, message in seen.logged] == ["migrate"]


async def test_a_task_is_stopped_by_stop_task(tasks: Tasks, account: Callable[..., World], seen: Any) -> None:
    await tasks.reconcile(account(definition(1), task=one_off()))
    await seen.until(lambda: seen.states.get(TASK, {}).get("lastStatus") == "RUNNING")
    stopped = one_off(lastStatus="RUNNING", desiredStatus="STOPPED", stoppedReason="enough")
    await tasks.reconcile(account(definition(1), task=stopped))
    await seen.until(lambda: seen.states[TASK]["lastStatus"] == "STOPPED")
    assert (seen.states[TASK]["stoppedReason"], seen.states[TASK]["stopCode"]) == ("enough", "UserInitiated")


async def test_a_task_that_ran_when_the_data_plane_was_killed_is_not_run_again(
    tasks: Tasks, account: Callable[..., World], seen: Any, supervisor: Supervisor
) -> None:
    interrupted = one_off(lastStatus="RUNNING", containers=[{"name": "web"}])
    await tasks.reconcile(account(definition(1), task=interrupted))
    await seen.until(lambda: seen.states.get(TASK, {}).get("lastStatus") == "STOPPED")
    assert seen.states[TASK]["containers"] == [{"name": "web", "lastStatus": "STOPPED", "exitCode": 137}]
    assert supervisor.children == {}


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        ({"image": f"{REPOSITORY}:unreleased"}, "CannotPullContainerError"),
        ({"image": "nginx"}, "CannotPullContainerError"),
        ({"command": ["no-such-program"]}, "CannotStartContainerError"),
        ({"secrets": [{"name": "KEY", "valueFrom": "/no/such/parameter"}]}, "ResourceInitializationError"),
        (
            {
                "secrets": [
                    {"name": "KEY", "valueFrom": "arn:aws:secretsmanager:eu-west-1:100000000001:secret:no-AbCdEf"}
                ]
            },
            "ResourceInitializationError",
        ),
    ],
)
async def test_what_cannot_start_says_why_as_on_aws(
    tasks: Tasks, account: Callable[..., World], seen: Any, container: dict[str, Any], reason: str
) -> None:
    await tasks.reconcile(account(definition(1, **container), task=one_off()))
    await seen.until(lambda: seen.states.get(TASK, {}).get("lastStatus") == "STOPPED")
    assert seen.states[TASK]["stoppedReason"].startswith(reason)
    assert seen.states[TASK]["stopCode"] == "TaskFailedToStart"


async def test_secrets_are_resolved_and_the_local_account_wins(
    tasks: Tasks, account: Callable[..., World], seen: Any, connected: Context
) -> None:
    ssm = connected.aws("ssm", "100000000001", "eu-west-1")
    ssm.put_parameter(Name="/homeport/local/catalog/KEY", Value="from ssm", Type="SecureString", Overwrite=True)
    manager = connected.aws("secretsmanager", "100000000001", "eu-west-1")
    secret = manager.create_secret(Name="database", SecretString=json.dumps({"password": "from a secret"}))["ARN"]
    asked = "echo $A / $B / $C / $AWS_ENDPOINT_URL / $AWS_ACCESS_KEY_ID"
    declared = definition(
        1,
        "sh",
        "-c",
        asked,
        environment=[{"name": "AWS_ENDPOINT_URL", "value": "https://sqs.eu-west-1.amazonaws.com"}],
        secrets=[
            {"name": "A", "valueFrom": "/homeport/local/catalog/KEY"},
            {"name": "B", "valueFrom": "arn:aws:ssm:eu-west-1:100000000001:parameter/homeport/local/catalog/KEY"},
            {"name": "C", "valueFrom": f"{secret}:password::"},
        ],
    )
    await tasks.reconcile(account(declared, task=one_off()))
    await seen.until(lambda: seen.states.get(TASK, {}).get("lastStatus") == "STOPPED")
    (message,) = [message for _, _, message in seen.logged]
    assert message == f"from ssm / from ssm / from a secret / {connected.control_url} / HOMEPORT100000000001"
    manager.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)


async def test_containers_of_a_task_end_together_when_an_essential_one_ends(
    tasks: Tasks, account: Callable[..., World], seen: Any
) -> None:
    both = definition(1, "sh", "-c", "exit 0")
    sidecar = both["containerDefinitions"][0] | {"name": "sidecar", "command": ["sleep", "1000"], "essential": False}
    both["containerDefinitions"].append(sidecar)
    await tasks.reconcile(account(both, task=one_off()))
    await seen.until(lambda: seen.states.get(TASK, {}).get("lastStatus") == "STOPPED")
    assert [c["exitCode"] for c in seen.states[TASK]["containers"]] == [0, 143]


async def test_a_containers_own_health_check_makes_the_task_ready(
    tasks: Tasks, account: Callable[..., World], seen: Any, home: Home
) -> None:
    check = {"command": ["CMD-SHELL", f"test -f {home.path}/ready"], "interval": 1, "retries": 100}
    checked = definition(1, healthCheck=check)
    await tasks.reconcile(account(checked, service=service(loadBalancers=[])))
    await seen.until(lambda: seen.states.get(SERVICE, {}).get("runningCount") == 1)
    assert rollout(seen) == "IN_PROGRESS"
    (home.path / "ready").touch()
    await seen.until(lambda: rollout(seen) == "COMPLETED")


async def test_stopping_leaves_no_process(
    connected: Context, account: Callable[..., World], seen: Any, supervisor: Supervisor, home: Home
) -> None:
    part = Tasks(connected, supervisor)
    await part.reconcile(account(definition(1), service=service(), task=one_off()))
    await seen.until(lambda: rollout(seen) == "COMPLETED" and seen.states[TASK]["lastStatus"] == "RUNNING")
    await asyncio.wait_for(part.stop(), 20)
    assert supervisor.children == {}
    assert list((home.path / "tasks").iterdir()) == []
    assert seen.states[SERVICE]["runningCount"] == 0
    assert seen.states[TASK]["lastStatus"] == "STOPPED"
