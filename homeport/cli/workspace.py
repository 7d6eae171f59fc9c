"""One environment as plan, apply and destroy see it: its live tree on disk, and the Terraform that works on it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.local import aws
from homeport.local.account import control_url, local_environment
from homeport.local.home import cache_root, find_home
from homeport.model import names
from homeport.model.load import load_platform
from homeport.system.assumed import assumed_client
from homeport.terraform import run
from homeport.terraform.live import render_live_tree, write_live_tree
from homeport.terraform.mirror import prepare_providers
from homeport.terraform.roots import LOCAL, Place, find_place
from homeport.terraform.state_bucket import ensure_state_bucket
from homeport.terraform.tool import Tool, find_tool

# These would make Terraform work elsewhere, or otherwise, than the live tree says.
NOT_PASSED_ON = ("TF_WORKSPACE", "TF_DATA_DIR", "TF_INPUT", "TF_CLI_ARGS")


@dataclass(frozen=True)
class Workspace:
    """`live` is the folder beside homeport.yml."""

    file: Path
    place: Place
    live: Path
    tool: Tool

    @property
    def stacks(self) -> list[run.Stack]:
        """All stacks, in the order in which they are applied."""
        return run.stacks_of(self.live, self.place.name)

    def client(self, service: str) -> Any:
        """boto3 client that acts in the environment's account. Raises HomeportError if it may not."""
        region = self.place.platform.region
        if self.place.name == LOCAL:
            return aws.client(service, control_url(find_home(self.file)), self.place.account, region)
        return assumed_client(service, names.apply_role(self.place.account), region)


def open_workspace(file: Path, environment: str, *, unprotected: Mapping[str, str] | None = None) -> Workspace:
    """Write the live tree, find Terraform, and make the bucket for its states.

    Raises HomeportError, for `local` also if the local account is not running.
    """
    platform = load_platform(file)
    place = find_place(platform, environment)
    live = file.resolve().parent / "live"
    workspace = Workspace(file, place, live, _find_tool(file, place))
    url = control_url(find_home(file)) if environment == LOCAL else None
    files = render_live_tree(platform, environment, cognito_endpoint=url)
    write_live_tree(live, environment, files | dict(unprotected or {}))
    bucket = names.state_bucket(*place.prefix, place.account)
    ensure_state_bucket(workspace.client("s3"), bucket, place.platform.region)
    return workspace


def _find_tool(file: Path, place: Place) -> Tool:
    is_local = place.name == LOCAL
    environment = local_environment(find_home(file), place.platform.region) if is_local else _cloud_environment()
    tool = find_tool({**environment, "TF_IN_AUTOMATION": "1"})
    return prepare_providers(tool, cache_root() / "terraform", inherited=os.environ, isolated=is_local)


def _cloud_environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith(NOT_PASSED_ON)}
