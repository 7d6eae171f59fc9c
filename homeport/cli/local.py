"""The platform on this machine as commands see it: its file, its home, its AWS clients."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from homeport.local import account, aws
from homeport.local.home import Home, find_home
from homeport.model import names
from homeport.model.load import load_platform
from homeport.model.platform import Platform

ENVIRONMENT = "local"


@dataclass(frozen=True)
class Local:
    """One platform's local environment."""

    file: Path

    @cached_property
    def platform(self) -> Platform:
        return load_platform(self.file).in_environment(ENVIRONMENT)

    @cached_property
    def home(self) -> Home:
        return find_home(self.file)

    @property
    def folder(self) -> Path:
        return self.file.resolve().parent

    def client(self, service: str) -> Any:
        """boto3 client that acts in the local account. Raises HomeportError if it is not running."""
        return aws.client(service, account.control_url(self.home), names.LOCAL_ACCOUNT, self.platform.region)

    def log_groups(self) -> Mapping[str, str]:
        """`{log group: what the user calls its writer}` of all groups in the account."""
        pages = self.client("logs").get_paginator("describe_log_groups").paginate()
        groups = [group["logGroupName"] for page in pages for group in page["logGroups"]]
        return {group: names.log_source(self.platform.name, ENVIRONMENT, group) for group in groups}
