"""What the account says of a function → frozen values, and the environment of its processes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from homeport.local.data.context import Resource

LATEST = "$LATEST"


@dataclass(frozen=True)
class Definition:
    """One version of a function: everything its processes depend on, so that a difference means new processes."""

    arn: str  # of the function, without version
    account: str
    region: str
    name: str
    version: str
    runtime: str
    handler: str
    code_path: str
    code_sha256: str
    memory_mb: int
    timeout_seconds: float
    log_group: str
    json_logs: bool
    log_level: str
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Function:
    """A function with its versions; `aliases` maps a name to the weights of the versions behind it."""

    arn: str
    account: str
    versions: Mapping[str, Definition]
    aliases: Mapping[str, Mapping[str, float]]
    reserved_concurrency: int | None

    def version(self, qualifier: str | None, chance: Callable[[], float]) -> str | None:
        """The version that answers this time; None if there is no such version or alias."""
        name = qualifier or LATEST
        if weights := self.aliases.get(name):
            draw = chance()
            for version, weight in weights.items():
                draw -= weight
                if draw < 0:
                    return version
            return next(iter(weights))
        return name if name in self.versions else None

    @property
    def current_versions(self) -> set[str]:
        """Versions that an unqualified call or an alias reaches: the ones worth being ready for."""
        return {LATEST, *(version for weights in self.aliases.values() for version in weights)} & set(self.versions)


def convert_function(resource: Resource) -> Function:
    """The feed's `lambda:function` → Function."""
    state = resource.state
    versions = {name: _definition(resource, name, item) for name, item in (state.get("Versions") or {}).items()}
    aliases = {name: _weights(alias) for name, alias in (state.get("Aliases") or {}).items()}
    reserved = state.get("ReservedConcurrentExecutions")
    return Function(resource.arn, resource.account, versions, aliases, None if reserved is None else int(reserved))


def split_arn(function_arn: str) -> tuple[str, str | None]:
    """A function's ARN, with or without version or alias → (plain ARN, qualifier)."""
    parts = function_arn.split(":")
    return ":".join(parts[:7]), parts[7] if len(parts) > 7 else None


def environment(
    definition: Definition, python: Path, code: Path, log_stream: str, here: Mapping[str, str]
) -> dict[str, str]:
    """Environment of a process of this version, as on AWS; `here` is what keeps it on this machine, so it wins."""
    logging = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": definition.log_level}
    return {
        **definition.variables,
        "_HANDLER": definition.handler,
        "AWS_DEFAULT_REGION": definition.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{definition.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(definition.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": definition.name,
        "AWS_LAMBDA_FUNCTION_VERSION": definition.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": definition.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_REGION": definition.region,
        "LAMBDA_RUNTIME_DIR": str(python.parent.parent),
        "LAMBDA_TASK_ROOT": str(code),
        "LANG": "C.UTF-8",
        "PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin",
        "TZ": definition.variables.get("TZ", ":UTC"),
        **(logging if definition.json_logs else {}),
        **here,
    }


def _definition(resource: Resource, version: str, item: Mapping[str, Any]) -> Definition:
    logging = item.get("LoggingConfig") or {}
    name = item.get("FunctionName") or resource.arn.split(":")[6]
    return Definition(
        arn=resource.arn,
        account=resource.account,
        region=resource.region,
        name=name,
        version=version,
        runtime=item.get("Runtime") or item.get("PackageType") or "",
        handler=item.get("Handler") or "",
        code_path=item.get("CodePath") or "",
        code_sha256=item.get("CodeSha256") or "",
        memory_mb=int(item.get("MemorySize") or 128),
        timeout_seconds=float(item.get("Timeout") or 3),
        log_group=logging.get("LogGroup") or f"/aws/lambda/{name}",
        json_logs=logging.get("LogFormat") == "JSON",
        log_level=logging.get("ApplicationLogLevel") or "INFO",
        variables=MappingProxyType(dict((item.get("Environment") or {}).get("Variables") or {})),
    )


def _weights(alias: Mapping[str, Any]) -> Mapping[str, float]:
    extra = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    others = {str(version): float(weight) for version, weight in extra.items()}
    return {str(alias.get("FunctionVersion") or LATEST): 1.0 - sum(others.values()), **others}
