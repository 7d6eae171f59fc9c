"""Where a deploy goes: a platform in one environment, clients of its account, and what is told meanwhile."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from homeport.errors import HomeportError
from homeport.model.platform import Platform


@dataclass(frozen=True)
class Clock:
    """Time, so that waiting can be tested without it."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Target:
    """An environment that a deploy changes.

    `platform` is already `in_environment(environment)`; `root` is the folder of homeport.yml; `store` keeps what was
    built. `client` gives the boto3 client of a service in the environment's account and region, and may be called from
    any thread; `say` is told a name and what happens to it. `config` has values by service and variable.
    """

    platform: Platform
    environment: str
    root: Path
    store: Path
    client: Callable[[str], Any]
    say: Callable[[str, str], None] = field(default=lambda name, text: None)
    clock: Clock = Clock()
    config: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)

    @property
    def prefix(self) -> tuple[str, str]:
        """What AWS names begin with: first arguments of the functions in `names`."""
        return self.platform.name, self.environment

    @property
    def account(self) -> str:
        return self.platform.environments[self.environment].account or ""


@dataclass(frozen=True)
class Deployed:
    """What a deploy did. `version` is `v7` for a service's release, `12` for a function's version, else empty."""

    name: str
    changed: bool
    version: str = ""
    warnings: tuple[str, ...] = ()


@contextmanager
def aws_in_words(what: str) -> Iterator[None]:
    """Turn what AWS refuses into a HomeportError `what: code: message`."""
    try:
        yield
    except ClientError as error:
        said = error.response.get("Error", {})
        code = said.get("Code", "")
        raise HomeportError(f"{what}: {code}: {said.get('Message', '')}".rstrip(": "), HINTS.get(code, "")) from error
    except BotoCoreError as error:
        raise HomeportError(f"{what}: {error}") from error


NOT_APPLIED = "homeport apply builds what is missing in the account"
HINTS = {
    "RepositoryNotFoundException": NOT_APPLIED,
    "ClusterNotFoundException": NOT_APPLIED,
    "ServiceNotFoundException": NOT_APPLIED,
    "ResourceNotFoundException": NOT_APPLIED,
    "NoSuchBucket": NOT_APPLIED,
}
