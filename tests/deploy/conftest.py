"""An AWS account (our own control plane), a platform in it as Terraform leaves it, and code to deploy."""

import itertools
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from homeport.deploy.target import Clock, Target
from homeport.local import aws
from homeport.local.home import Home
from homeport.model import names
from homeport.model.load import load_platform

REGION = "eu-west-1"

# A build backend without requirements: packages can be built where there is no index.
BACKEND = """
import zipfile
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = "greeting-1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{wheel_directory}/{name}", "w") as wheel:
        wheel.write("greeting.py")
        wheel.writestr("greeting-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: greeting\\nVersion: 1.0\\n")
        wheel.writestr("greeting-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr("greeting-1.0.dist-info/entry_points.txt", "[console_scripts]\\ngreet = greeting:greet\\n")
        wheel.writestr("greeting-1.0.dist-info/RECORD", "")
    return name
"""
PROJECT = """
[project]
name = "greeting"
version = "1.0"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
PLATFORM = """
name: shop
python: "3.11"
services:
  web-shop:
    path: web-shop
    processes: {web: {command: run web, scale: {min: 2, max: 4}}, worker: {command: run worker}}
    schedules: {tidy: {command: run tidy, schedule: rate(1 day)}}
    release: run migrations
functions:
  resize: {path: resize, handler: main.handler, schedule: rate(1 hour)}
sites:
  www: {path: www}
"""


@pytest.fixture
def greeting(tmp_path: Path) -> Path:
    """A local package `greeting` with a script `greet`."""
    folder = tmp_path / "packages" / "greeting"
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "backend.py").write_text(BACKEND)
    (folder / "greeting.py").write_text("WORD = 'hello'\ndef greet():\n    print(WORD)\n")
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of a homeport.yml with a service, a function and a site."""
    root = tmp_path / "platform"
    for file, text in {
        "homeport.yml": PLATFORM,
        "web-shop/app.py": "A = 1\n",
        "resize/main.py": "def handler(event, context):\n    return event\n",
        "www/index.html": "<p>hello",
        "www/app.3f2a9c1b.js": "1",
    }.items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text)
    return root


@dataclass(frozen=True)
class Control:
    """The running control plane of a local account."""

    url: str
    token: str

    def observe(self, arn: str, account: str, state: dict[str, Any]) -> None:
        """Report a task as the data plane does."""
        httpx.post(
            f"{self.url}/_homeport/observed",
            json=[{"arn": arn, "type": "ecs:task", "account": account, "region": REGION, "state": state}],
            headers={"Authorization": f"Bearer {self.token}"},
        ).raise_for_status()


@pytest.fixture(scope="session")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Control]:
    home = Home(tmp_path_factory.mktemp("home"))
    home.token.write_text("secret")
    home.token.chmod(0o600)
    with (home.path / "control.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "homeport.local.control", "--home", str(home.path)], stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + 60
        while not home.control.exists():
            assert process.poll() is None and time.monotonic() < deadline, (home.path / "control.log").read_text()
            time.sleep(0.05)
        yield Control(json.loads(home.control.read_text())["url"], "secret")
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def account() -> str:
    """A number that no other test uses: accounts know nothing of each other."""
    return f"3{uuid.uuid4().int % 10**11:011d}"


@pytest.fixture
def client(control: Control, account: str) -> Callable[[str], Any]:
    """Clients of an account with nothing in it."""
    return cache(lambda service: aws.client(service, control.url, account, REGION))


@pytest.fixture
def target(root: Path, tmp_path: Path, client: Callable[[str], Any], account: str) -> Target:
    """The platform in `local`; waiting takes no time."""
    ticks = itertools.count()
    platform = load_platform(root / "homeport.yml").in_environment("local")
    here = platform.environments["local"].model_copy(update={"account": account})
    platform = platform.model_copy(update={"environments": {"local": here}})
    clock = Clock(now=lambda: float(next(ticks)), sleep=lambda seconds: None)
    return Target(platform, "local", root, tmp_path / "store", client, clock=clock)


class Terraform:
    """Makes in the account what Terraform's modules make: templates, services, a function, buckets."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self.client = client
        self.prefix = ("shop", "local")
        client("ecr").create_repository(
            repositoryName=names.repository(*self.prefix, "web-shop"), imageTagMutability="IMMUTABLE"
        )
        vpc = client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        client("ec2").modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
        subnet = client("ec2").create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        group = client("ec2").create_security_group(GroupName="tasks", Description="tasks", VpcId=vpc)["GroupId"]
        network = {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}}
        client("ecs").create_cluster(clusterName=names.cluster(*self.prefix))
        self.register("release", "run migrations")
        self.register("tidy", "run tidy")
        for process in ("web", "worker"):
            definition = self.register(process, f"run {process}")
            client("ecs").create_service(
                cluster=names.cluster(*self.prefix),
                serviceName=names.ecs_service("web-shop", process),
                taskDefinition=definition,
                desiredCount=0,
                launchType="FARGATE",
                networkConfiguration=network,
            )

    def register(self, process: str, command: str) -> str:
        answer = self.client("ecs").register_task_definition(
            family=names.task_family(*self.prefix, "web-shop", process),
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[
                {
                    "name": process,
                    "image": "registry.example/shop-local/web-shop:unreleased",
                    "command": ["sh", "-c", command],
                    "memory": 512,
                    "essential": True,
                    "environment": [{"name": "PORT", "value": "8000"}],
                    "logConfiguration": {
                        "logDriver": "awslogs",
                        "options": {"awslogs-group": "/homeport/local/web-shop", "awslogs-stream-prefix": process},
                    },
                }
            ],
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def service(self, process: str) -> Any:
        found = self.client("ecs").describe_services(
            cluster=names.cluster(*self.prefix), services=[names.ecs_service("web-shop", process)]
        )
        return found["services"][0]

    def definition(self, process: str) -> Any:
        arn = self.service(process)["taskDefinition"]
        return self.client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]


@pytest.fixture
def terraform(client: Callable[[str], Any]) -> Terraform:
    return Terraform(client)
