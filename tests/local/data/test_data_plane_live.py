"""Both planes as processes, told through boto3: what is declared comes alive and survives bad days."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg
import pytest

from homeport.local import aws, ledger
from homeport.local.account import NO_TLS
from homeport.local.home import Home
from homeport.local.ports import Ports

pytestmark = pytest.mark.integration

ACCOUNT, REGION, DIGEST = "100000000001", "eu-west-1", "abc123"
WORKER = """
import os, time, psycopg
with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS start (pid int)")
    connection.execute("INSERT INTO start VALUES (%s)", [os.getpid()])
print("counted", flush=True)
time.sleep(1000)
"""


@dataclass
class Planes:
    """The two processes of one home."""

    home: Home
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, plane: str) -> None:
        address = self.home.path / f"{plane}.json"
        address.unlink(missing_ok=True)
        with (self.home.path / f"{plane}.log").open("ab") as log:
            command = [sys.executable, "-m", f"homeport.local.{plane}", "--home", str(self.home.path)]
            if plane == "control":  # at the same address each time, as `homeport up` starts it
                command += ["--port", str(Ports(self.home).of("homeport:control"))]
            self.running[plane] = subprocess.Popen(command, stdout=log, stderr=log)
        self.until(address.exists)

    def end(self, plane: str, number: int = signal.SIGTERM) -> int:
        process = self.running.pop(plane)
        process.send_signal(number)
        return process.wait(40)

    def client(self, service: str) -> Any:
        return aws.client(service, json.loads(self.home.control.read_text())["url"], ACCOUNT, REGION)

    def live(self) -> dict[str, dict[str, Any]]:
        url = json.loads(self.home.data.read_text())["url"]
        headers = {"Authorization": f"Bearer {self.home.token.read_text()}"}
        answer = httpx.get(f"{url}/_homeport/live", headers=headers, trust_env=False, verify=NO_TLS)
        return {item["name"]: item for item in answer.json()}

    def until(self, condition: Callable[[], Any], seconds: float = 30) -> Any:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := condition():
                return found
            time.sleep(0.05)
        logs = [log.read_text()[-3000:] for log in sorted(self.home.path.glob("*.log"))]
        pytest.fail(f"not within {seconds} s\n" + "\n".join(logs))


@pytest.fixture
def planes(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Planes]:
    monkeypatch.setenv("HOMEPORT_HOME", str(home.path))
    app = home.bundles / DIGEST / "app"
    app.mkdir(parents=True)
    (app / "worker.py").write_text(WORKER)
    (home.bundles / DIGEST / "venv" / "bin").mkdir(parents=True)
    both = Planes(home)
    both.start("control")
    both.start("data")
    yield both
    for plane in ("data", "control"):
        if plane in both.running:
            both.end(plane)


@pytest.fixture
def declared(planes: Planes) -> str:
    """A database and a service that counts its starts in it; the service's name."""
    database = planes.client("rds").create_db_instance(
        DBInstanceIdentifier="books",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        EngineVersion="16.4",
        AllocatedStorage=20,
        MasterUsername="catalog",
        MasterUserPassword="local-secret",
        DBName="catalog",
    )["DBInstance"]
    port = database["Endpoint"]["Port"]
    planes.client("ssm").put_parameter(
        Name="/homeport/local/databases/books/URL",
        Value=f"postgres://catalog:local-secret@127.0.0.1:{port}/catalog",
        Type="SecureString",
    )
    planes.client("logs").create_log_group(logGroupName="/homeport/local/library")
    repository = planes.client("ecr").create_repository(repositoryName="library")["repository"]["repositoryUri"]
    manifest = {"schemaVersion": 2, "annotations": {"dev.homeport.bundle": DIGEST}}
    manifest["mediaType"] = "application/vnd.oci.image.manifest.v1+json"
    planes.client("ecr").put_image(repositoryName="library", imageManifest=json.dumps(manifest), imageTag="v1")
    ecs = planes.client("ecs")
    ecs.create_cluster(clusterName="magicbook-local")
    options = {"awslogs-group": "/homeport/local/library", "awslogs-stream-prefix": "worker", "awslogs-region": REGION}
    ecs.register_task_definition(
        family="library-worker",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[
            {
                "name": "worker",
                "image": f"{repository}:v1",
                "command": [sys.executable, "worker.py"],
                "secrets": [{"name": "DATABASE_URL", "valueFrom": "/homeport/local/databases/books/URL"}],
                "logConfiguration": {"logDriver": "awslogs", "options": options},
            }
        ],
    )
    ecs.create_service(
        cluster="magicbook-local",
        serviceName="library-worker",
        taskDefinition="library-worker",
        desiredCount=1,
        launchType="FARGATE",
    )
    return "library-worker"


def service(planes: Planes) -> dict[str, Any]:
    found: dict[str, Any] = planes.client("ecs").describe_services(
        cluster="magicbook-local", services=["library-worker"]
    )["services"][0]
    return found


def starts(planes: Planes) -> list[int]:
    url = planes.client("ssm").get_parameter(Name="/homeport/local/databases/books/URL", WithDecryption=True)
    with psycopg.connect(url["Parameter"]["Value"]) as connection:
        return [row[0] for row in connection.execute("SELECT pid FROM start ORDER BY ctid")]


def is_steady(planes: Planes) -> bool:
    found = service(planes)
    return found["runningCount"] == 1 and found["deployments"][0]["rolloutState"] == "COMPLETED"


def test_a_service_with_its_database_comes_alive_and_logs(planes: Planes, declared: str) -> None:
    planes.until(lambda: is_steady(planes))
    assert len(starts(planes)) == 1
    logs = planes.client("logs")
    group = "/homeport/local/library"
    messages = planes.until(lambda: [e["message"] for e in logs.filter_log_events(logGroupName=group)["events"]])
    assert messages == ["counted"]
    live = planes.live()
    assert live["books"]["live"] and live[declared]["live"], live
    (arn,) = planes.client("ecs").list_tasks(cluster="magicbook-local", serviceName=declared)["taskArns"]
    (task,) = planes.client("ecs").describe_tasks(cluster="magicbook-local", tasks=[arn])["tasks"]
    assert (task["lastStatus"], task["group"]) == ("RUNNING", f"service:{declared}")


def test_a_killed_data_plane_starts_again_with_rows_and_without_leftovers(planes: Planes, declared: str) -> None:
    planes.until(lambda: is_steady(planes))
    (first,) = starts(planes)
    planes.end("data", signal.SIGKILL)
    planes.start("data")
    planes.until(lambda: len(starts_or_none(planes)) == 2)
    assert starts(planes)[0] == first
    assert ledger.start_time(first) is None
    planes.until(lambda: is_steady(planes))
    arns = planes.client("ecs").list_tasks(cluster="magicbook-local", desiredStatus="RUNNING")["taskArns"]
    assert len(arns) == 1


def starts_or_none(planes: Planes) -> list[int]:
    try:
        return starts(planes)
    except psycopg.Error:
        return []


def test_what_runs_goes_on_while_the_control_plane_is_killed_and_started_again(planes: Planes, declared: str) -> None:
    planes.until(lambda: is_steady(planes))
    (first,) = starts(planes)
    planes.until(lambda: any((planes.home.state).iterdir()))
    time.sleep(1)  # longer than the control plane takes to save: only then must it know everything again
    planes.end("control", signal.SIGKILL)
    planes.start("control")
    planes.until(lambda: is_steady(planes))
    assert starts(planes) == [first]
    planes.client("ecs").update_service(cluster="magicbook-local", service=declared, desiredCount=2)
    planes.until(lambda: len(starts(planes)) == 2)


def test_a_killed_task_is_started_again(planes: Planes, declared: str) -> None:
    planes.until(lambda: is_steady(planes))
    (first,) = starts(planes)
    os.kill(first, signal.SIGKILL)
    planes.until(lambda: len(starts(planes)) == 2)
    planes.until(lambda: is_steady(planes))


def test_an_orderly_stop_leaves_no_process_and_no_address(planes: Planes, declared: str) -> None:
    planes.until(lambda: is_steady(planes))
    pids = [int(file.stem) for file in planes.home.ledger.glob("*.json")]
    assert pids
    assert planes.end("data", signal.SIGINT) == 0
    assert [pid for pid in pids if ledger.start_time(pid)] == []
    assert not planes.home.data.exists()
    assert service(planes)["runningCount"] == 0


def test_the_data_plane_waits_for_the_control_plane(home: Home) -> None:
    planes = Planes(home)
    with (home.path / "data.log").open("wb") as log:
        command = [sys.executable, "-m", "homeport.local.data", "--home", str(home.path)]
        planes.running["data"] = subprocess.Popen(command, stdout=log, stderr=log)
    planes.start("control")
    planes.until(home.data.exists)
    assert planes.end("data") == 0
    assert planes.end("control") == 0


def test_the_api_wants_the_token(planes: Planes) -> None:
    url = json.loads(planes.home.data.read_text())["url"]
    assert httpx.get(f"{url}/_homeport/health", trust_env=False).status_code == 200
    assert httpx.get(f"{url}/_homeport/live", trust_env=False).status_code == 401
    wrong = {"Authorization": "Bearer wrong"}
    assert httpx.post(f"{url}/_homeport/invoke", headers=wrong, json={}, trust_env=False).status_code == 401
    right = {"Authorization": f"Bearer {planes.home.token.read_text()}"}
    assert httpx.post(f"{url}/_homeport/invoke", headers=right, json={"no": 1}, trust_env=False).status_code == 400
