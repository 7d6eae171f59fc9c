"""Deploys a service: build, push, number, register, release phase, current. The package's docstring has the steps."""

from collections.abc import Callable, Iterator
from typing import Any

from homeport.deploy.bundle import build_bundle
from homeport.deploy.config import NO_CONFIG, put_config
from homeport.deploy.image import Image, push_image, take_number
from homeport.deploy.phase import run_phase
from homeport.deploy.release import (
    Change,
    Definition,
    Running,
    State,
    is_template,
    plan_changes,
    release_of,
    revision_number,
    superfluous,
    with_number,
)
from homeport.deploy.target import NOT_APPLIED, Deployed, Target, aws_in_words
from homeport.errors import HomeportError
from homeport.model import names
from homeport.model.platform import LOCAL

PHASE = "release"
REVISIONS_KEPT = 10  # of each family, to go back to
SERVICES_PER_CALL = 10  # DescribeServices takes no more


def deploy_service(target: Target, name: str, *, before_code_runs: Callable[[], None] = lambda: None) -> Deployed:
    """Make a release of the service's code and make it current; nothing is done if nothing has changed.

    `before_code_runs` is called when a new release is registered and none of its code has run: it may wait for
    others.
    """
    service = target.platform.services[name]
    if target.environment != LOCAL:
        raise HomeportError(
            f"{name}: a container image for {target.environment} cannot be built yet; bundles run in {LOCAL} only"
        )
    bundle = build_bundle(
        target.root / service.path,
        service.python or target.platform.python,
        target.store,
        settings=service.environment,
        say=lambda text: target.say(name, text),
    )
    warnings = tuple(bundle.manifest.warnings)
    with aws_in_words(name):
        image = push_image(target.client("ecr"), names.repository(*target.prefix, name), bundle.digest)
        state = read_state(target, name)
        scales = {process: (part.scale.min, part.scale.max) for process, part in service.processes.items()}
        values = target.config.get(name, {})
        config = put_config(target.client("ssm"), target.environment, name, values) if values else NO_CONFIG
        changes = plan_changes(state, image.reference, scales, config)
        release = _apply(target, name, state, changes, image, before_code_runs)
    return Deployed(name, changed=bool(changes), version=release, warnings=warnings)


def read_state(target: Target, name: str) -> State:
    """Templates of processes and schedules, and what runs. Raises HomeportError if Terraform has not been there."""
    service = target.platform.services[name]
    ecs = target.client("ecs")
    found = {item["serviceName"]: item for item in _describe_services(target, name)}
    processes = [*service.processes, *service.schedules, *([PHASE] if service.release else [])]
    templates: dict[str, Definition] = {}
    running: dict[str, Running] = {}
    for process in processes:
        template, newest = _read_family(ecs, names.task_family(*target.prefix, name, process))
        ecs_service = found.get(names.ecs_service(name, process))
        if template is None or (ecs_service is None and process in service.processes):
            what = "schedule" if process in service.schedules else "process"
            raise HomeportError(f"{name}: the {what} {process} is not in the account", NOT_APPLIED)
        if process in service.schedules:  # Terraform's template is in a family of its own, which is never run
            template = template | {"family": names.live_family(*target.prefix, name, process)}
            newest = _newest(ecs, template["family"])
        templates[process] = template
        if ecs_service:
            running[process] = Running(_describe(ecs, ecs_service["taskDefinition"]), ecs_service["desiredCount"])
        elif newest:
            running[process] = Running(newest, 0)
    arguments = ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape.members
    network = next(item["networkConfiguration"] for item in found.values())
    return State(templates, running, frozenset(arguments), network)


def _apply(
    target: Target,
    name: str,
    state: State,
    changes: dict[str, Change],
    image: Image,
    before_code_runs: Callable[[], None],
) -> str:
    """Do what was decided; the release that is current afterwards."""
    service = target.platform.services[name]
    definitions = {process: change.definition for process, change in changes.items() if change.definition}
    registered: dict[str, str] = {}
    current = next((release_of(running.definition) for running in state.running.values()), "")
    clocked = {key: definitions.pop(key) for key in service.schedules if key in definitions}
    if definitions:
        current = f"v{take_number(target.client('ecr'), image)}"
        target.say(name, f"releasing {current}")
        registered = _register(target.client("ecs"), definitions, current)
        before_code_runs()
        if PHASE in registered:
            target.say(name, f"running the release phase of {current}")
            cluster = names.cluster(*target.prefix)
            try:
                run_phase(target.client("ecs"), target.client("logs"), cluster, registered[PHASE], state, target.clock)
            except HomeportError as error:
                _forget(target.client("ecs"), registered)
                raise HomeportError(f"{name}: {current}: {error.message}", error.hint) from None
        registered |= _register(target.client("ecs"), clocked, current)  # which makes them current
    for process, change in changes.items():
        if process in service.processes:
            _make_current(target, names.ecs_service(name, process), change, registered.get(process))
    for arn in registered.values():
        _tidy(target.client("ecs"), arn)
    return current


def _register(ecs: Any, definitions: dict[str, Definition], release: str) -> dict[str, str]:
    """Register a revision for each process; ARNs by process."""
    answers = {
        process: ecs.register_task_definition(**with_number(definition, release))
        for process, definition in definitions.items()
    }
    return {process: answer["taskDefinition"]["taskDefinitionArn"] for process, answer in answers.items()}


def _forget(ecs: Any, registered: dict[str, str]) -> None:
    """A release that failed is not what the next one is compared with."""
    for arn in registered.values():
        ecs.deregister_task_definition(taskDefinition=arn)


def _make_current(target: Target, ecs_service: str, change: Change, definition: str | None) -> None:
    arguments: dict[str, Any] = {"taskDefinition": definition} if definition else {}
    if change.count is not None:
        arguments["desiredCount"] = change.count
    target.client("ecs").update_service(cluster=names.cluster(*target.prefix), service=ecs_service, **arguments)


def _tidy(ecs: Any, newest: str) -> None:
    """Take away revisions of the family of `newest` that are too old to go back to; never Terraform's template."""
    family = newest.rpartition("/")[2].rpartition(":")[0]
    for arn in superfluous(_revisions(ecs, family), REVISIONS_KEPT):
        if not is_template(_describe(ecs, arn)):
            ecs.deregister_task_definition(taskDefinition=arn)


def _describe_services(target: Target, name: str) -> Iterator[dict[str, Any]]:
    wanted = [names.ecs_service(name, process) for process in target.platform.services[name].processes]
    cluster = names.cluster(*target.prefix)
    for start in range(0, len(wanted), SERVICES_PER_CALL):
        part = wanted[start : start + SERVICES_PER_CALL]
        answer = target.client("ecs").describe_services(cluster=cluster, services=part)
        yield from (item for item in answer["services"] if item["status"] == "ACTIVE")


def _read_family(ecs: Any, family: str) -> tuple[Definition | None, Definition | None]:
    """The newest template of a family, and the newest revision that a deploy made."""
    released: Definition | None = None
    for arn in sorted(_revisions(ecs, family), key=revision_number, reverse=True):
        definition = _describe(ecs, arn)
        if is_template(definition):
            return definition, released
        released = released or definition
    return None, released


def _newest(ecs: Any, family: str) -> Definition | None:
    arns = _revisions(ecs, family)
    return _describe(ecs, max(arns, key=revision_number)) if arns else None


def _revisions(ecs: Any, family: str) -> list[str]:
    pages = ecs.get_paginator("list_task_definitions").paginate(familyPrefix=family, status="ACTIVE")
    return [arn for page in pages for arn in page["taskDefinitionArns"] if f"/{family}:" in arn]


def _describe(ecs: Any, arn: str) -> Definition:
    answer = ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
    definition: Definition = answer["taskDefinition"]
    return definition | ({"tags": answer["tags"]} if answer.get("tags") else {})
