"""Where the AWS provider comes from: a folder on this machine if there is one, else the registry.

https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation
"""

import os
import platform
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from homeport.errors import HomeportError
from homeport.system.files import replace_file
from homeport.terraform.tool import Tool

PROVIDER = "hashicorp/aws"
TEMPLATE = """\
provider_installation {{
  filesystem_mirror {{
    path    = "{folder}"
    include = ["{source}"]
  }}

  direct {{
    exclude = ["{source}"]
  }}
}}
"""
DEMAND = """\
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 6"
    }
  }
}
"""


def prepare_providers(tool: Tool, cache: Path, *, inherited: Mapping[str, str], isolated: bool) -> Tool:
    """The tool, told where its provider comes from.

    `inherited` is the user's own environment. An `isolated` tool reaches nothing but this machine, so a provider that
    is nowhere on it is first fetched into `cache` with the user's environment. Otherwise a configuration of the user's
    own is left alone, and without one and without a mirror Terraform asks the registry as usual.
    """
    if not isolated and has_own_configuration(inherited):
        return tool
    fetched = cache / "providers"
    mirror = find_mirror(tool, inherited, fetched)
    if mirror is None and isolated:
        _fetch_provider(tool, fetched, inherited)
        mirror = fetched
    if mirror is None:
        return replace(tool, environment={k: v for k, v in tool.environment.items() if k != "TF_CLI_CONFIG_FILE"})
    configuration = cache / f"{tool.name}.tfrc"
    replace_file(configuration, render_configuration(mirror, tool.registry).encode())
    return replace(tool, environment={**tool.environment, "TF_CLI_CONFIG_FILE": str(configuration)})


def find_mirror(tool: Tool, environment: Mapping[str, str], extra: Path | None = None) -> Path | None:
    """The first folder that holds an AWS provider for this machine; `extra` is looked at last."""
    for folder in [*_folders(environment), *([extra] if extra else [])]:
        if _has_provider(folder, tool.registry):
            return folder
    return None


def has_own_configuration(environment: Mapping[str, str]) -> bool:
    """Whether the user has a CLI configuration that Terraform will read."""
    named = environment.get("TF_CLI_CONFIG_FILE") or environment.get("TERRAFORM_CONFIG")
    if named:
        return Path(named).is_file()
    home = Path(environment.get("HOME") or Path.home())
    return any((home / name).is_file() for name in (".terraformrc", ".tofurc"))


def render_configuration(folder: Path, registry: str) -> str:
    """A CLI configuration that takes the AWS provider from `folder`, and other providers from where they are."""
    return TEMPLATE.format(
        folder=str(folder).replace("\\", "\\\\").replace('"', '\\"'), source=f"{registry}/{PROVIDER}"
    )


def _fetch_provider(tool: Tool, folder: Path, inherited: Mapping[str, str]) -> None:
    """Download the provider as the user's own Terraform would; its cache folder is laid out as a mirror is."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "main.tf").write_text(DEMAND)
        answer = subprocess.run(
            [str(tool.program), "init", "-backend=false", "-input=false", "-no-color"],
            cwd=scratch,
            env={**inherited, "TF_PLUGIN_CACHE_DIR": str(folder)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    if answer.returncode or not _has_provider(folder, tool.registry):
        cause = "\n".join(line for line in answer.stderr.strip().splitlines()[-10:] if line.strip())
        raise HomeportError(
            f"the AWS provider is not on this machine and cannot be fetched:\n{cause}",
            f"let this machine reach {tool.registry}, or put the provider into ~/.terraform.d/plugins "
            "(terraform providers mirror makes such a folder)",
        )


def _folders(environment: Mapping[str, str]) -> Iterator[Path]:
    """Terraform's own mirror folders, then what machine images use.

    https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
    """
    home = Path(environment.get("HOME") or Path.home())
    yield home / ".terraform.d" / "plugins"
    yield Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share") / "terraform" / "plugins"
    for folder in (environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(os.pathsep):
        yield Path(folder) / "terraform" / "plugins"
    yield from sorted(path.parents[2] for path in Path("/opt").glob(f"*/*/{PROVIDER}"))


def _has_provider(folder: Path, registry: str) -> bool:
    """Unpacked (`<version>/<os>_<arch>/`) or packed (`terraform-provider-aws_<version>_<os>_<arch>.zip`)."""
    provider, machine = folder / registry / PROVIDER, _machine()
    return any(provider.glob(f"*/{machine}/terraform-provider-aws*")) or any(provider.glob(f"*_{machine}.zip"))


def _machine() -> str:
    architecture = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return f"{platform.system().lower()}_{architecture}"
