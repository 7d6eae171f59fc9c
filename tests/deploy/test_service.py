"""Deploying a service to an account: releases that happen, that fail, and that are not needed."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from homeport.deploy.image import read_releases
from homeport.deploy.release import release_of
from homeport.deploy.service import REVISIONS_KEPT, deploy_service
from homeport.deploy.target import Clock, Target
from homeport.errors import HomeportError
from homeport.model import names

pytestmark = pytest.mark.integration
REPOSITORY = "shop-local/web-shop"


@pytest.fixture
def phases(target: Target, control: Any, account: str) -> Callable[[int | None], Target]:
    """The target in an account where release phases end with this exit code (None: they cannot start)."""

    def ending_with(code: int | None) -> Target:
        ecs, logs = target.client("ecs"), target.client("logs")

        def pass_time(seconds: float) -> None:
            for arn in ecs.list_tasks(cluster=names.cluster(*target.prefix))["taskArns"]:
                container = {"name": "release", "lastStatus": "STOPPED"} | ({} if code is None else {"exitCode": code})
                stopped = {"lastStatus": "STOPPED", "desiredStatus": "STOPPED", "stoppedReason": "no such image"}
                stream = f"release/release/{arn.rpartition('/')[2]}"
                if code:
                    logs.create_log_group(logGroupName="/homeport/local/web-shop")
                    logs.create_log_stream(logGroupName="/homeport/local/web-shop", logStreamName=stream)
                    logs.put_log_events(
                        logGroupName="/homeport/local/web-shop",
                        logStreamName=stream,
                        logEvents=[{"timestamp": int(time.time() * 1000), "message": "column age exists\n"}],
                    )
                control.observe(arn, account, {"taskArn": arn, "containers": [container], **stopped})

        return replace(target, clock=Clock(now=target.clock.now, sleep=pass_time))

    return ending_with


def test_the_first_release_runs_with_the_image_and_the_count(phases: Any, terraform: Any) -> None:
    deployed = deploy_service(phases(0), "web-shop")
    assert (deployed.changed, deployed.version) == (True, "v1")
    assert (terraform.service("web")["desiredCount"], terraform.service("worker")["desiredCount"]) == (2, 1)
    container = terraform.definition("web")["containerDefinitions"][0]
    assert container["image"].split("/", 1)[1].startswith(f"{REPOSITORY}:")
    assert release_of(terraform.definition("web")) == "v1"


def test_no_code_of_a_release_runs_before_what_it_waits_for(phases: Any, terraform: Any, target: Target) -> None:
    seen: list[tuple[list[str], int, list[int]]] = []

    def look() -> None:
        tasks = target.client("ecs").list_tasks(cluster=names.cluster(*target.prefix))["taskArns"]
        running = terraform.service("web")["desiredCount"]
        seen.append((tasks, running, read_releases(target.client("ecr"), REPOSITORY)))

    deploy_service(phases(0), "web-shop", before_code_runs=look)
    assert seen == [([], 0, [1])]
    deploy_service(phases(0), "web-shop", before_code_runs=look)
    assert len(seen) == 1, "nothing has changed, so nothing is waited for"


def test_a_second_deploy_without_changes_makes_no_release(phases: Any, terraform: Any, target: Target) -> None:
    deploy_service(phases(0), "web-shop")
    before = terraform.service("web")["taskDefinition"]
    again = deploy_service(phases(1), "web-shop")
    assert (again.changed, again.version) == (False, "v1")
    assert terraform.service("web")["taskDefinition"] == before
    assert read_releases(target.client("ecr"), REPOSITORY) == [1]


def test_new_code_and_a_new_template_are_releases(phases: Any, terraform: Any, target: Target) -> None:
    deploy_service(phases(0), "web-shop")
    (target.root / "web-shop/app.py").write_text("A = 2\n")
    assert deploy_service(phases(0), "web-shop").version == "v2"
    terraform.register("web", "run web --faster")
    assert deploy_service(phases(0), "web-shop").version == "v3"
    assert terraform.definition("web")["containerDefinitions"][0]["command"][-1] == "run web --faster"
    assert not deploy_service(phases(0), "web-shop").changed


def test_a_failing_release_phase_keeps_the_old_release_and_shows_its_last_words(
    phases: Any, terraform: Any, target: Target
) -> None:
    deploy_service(phases(0), "web-shop")
    before = terraform.service("web")["taskDefinition"]
    (target.root / "web-shop/app.py").write_text("A = 3\n")
    with pytest.raises(HomeportError) as error:
        deploy_service(phases(3), "web-shop")
    assert "web-shop: v2: the release phase ended with exit code 3" in error.value.message
    assert "column age exists" in error.value.message
    assert terraform.service("web")["taskDefinition"] == before
    assert deploy_service(phases(0), "web-shop").version == "v3"


def test_a_release_phase_that_cannot_start_says_why(phases: Any, terraform: Any) -> None:
    with pytest.raises(HomeportError, match="did not run: no such image"):
        deploy_service(phases(None), "web-shop")
    assert terraform.service("web")["desiredCount"] == 0


def test_a_release_phase_that_never_ends_is_given_up(target: Target, terraform: Any) -> None:
    hours = iter(range(0, 10**9, 1800))
    waiting = replace(target, clock=Clock(now=lambda: float(next(hours)), sleep=lambda seconds: None))
    with pytest.raises(HomeportError, match="is still PROVISIONING after an hour"):
        deploy_service(waiting, "web-shop")


def test_an_account_that_terraform_has_not_built_is_named(target: Target) -> None:
    with pytest.raises(HomeportError, match="RepositoryNotFoundException") as error:
        deploy_service(target, "web-shop")
    assert "homeport apply" in error.value.hint


def test_old_revisions_go_and_the_template_stays(phases: Any, terraform: Any, target: Target) -> None:
    for number in range(REVISIONS_KEPT + 3):
        (target.root / "web-shop/app.py").write_text(f"A = {number}\n")
        deploy_service(phases(0), "web-shop")
    family = names.task_family("shop", "local", "web-shop", "web")
    arns = target.client("ecs").list_task_definitions(familyPrefix=family, status="ACTIVE")["taskDefinitionArns"]
    assert len(arns) == REVISIONS_KEPT + 1 and any(arn.endswith(f"{family}:1") for arn in arns)
    assert not deploy_service(phases(0), "web-shop").changed


def test_config_is_in_ssm_and_a_changed_value_is_a_release(phases: Any, terraform: Any, target: Target) -> None:
    def deploy(value: str) -> str:
        return deploy_service(replace(phases(0), config={"web-shop": {"STRIPE_KEY": value}}), "web-shop").version

    assert [deploy("one"), deploy("one"), deploy("two")] == ["v1", "v1", "v2"]
    parameter = "/homeport/local/web-shop/STRIPE_KEY"
    found = target.client("ssm").get_parameter(Name=parameter, WithDecryption=True)["Parameter"]
    assert (found["Value"], found["Type"]) == ("two", "SecureString")
    container = terraform.definition("web")["containerDefinitions"][0]
    assert container["secrets"] == [{"name": "STRIPE_KEY", "valueFrom": found["ARN"]}]
    assert "two" not in str(container)


def test_what_the_clock_starts_is_the_newest_release_and_never_a_template(
    phases: Any, terraform: Any, target: Target
) -> None:
    live = names.live_family("shop", "local", "web-shop", "tidy")

    def newest() -> Any:
        return target.client("ecs").describe_task_definition(taskDefinition=live)["taskDefinition"]

    with pytest.raises(ClientError, match="Unable to describe task definition"):
        newest()
    deploy_service(phases(0), "web-shop")
    assert (release_of(newest()), newest()["containerDefinitions"][0]["command"][-1]) == ("v1", "run tidy")
    terraform.register("tidy", "run tidy --more")
    assert release_of(newest()) == "v1"
    with pytest.raises(HomeportError):
        deploy_service(phases(3), "web-shop")
    assert release_of(newest()) == "v1"
    assert deploy_service(phases(0), "web-shop").version == "v3"
    assert (release_of(newest()), newest()["containerDefinitions"][0]["command"][-1]) == ("v3", "run tidy --more")
    assert not deploy_service(phases(0), "web-shop").changed
