"""Every test of a fix runs twice: against moto with the fixes, where it must pass, and against moto as it is, where it
must fail. One that passes there too is a fix that upstream has made unnecessary."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from homeport.local import aws

ACCOUNT, REGION = "100000000001", "eu-west-1"
UPSTREAM_LACKS_IT = pytest.mark.xfail(strict=True, reason="upstream lacks it")


@pytest.fixture(scope="session")
def servers() -> Iterator[Callable[[str], str]]:
    """The address of `fixed` or `stock`: each is started when it is first asked for."""
    program = Path(__file__).with_name("moto_process.py")
    root = Path(__file__).parents[4]
    with ExitStack() as running:

        @cache
        def start(kind: str) -> str:
            process = running.enter_context(
                subprocess.Popen(
                    [sys.executable, str(program), kind],
                    env={**os.environ, "PYTHONPATH": str(root)},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                )
            )
            assert process.stdout and process.stdin
            running.callback(process.stdin.close)
            return process.stdout.readline().strip()

        yield start


@pytest.fixture(scope="module", params=["fixed", pytest.param("stock", marks=UPSTREAM_LACKS_IT)])
def endpoint(request: pytest.FixtureRequest, servers: Callable[[str], str]) -> str:
    return servers(request.param)


@pytest.fixture
def client(endpoint: str) -> Callable[[str], Any]:
    """boto3 client of a service by its name."""
    if not endpoint:
        pytest.fail("moto did not start", pytrace=False)
    return lambda service: aws.client(service, endpoint, ACCOUNT, REGION)


@pytest.fixture
def network(client: Callable[[str], Any]) -> dict[str, Any]:
    """A subnet and a security group in a network of their own."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="inside", Description="inside", VpcId=vpc)["GroupId"]
    return {"vpc": vpc, "subnets": [subnet], "group": group}
