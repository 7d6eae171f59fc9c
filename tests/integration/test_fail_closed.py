"""Nothing that runs for the local account reaches the real AWS: three locks, of which each is enough alone.

Real boto3, curl and Terraform run in the environment that Homeport gives to its tools, with one or two locks taken
off, and with real-looking credentials lying about where these programs look for them.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from homeport.local.account import control_url, local_environment
from homeport.local.home import Home
from homeport.terraform import run
from homeport.terraform.mirror import prepare_providers
from homeport.terraform.run import Stack
from homeport.terraform.tool import find_tool
from tests.integration.control_plane import REGION, Control

pytestmark = pytest.mark.integration

MANAGEMENT_ACCOUNT = "100000000000"
WHO_AM_I = """
import boto3
from botocore.config import Config
sts = boto3.client("sts", config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=5))
print(sts.get_caller_identity()["Account"])
"""
WHO_AM_I_TF = """
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region      = "eu-west-1"
  max_retries = 1
}

data "aws_caller_identity" "this" {}

output "account" {
  value = data.aws_caller_identity.this.account_id
}
"""
REAL_CREDENTIALS = "[default]\naws_access_key_id = AKIAREALREALREALREAL\naws_secret_access_key = real\n"


@pytest.fixture(scope="module")
def control() -> Iterator[Control]:
    folder = Path(tempfile.mkdtemp(prefix="homeport-closed-"))
    running = Control(Home(folder))
    running.home.token.write_text("token-of-the-test")
    running.start()
    yield running
    running.stop()
    shutil.rmtree(folder)


@pytest.fixture
def environment(control: Control, tmp_path: Path) -> dict[str, str]:
    """As tools get it on the machine of somebody who works with the real AWS."""
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(REAL_CREDENTIALS)
    (tmp_path / ".aws" / "config").write_text("[default]\nregion = us-east-1\nuse_fips_endpoint = true\n")
    theirs = {**os.environ, "HOME": str(tmp_path), "AWS_PROFILE": "default", "AWS_ACCESS_KEY_ID": "AKIAREAL"}
    return local_environment(control.home, REGION, inherited=theirs)


@pytest.fixture
def without_endpoints(environment: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith("AWS_ENDPOINT_URL")}


def boto3(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return call([sys.executable, "-c", WHO_AM_I], environment)


def curl(environment: dict[str, str], url: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("curl") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("curl is not installed")
    return call(["curl", "-sS", "--max-time", "10", "-w", "\n%{http_code}", url], environment)


def call(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def terraform(environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    if not (shutil.which("terraform") or shutil.which("tofu")):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("neither terraform nor tofu is installed")
    (folder / "main.tf").write_text(WHO_AM_I_TF)
    tool = prepare_providers(find_tool(environment), folder, inherited=os.environ, isolated=True)
    run.init(tool, Stack("closed", folder), lambda _: None)
    command = [str(tool.program), "apply", "-auto-approve", "-input=false", "-no-color", "-json"]
    return subprocess.run(command, cwd=folder, env=dict(tool.environment), capture_output=True, text=True, timeout=120)


def test_boto3_is_answered_by_this_machine(environment: dict[str, str]) -> None:
    assert boto3(environment).stdout.strip() == MANAGEMENT_ACCOUNT


def test_terraform_is_answered_by_this_machine(environment: dict[str, str], tmp_path: Path) -> None:
    done = terraform(environment, tmp_path)
    outputs = [line for text in done.stdout.splitlines() if (line := json.loads(text))["type"] == "outputs"]
    assert outputs[-1]["outputs"]["account"]["value"] == MANAGEMENT_ACCOUNT, done.stdout


def test_without_endpoints_boto3_is_stopped_by_the_proxy(without_endpoints: dict[str, str]) -> None:
    done = boto3(without_endpoints)
    assert done.returncode != 0 and "ProxyConnectionError" in done.stderr
    assert "405" in done.stderr or "proxy" in done.stderr


def test_without_endpoints_terraform_is_stopped_by_the_proxy(without_endpoints: dict[str, str], tmp_path: Path) -> None:
    done = terraform(without_endpoints, tmp_path)
    assert done.returncode != 0 and "Method Not Allowed" in done.stdout, done.stdout


@pytest.mark.parametrize("host", ["sts.amazonaws.com", "s3.eu-west-1.amazonaws.com", "example.com"])
def test_no_tunnel_leads_out(environment: dict[str, str], host: str) -> None:
    done = curl(environment, f"https://{host}/")
    assert done.returncode == 56 and "405" in done.stderr, done.stderr


def test_plain_http_to_aws_is_answered_by_this_machine(environment: dict[str, str]) -> None:
    done = curl(environment, f"http://cognito-idp.{REGION}.amazonaws.com/{REGION}_nobody/.well-known/jwks.json")
    assert done.returncode == 0 and '"keys"' in done.stdout, done.stdout


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest/meta-data/", "http://example.com/"])
def test_plain_http_elsewhere_is_refused(environment: dict[str, str], url: str) -> None:
    assert curl(environment, url).stdout.splitlines()[-1] == "403"


def test_the_account_on_this_machine_cannot_be_named_by_a_page_from_elsewhere(control: Control) -> None:
    done = call(["curl", "-sS", "-H", "Host: evil.example", "-w", "\n%{http_code}", control_url(control.home)], {})
    assert done.stdout.splitlines()[-1] == "403"


class Recorder(BaseHTTPRequestHandler):
    """Stands where AWS would, and writes down who calls."""

    callers: list[str] = []

    def do_POST(self) -> None:
        self.callers.append(f"{self.headers.get('Authorization', '')} {self.headers.get('X-Amz-Security-Token', '')}")
        self.send_response(403)
        self.end_headers()

    do_GET = do_PUT = do_POST

    def log_message(self, *_: object) -> None:
        """Not on the terminal."""


@pytest.fixture
def somewhere_else() -> Iterator[str]:
    """A server that is not the control plane."""
    Recorder.callers.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_keys_mean_nothing_elsewhere(environment: dict[str, str], somewhere_else: str, tmp_path: Path) -> None:
    """Whoever the call reaches sees a key that was never one of AWS's, whatever lies about on this machine."""
    lost = {**environment, "AWS_ENDPOINT_URL": somewhere_else}
    assert boto3(lost).returncode != 0
    assert terraform(lost, tmp_path).returncode != 0
    assert len(Recorder.callers) >= 2
    assert {caller.partition("Credential=")[2].partition("/")[0] for caller in Recorder.callers} == {
        f"HOMEPORT{MANAGEMENT_ACCOUNT}"
    }


def test_without_the_keys_no_others_are_found(environment: dict[str, str], somewhere_else: str, tmp_path: Path) -> None:
    """No profile, no file and no instance metadata is looked at."""
    keyless = {name: value for name, value in environment.items() if "KEY" not in name}
    lost = {**keyless, "AWS_ENDPOINT_URL": somewhere_else, "AWS_EC2_METADATA_SERVICE_ENDPOINT": somewhere_else}
    assert "Unable to locate credentials" in boto3(lost).stderr
    done = terraform(lost, tmp_path)
    assert done.returncode != 0 and "No valid credential sources found" in done.stdout, done.stdout
    assert Recorder.callers == []
