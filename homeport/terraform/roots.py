"""What every root of the live tree begins with: backend, provider, and for `local` the overrides of both."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from homeport.errors import HomeportError
from homeport.model import names
from homeport.model.platform import Environment, Platform
from homeport.terraform.hcl import Block

STACKS = ("foundation", "apps")  # in the order in which they are applied
LOCAL = "local"
WRITTEN_BY = "Written by Homeport from homeport.yml: change that, not this."


@dataclass(frozen=True)
class Place:
    """One environment of a platform: the platform as it is there, and the account that it is in."""

    platform: Platform
    name: str
    account: str
    settings: Environment

    @property
    def prefix(self) -> tuple[str, str]:
        """First two arguments of most functions in `names`."""
        return self.platform.name, self.name

    @property
    def protected(self) -> bool:
        return self.settings.protect


def find_place(platform: Platform, environment: str) -> Place:
    """The environment, with every override in place. Raises HomeportError if it is unknown or has no account."""
    there = platform.in_environment(environment)
    settings = there.environments[environment]
    if settings.account is None:
        raise HomeportError(
            f"environment {environment}: has no account", f"add environments.{environment}.account to homeport.yml"
        )
    return Place(there, environment, settings.account, settings)


def backend(place: Place, stack: str) -> dict[str, Any]:
    """Where a stack's state is: in the account itself, locked by a file beside it."""
    return {
        "bucket": names.state_bucket(*place.prefix, place.account),
        "key": names.state_key(stack),
        "region": place.platform.region,
        "encrypt": True,
        "use_lockfile": True,
        "allowed_account_ids": [place.account],
        "assume_role": {"role_arn": names.apply_role(place.account)},
    }


def opening(place: Place, stack: str) -> list[Block]:
    """Blocks `terraform` and `provider`."""
    aws = {"aws": {"source": "hashicorp/aws", "version": ">= 5.100, < 6"}}
    versions = Block("required_providers", attributes=aws)
    state = Block("backend", ("s3",), backend(place, stack))
    role = {"role_arn": names.apply_role(place.account), "session_name": "homeport"}
    tags = {"homeport:platform": place.platform.name, "homeport:environment": place.name, "homeport:stack": stack}
    return [
        Block("terraform", attributes={"required_version": ">= 1.11"}, blocks=[versions, state]),
        Block(
            "provider",
            ("aws",),
            {"region": place.platform.region, "allowed_account_ids": [place.account]},
            [Block("assume_role", attributes=role), Block("default_tags", attributes={"tags": tags})],
        ),
    ]


def read_foundation(place: Place) -> list[Block]:
    """How `apps` learns what `foundation` made."""
    config = {
        key: value for key, value in backend(place, "foundation").items() if key not in ("encrypt", "use_lockfile")
    }
    return [
        Block("data", ("terraform_remote_state", "foundation"), {"backend": "s3", "config": config}),
    ]


def render_local_override(place: Place, stack: str, more: Mapping[str, Any]) -> str:
    """What differs on this machine, as Terraform merges it over main.tf: a bucket is a path there, not a host name."""
    path_style = {"use_path_style": True, "skip_metadata_api_check": True}
    document: dict[str, Any] = {
        "//": f"What differs on this machine; everything else is as in the cloud. {WRITTEN_BY}",
        "terraform": {"backend": {"s3": backend(place, stack) | path_style}},
        "provider": {"aws": {"s3_use_path_style": True, "skip_metadata_api_check": True}},
    }
    if stack == "apps":
        config = read_foundation(place)[0].attributes["config"] | path_style
        document["data"] = {"terraform_remote_state": {"foundation": {"config": config}}}
    document |= {kind: value for kind, value in more.items() if value}
    return json.dumps(document, indent=2) + "\n"


def render_terragrunt(dependencies: Iterable[str]) -> str:
    """So that `terragrunt run --all plan` works here, for teams that have Terragrunt; Homeport does not need it."""
    paths = ", ".join(f'"../{stack}"' for stack in dependencies)
    body = f"\ndependencies {{\n  paths = [{paths}]\n}}\n" if paths else ""
    return f"# For `terragrunt run --all plan`; Homeport and Terraform do not need it.\n# {WRITTEN_BY}\n{body}"
