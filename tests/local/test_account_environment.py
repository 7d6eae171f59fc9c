"""The environment of tools for the local account holds nothing that could reach the real AWS."""

import json
import os
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.local.account import control_url, find_url, local_environment
from homeport.local.home import Home
from homeport.local.inventory import read_live

REAL = {
    "PATH": "/bin",
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "AWS_SESSION_TOKEN": "real",
    "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com",
    "AWS_ROLE_ARN": "arn:aws:iam::1:role/real",
    "https_proxy": "http://elsewhere",
    "NO_PROXY": "*",
    "TF_CLI_ARGS": "-var=x=y",
    "TF_VAR_account": "real",
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    running = Home(tmp_path)
    running.control.write_text(json.dumps({"url": "http://127.0.0.1:4566", "pid": os.getpid()}))
    return running


def test_real_credentials_profiles_and_proxies_are_left_behind(home: Home) -> None:
    environment = local_environment(home, "eu-west-1", inherited=REAL)
    assert not set(environment) & {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_ROLE_ARN"}
    assert not set(environment) & {"TF_CLI_ARGS", "TF_VAR_account"}
    assert environment["AWS_ACCESS_KEY_ID"] == "HOMEPORT100000000000"
    assert environment["PATH"] == "/bin"


def test_endpoints_and_proxies_are_the_control_plane(home: Home) -> None:
    environment = local_environment(home, "eu-west-1", inherited=REAL)
    url = "http://127.0.0.1:4566"
    proxies = [environment.pop(key) for key in list(environment) if key.upper() in ("HTTP_PROXY", "HTTPS_PROXY")]
    assert proxies == [url] * 4 and environment["AWS_ENDPOINT_URL"] == url
    assert environment["NO_PROXY"] == environment["no_proxy"] == "127.0.0.1,localhost"


def test_without_a_running_account_there_is_no_environment(tmp_path: Path) -> None:
    with pytest.raises(HomeportError, match="not running"):
        local_environment(Home(tmp_path), "eu-west-1", inherited=REAL)


def test_the_address_of_a_dead_plane_is_not_believed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.data.write_text(json.dumps({"url": "http://127.0.0.1:1", "pid": 2**22 - 3}))
    assert find_url(home, "data") is None


def test_a_dead_plane_is_named_and_so_is_what_still_runs(tmp_path: Path) -> None:
    home = Home(tmp_path)
    dead, alive = json.dumps({"url": "http://127.0.0.1:1", "pid": 2**22 - 3}), {"url": "http://x", "pid": os.getpid()}
    home.control.write_text(dead)
    home.data.write_text(json.dumps(alive))
    with pytest.raises(HomeportError, match="the control plane has died.*still serve") as error:
        control_url(home)
    assert error.value.hint.startswith("homeport up ") and "control.log" in error.value.hint
    home.data.write_text(dead)
    home.control.write_text(json.dumps(alive))
    with pytest.raises(HomeportError, match="the data plane has died.*AWS calls are answered") as error:
        read_live(home)
    assert error.value.hint.startswith("homeport up ") and "data.log" in error.value.hint
