"""Values of a service's config → parameters in SSM, and how its containers get them. Values go nowhere else.

Parameters lie beside SECRET_KEY, where the role that starts tasks may read them. What Terraform's template sets itself
is left to it.
"""

import copy
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from homeport.model import names

VERSION = "HOMEPORT_CONFIG"  # changes with any value, so that a changed value is a release
AT_ONCE = 10  # GetParameters takes no more names
STANDARD_BYTES = 4096


@dataclass(frozen=True)
class Config:
    """`parameters` by variable: ARN and version. `empty` variables: a parameter may not be."""

    parameters: Mapping[str, tuple[str, int]]
    empty: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        text = "\n".join([*(f"{name} {part}" for name, part in sorted(self.parameters.items())), *sorted(self.empty)])
        return hashlib.sha256(text.encode()).hexdigest()[:12]


NO_CONFIG = Config({})


def put_config(ssm: Any, environment: str, service: str, values: Mapping[str, str]) -> Config:
    """Write what differs."""
    wanted = {names.parameter(environment, service, name): value for name, value in values.items() if value}
    found = _read(ssm, sorted(wanted))
    for parameter, value in wanted.items():
        if parameter not in found or found[parameter]["Value"] != value:
            tier = "Advanced" if len(value.encode()) > STANDARD_BYTES else "Standard"
            ssm.put_parameter(Name=parameter, Value=value, Type="SecureString", Overwrite=True, Tier=tier)
    found = _read(ssm, sorted(wanted))
    by_name = {parameter.rpartition("/")[2]: (part["ARN"], part["Version"]) for parameter, part in found.items()}
    return Config(by_name, tuple(sorted(name for name, value in values.items() if not value)))


def with_config(container: dict[str, Any], config: Config) -> dict[str, Any]:
    """The container of a task definition, given the variables that it does not have yet."""
    if not config.parameters and not config.empty:
        return container
    given = copy.deepcopy(container)
    secrets, variables = given.get("secrets") or [], given.get("environment") or []
    taken = {pair["name"] for pair in [*secrets, *variables]}
    secrets += [
        {"name": name, "valueFrom": arn} for name, (arn, _) in sorted(config.parameters.items()) if name not in taken
    ]
    variables += [{"name": name, "value": ""} for name in config.empty if name not in taken]
    return given | {"secrets": secrets, "environment": [*variables, {"name": VERSION, "value": config.version}]}


def _read(ssm: Any, parameters: list[str]) -> dict[str, dict[str, Any]]:
    found: Iterable[dict[str, Any]] = (
        part
        for start in range(0, len(parameters), AT_ONCE)
        for part in ssm.get_parameters(Names=parameters[start : start + AT_ONCE], WithDecryption=True)["Parameters"]
    )
    return {part["Name"]: part for part in found}
