"""Deploying a function: code, version, alias; the same zip for the same sources."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from homeport.deploy.function import Change, build_function, deploy_function, plan_change
from homeport.deploy.package import build_package, code_sha256, lambda_platform
from homeport.deploy.target import Target
from homeport.errors import HomeportError
from homeport.model import names

pytestmark = pytest.mark.integration
NAME = names.function("shop", "local", "resize")
ASSUME = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}


@pytest.fixture
def function(client: Callable[[str], Any], tmp_path: Path) -> Any:
    """The function as Terraform leaves it: a placeholder, published, behind the alias `live`."""
    role = client("iam").create_role(RoleName="resize", AssumeRolePolicyDocument=json.dumps(ASSUME))["Role"]["Arn"]
    placeholder = tmp_path / "placeholder.zip"
    with zipfile.ZipFile(placeholder, "w") as archive:
        archive.writestr("main.py", "")
    lambda_ = client("lambda")
    lambda_.create_function(
        FunctionName=NAME,
        Runtime="python3.11",
        Role=role,
        Handler="main.handler",
        Code={"ZipFile": placeholder.read_bytes()},
        Publish=True,
    )
    lambda_.create_alias(FunctionName=NAME, Name="live", FunctionVersion="1")
    return lambda_


def live(function: Any) -> Any:
    return function.get_function_configuration(FunctionName=NAME, Qualifier="live")


def test_code_is_published_and_live_points_at_it(target: Target, function: Any) -> None:
    deployed = deploy_function(target, "resize")
    assert (deployed.changed, deployed.version) == (True, "2")
    package = build_function(target.platform, "resize", target.root, target.store, is_here=True)
    assert not package.built, "what is built ahead is what a deploy takes"
    assert (live(function)["Version"], live(function)["CodeSha256"]) == ("2", package.sha256)


def test_a_second_deploy_publishes_nothing(target: Target, function: Any) -> None:
    deploy_function(target, "resize")
    again = deploy_function(target, "resize")
    assert (again.changed, again.version) == (False, "2")
    assert len(function.list_versions_by_function(FunctionName=NAME)["Versions"]) == 3


def test_settings_that_terraform_changed_become_live(target: Target, function: Any) -> None:
    deploy_function(target, "resize")
    function.update_function_configuration(FunctionName=NAME, MemorySize=512)
    assert deploy_function(target, "resize").version == "3"
    assert live(function)["MemorySize"] == 512


def test_a_deploy_that_stopped_before_the_alias_is_ended_by_the_next(target: Target, function: Any) -> None:
    package = build_package(target.root / "resize", "3.11", target.store)
    function.update_function_code(FunctionName=NAME, ZipFile=package.path.read_bytes(), Publish=True)
    assert live(function)["Version"] == "1"
    assert deploy_function(target, "resize").changed
    assert live(function)["CodeSha256"] == package.sha256


def test_a_function_that_terraform_has_not_built_is_named(target: Target) -> None:
    with pytest.raises(HomeportError, match="ResourceNotFoundException"):
        deploy_function(target, "resize")


@pytest.mark.parametrize(
    ("latest", "live", "change"),
    [
        ({"CodeSha256": "a"}, {"CodeSha256": "a"}, Change(upload=True, publish=True)),
        ({"CodeSha256": "z"}, {"CodeSha256": "a"}, Change(upload=False, publish=True)),
        ({"CodeSha256": "z"}, {"CodeSha256": "z"}, Change(upload=False, publish=False)),
        ({"CodeSha256": "z", "Timeout": 9}, {"CodeSha256": "z"}, Change(upload=False, publish=True)),
        (
            {"CodeSha256": "z", "VpcConfig": {"SubnetIds": [], "VpcId": ""}, "Layers": []},
            {"CodeSha256": "z"},
            Change(upload=False, publish=False),
        ),
    ],
)
def test_what_is_done_follows_from_latest_and_live(latest: Any, live: Any, change: Change) -> None:
    assert plan_change(latest, live, "z") == change


def test_the_same_sources_make_the_same_bytes_wherever_and_whenever(tmp_path: Path, greeting: Path) -> None:
    made = []
    for name in ("one", "two"):
        code = tmp_path / name / "code"
        code.mkdir(parents=True)
        (code / "main.py").write_text("import greeting\n")
        (code / "requirements.txt").write_text("--no-index\n../../packages/greeting\n")
        made.append(build_package(code, "3.11", tmp_path / name / "store"))
    assert made[0].path.read_bytes() == made[1].path.read_bytes()
    assert made[0].sha256 == code_sha256(made[1].path)
    found = zipfile.ZipFile(made[0].path).namelist()
    assert found == sorted(found) and {"main.py", "greeting.py"} <= set(found)
    assert not any(name.startswith(("bin/", "__pycache__")) or name.endswith((".pyc", "RECORD")) for name in found)


def test_an_unchanged_package_is_not_built_again(target: Target) -> None:
    assert build_package(target.root / "resize", "3.11", target.store).built
    assert not build_package(target.root / "resize", "3.11", target.store).built


def test_requirements_that_do_not_resolve_show_uvs_words_and_leave_nothing(target: Target) -> None:
    (target.root / "resize/requirements.txt").write_text("--no-index\nno-such-package==1.0\n")
    with pytest.raises(HomeportError, match="no-such-package was not found"):
        build_package(target.root / "resize", "3.11", target.store)
    assert [path.name for path in target.store.iterdir() if path.suffix != ".lock" and path.name != ".hashes"] == []


def test_each_python_has_the_machine_that_lambda_runs_it_on() -> None:
    assert lambda_platform("3.11") == "x86_64-manylinux2014" and lambda_platform("3.12") == "x86_64-manylinux_2_34"
    assert lambda_platform("3.13", "arm64") == "aarch64-manylinux_2_34"
