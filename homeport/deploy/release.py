"""What a release changes: from Terraform's templates, what runs now, and an image, to new task definitions and counts.

Pure: nothing here talks to AWS. A task definition is a dict as DescribeTaskDefinition answers it.
"""

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from homeport.deploy.config import NO_CONFIG, Config, with_config

Definition = dict[str, Any]
UNRELEASED = ":unreleased"  # how an image ends in a template that Terraform made
VARIABLE = "HOMEPORT_RELEASE"


@dataclass(frozen=True)
class Running:
    """An ECS service as it is: the task definition it uses, and how many tasks it should have."""

    definition: Definition
    count: int


@dataclass(frozen=True)
class Change:
    """What to do for one process: register `definition`, if there is one; have `count` tasks, if that is to change."""

    definition: Definition | None = None
    count: int | None = None


@dataclass(frozen=True)
class State:
    """What was read: templates by process (`release` included), and what runs by process (`release`: its newest)."""

    templates: Mapping[str, Definition]
    running: Mapping[str, Running]
    arguments: frozenset[str]  # of RegisterTaskDefinition: only these can be copied from a description
    network: Mapping[str, Any] = field(default_factory=dict)


def is_template(definition: Definition) -> bool:
    """Whether Terraform made it, not a deploy."""
    return any(container["image"].endswith(UNRELEASED) for container in definition["containerDefinitions"])


def plan_changes(
    state: State, image: str, scales: Mapping[str, tuple[int, int]], config: Config = NO_CONFIG
) -> dict[str, Change]:
    """Changes by process: definitions for all processes if one of them differs, counts where they are out of bounds.

    `scales` has (min, max) by process. The definitions have no release number yet. Empty: nothing to do.
    """
    wanted = {process: _with_image(state, template, image, config) for process, template in state.templates.items()}
    differs = any(
        process not in state.running or _plain(state, state.running[process].definition) != _plain(state, definition)
        for process, definition in wanted.items()
    )
    changes: dict[str, Change] = {}
    for process, definition in wanted.items():
        count = _count(state.running.get(process), scales.get(process))
        if differs or count is not None:
            changes[process] = Change(definition if differs else None, count)
    return changes


def with_number(definition: Definition, release: str) -> Definition:
    """The task definition, told which release it belongs to."""
    numbered = copy.deepcopy(definition)
    for container in numbered["containerDefinitions"]:
        others = [pair for pair in container.get("environment", []) if pair["name"] != VARIABLE]
        container["environment"] = [*others, {"name": VARIABLE, "value": release}]
    return numbered


def release_of(definition: Definition) -> str:
    """`v7`, or nothing for a template."""
    for container in definition["containerDefinitions"]:
        for pair in container.get("environment", []):
            if pair["name"] == VARIABLE:
                return str(pair["value"])
    return ""


def superfluous(revisions: Iterable[str], kept: int) -> list[str]:
    """ARNs of a family's revisions that nobody will go back to: all but the newest `kept`."""
    ordered = sorted(revisions, key=revision_number, reverse=True)
    return ordered[kept:]


def revision_number(arn: str) -> int:
    """7 of `…:task-definition/shop-web:7`."""
    return int(arn.rpartition(":")[2])


def _with_image(state: State, template: Definition, image: str, config: Config) -> Definition:
    definition = {key: copy.deepcopy(value) for key, value in template.items() if key in state.arguments}
    for container in definition["containerDefinitions"]:
        if container["image"].endswith(UNRELEASED):
            container |= with_config(container, config) | {"image": image}
    return definition


def _plain(state: State, definition: Definition) -> str:
    """The task definition in a form that is equal if it means the same: no number, no empty values, sorted settings."""
    plain = {key: copy.deepcopy(value) for key, value in definition.items() if key in state.arguments and key != "tags"}
    for container in plain["containerDefinitions"]:
        pairs = [pair for pair in container.get("environment", []) if pair["name"] != VARIABLE]
        container["environment"] = sorted(pairs, key=lambda pair: str(pair["name"]))
        container["secrets"] = sorted(container.get("secrets", []), key=lambda pair: str(pair["name"]))
    return json.dumps(_without_empty(plain), sort_keys=True)


def _without_empty(value: Any) -> Any:
    """Empty lists and nothing are left out, as AWS leaves them out or not as it pleases."""
    if isinstance(value, dict):
        return {key: _without_empty(item) for key, item in value.items() if item not in (None, [], {})}
    return [_without_empty(item) for item in value] if isinstance(value, list) else value


def _count(running: Running | None, scale: tuple[int, int] | None) -> int | None:
    """The number of tasks to set, if what autoscaling or the last deploy left is not within the scale."""
    if running is None or scale is None:
        return None
    wanted = min(max(running.count, scale[0]), scale[1])
    return None if wanted == running.count else wanted
