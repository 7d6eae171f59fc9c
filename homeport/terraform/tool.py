"""Which terraform or tofu is used, and in which environment it runs."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from homeport.errors import HomeportError

MINIMUM = (1, 11)
PRODUCTS = {"terraform": "Terraform", "tofu": "OpenTofu"}
REGISTRIES = {"terraform": "registry.terraform.io", "tofu": "registry.opentofu.org"}
INSTALL = "install Terraform (https://developer.hashicorp.com/terraform/install) or OpenTofu (https://opentofu.org)"


@dataclass(frozen=True)
class Tool:
    """The program, and the whole environment that it runs in: nothing is inherited beside it."""

    program: Path
    version: str
    environment: Mapping[str, str]

    @property
    def name(self) -> str:
        """`terraform` or `tofu`."""
        return "tofu" if self.program.name.startswith("tofu") else "terraform"

    @property
    def registry(self) -> str:
        """Host that providers are named after."""
        return REGISTRIES[self.name]


def find_tool(environment: Mapping[str, str]) -> Tool:
    """The first of terraform and tofu on the environment's PATH that is new enough. Raises HomeportError if none is."""
    too_old = []
    for name, product in PRODUCTS.items():
        program = shutil.which(name, path=environment.get("PATH", ""))
        if program is None:
            continue
        version = _read_version(program, environment)
        if _numbers(version) >= MINIMUM:
            return Tool(Path(program), version, dict(environment))
        too_old.append(f"{product} {version} ({program})")
    wanted = ".".join(map(str, MINIMUM))
    if too_old:
        raise HomeportError(f"{', '.join(too_old)} is too old; expected {wanted} or newer", INSTALL)
    raise HomeportError(f"neither terraform nor tofu is on the PATH; expected one of them, {wanted} or newer", INSTALL)


def _read_version(program: str, environment: Mapping[str, str]) -> str:
    command = [program, "version", "-json"]
    quiet = {**environment, "CHECKPOINT_DISABLE": "1"}
    try:
        answer = subprocess.run(command, env=quiet, capture_output=True, text=True, timeout=30, check=False)
        return str(json.loads(answer.stdout)["terraform_version"])
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError) as error:
        raise HomeportError(f"{program}: does not say its version ({error})", INSTALL) from error


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("-")[0])[:2])
