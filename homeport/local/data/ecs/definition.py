"""A task definition, with the overrides of RunTask → the containers to start, from values alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homeport.local.data.ecs.health import Check, container_check

STOP_SECONDS, STOP_SECONDS_MAX = 30.0, 120.0


@dataclass(frozen=True)
class Secret:
    """A variable whose value is kept in SSM or Secrets Manager."""

    name: str
    value_from: str


@dataclass(frozen=True)
class LogTarget:
    """Where a container's output goes; None of it if there is no group."""

    group: str
    stream_prefix: str
    region: str


@dataclass(frozen=True)
class Container:
    """One container of a task."""

    name: str
    image: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    secrets: tuple[Secret, ...]
    essential: bool
    stop_seconds: float
    working_directory: str
    ports: tuple[int, ...]
    log: LogTarget | None
    check: Check | None
    start_period: float


def convert_containers(definition: Mapping[str, Any], overrides: Mapping[str, Any] | None = None) -> list[Container]:
    """The containers of a DescribeTaskDefinition item."""
    changed = {item["name"]: item for item in (overrides or {}).get("containerOverrides") or () if "name" in item}
    return [_container(item, changed.get(item["name"], {})) for item in definition["containerDefinitions"]]


def working_directory(app: Path, declared: str) -> Path:
    """Folder in which a container's command runs: images hold the code in /app, a bundle in its `app/`."""
    inside = declared.removeprefix("/app").lstrip("/") if declared.startswith("/app") or declared[:1] != "/" else ""
    folder = (app / inside).resolve()
    return folder if folder.is_relative_to(app.resolve()) and folder.is_dir() else app


def _container(item: Mapping[str, Any], changed: Mapping[str, Any]) -> Container:
    pairs = [*(item.get("environment") or ()), *(changed.get("environment") or ())]
    command = changed.get("command") or item.get("command") or ()
    health = item.get("healthCheck")
    return Container(
        name=item["name"],
        image=item["image"],
        argv=(*(item.get("entryPoint") or ()), *command),
        environment={pair["name"]: str(pair["value"]) for pair in pairs},
        secrets=tuple(Secret(secret["name"], secret["valueFrom"]) for secret in item.get("secrets") or ()),
        essential=item.get("essential", True) is not False,
        stop_seconds=min(float(item.get("stopTimeout") or STOP_SECONDS), STOP_SECONDS_MAX),
        working_directory=item.get("workingDirectory") or "",
        ports=tuple(int(port["containerPort"]) for port in item.get("portMappings") or () if "containerPort" in port),
        log=_log(item.get("logConfiguration") or {}),
        check=container_check(health),
        start_period=float((health or {}).get("startPeriod") or 0),
    )


def _log(declared: Mapping[str, Any]) -> LogTarget | None:
    options = declared.get("options") or {}
    if declared.get("logDriver") != "awslogs" or "awslogs-group" not in options:
        return None
    return LogTarget(
        options["awslogs-group"], options.get("awslogs-stream-prefix", ""), options.get("awslogs-region", "")
    )
