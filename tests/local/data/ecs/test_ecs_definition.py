"""Task definitions, images and environments, from values alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from homeport.local.data.context import Resource
from homeport.local.data.ecs.containers import Run, Settings, container_environment
from homeport.local.data.ecs.definition import convert_containers, working_directory
from homeport.local.data.ecs.failure import TaskFailed
from homeport.local.data.ecs.images import ANNOTATION, find_bundle
from homeport.local.data.ecs.model import convert_service

REPOSITORY = "100000000001.dkr.ecr.eu-west-1.amazonaws.com/catalog"


def definition(**container: Any) -> dict[str, Any]:
    return {"containerDefinitions": [{"name": "web", "image": f"{REPOSITORY}:v1"} | container]}


def test_entry_point_and_command_are_one_command() -> None:
    (container,) = convert_containers(definition(entryPoint=["sh", "-c"], command=["gunicorn"]))
    assert container.argv == ("sh", "-c", "gunicorn")


def test_overrides_replace_the_command_and_add_to_the_environment() -> None:
    overrides = {
        "containerOverrides": [{"name": "web", "command": ["b"], "environment": [{"name": "B", "value": "2"}]}]
    }
    declared = definition(command=["a"], environment=[{"name": "A", "value": "1"}, {"name": "B", "value": "1"}])
    (container,) = convert_containers(declared, overrides)
    assert container.argv == ("b",)
    assert container.environment == {"A": "1", "B": "2"}


def test_the_environment_is_not_shown_by_accident() -> None:
    (container,) = convert_containers(definition(environment=[{"name": "KEY", "value": "hidden"}]))
    assert "hidden" not in repr(container)


def test_defaults_are_those_of_ecs() -> None:
    (container,) = convert_containers(definition())
    assert (container.essential, container.stop_seconds, container.log) == (True, 30, None)


def test_a_stop_timeout_is_at_most_two_minutes() -> None:
    (container,) = convert_containers(definition(stopTimeout=1000))
    assert container.stop_seconds == 120


def test_the_working_directory_stays_in_the_bundle(tmp_path: Path) -> None:
    (tmp_path / "app" / "src").mkdir(parents=True)
    app = tmp_path / "app"
    assert working_directory(app, "/app/src") == app / "src"
    assert working_directory(app, "src") == app / "src"
    assert working_directory(app, "/app/../..") == app
    assert working_directory(app, "/srv") == app


def image(**changes: Any) -> Resource:
    manifest = json.dumps({"annotations": {ANNOTATION: "abc"}})
    state = {"repositoryUri": REPOSITORY, "imageDigest": "sha256:1", "imageTags": ["v1", "latest"]}
    return Resource("arn", "ecr:image", "1", "r", state | {"imageManifest": manifest} | changes)


@pytest.mark.parametrize("name", [f"{REPOSITORY}:v1", f"{REPOSITORY}@sha256:1", REPOSITORY])
def test_an_image_is_found_by_tag_by_digest_and_as_latest(name: str, tmp_path: Path) -> None:
    (tmp_path / "abc" / "app").mkdir(parents=True)
    assert find_bundle(name, [image()], tmp_path) == tmp_path / "abc"


@pytest.mark.parametrize(
    ("name", "found", "reason"),
    [
        (f"{REPOSITORY}:v2", image(), "not found"),
        (f"{REPOSITORY}@sha256:2", image(), "not found"),
        ("localhost:5000/catalog", image(), "not found"),
        (f"{REPOSITORY}:v1", image(imageManifest="{}"), "not a bundle"),
        (f"{REPOSITORY}:v1", image(), "is not on this machine"),
        (f"{REPOSITORY}:v1", image(imageManifest=json.dumps({"annotations": {ANNOTATION: "../.."}})), "not on this"),
    ],
)
def test_an_image_that_cannot_be_had_says_why(name: str, found: Resource, reason: str, tmp_path: Path) -> None:
    with pytest.raises(TaskFailed, match=reason):
        find_bundle(name, [found], tmp_path)


def test_the_local_account_wins_over_the_declaration_and_the_declaration_over_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a real one")
    pairs = {"HTTPS_PROXY": "http://elsewhere", "PORT": "8000", "PYTHONUNBUFFERED": "0", "DEBUG": "1"}
    environment = [{"name": name, "value": value} for name, value in pairs.items()]
    (container,) = convert_containers(definition(environment=environment))
    settings = Settings("1", "r", "id", tmp_path, {"HTTPS_PROXY": "http://127.0.0.1:1"}, lambda *_: None)
    found = container_environment(Run(container, tmp_path / "bundle", 31000), {"SECRET": "s"}, settings)
    assert found["HTTPS_PROXY"] == "http://127.0.0.1:1"
    assert (found["PORT"], found["HOST"], found["PYTHONUNBUFFERED"], found["DEBUG"]) == ("31000", "127.0.0.1", "0", "1")
    assert found["SECRET"] == "s"
    assert found["PATH"].startswith(f"{tmp_path}/bundle/venv/bin:")
    assert found["TMPDIR"] == found["HOME"] == str(tmp_path)
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN"} & found.keys()


def test_a_service_without_deployments_has_one() -> None:
    state = {"serviceName": "web", "clusterArn": "c", "desiredCount": 1, "taskDefinition": "td:1"}
    service = convert_service(Resource("arn", "ecs:service", "1", "r", state))
    assert service.primary.definition == "td:1"
    assert (service.min_percent, service.max_percent, service.breaker) == (100, 200, False)
