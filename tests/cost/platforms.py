"""Platforms and usage for tests of money."""

from pathlib import Path
from typing import Any

import yaml

from homeport.model.platform import Platform
from homeport.model.usage import Usage

FOLDER = Path(__file__).with_name("team")


def load_team() -> tuple[Platform, Usage]:
    """The reference team: six Django services, two environments, their Heroku bill and what was measured."""
    platform, usage = (yaml.safe_load((FOLDER / name).read_text()) for name in ("homeport.yml", "homeport.usage.yml"))
    return Platform.model_validate(platform), Usage.model_validate(usage)


def make_platform(count: int = 1, /, **more: Any) -> Platform:
    """`count` services with a web process and a worker, a database each and a cache for all, in `prod`."""
    document: dict[str, Any] = {
        "name": "shop",
        "region": "us-east-1",
        "services": {
            f"s{index}": {
                "path": ".",
                "routes": [f"ANY /s{index}"],
                "uses": [f"db{index}", "cache"],
                "processes": {"web": {"command": "web"}, "worker": {"command": "work"}},
            }
            for index in range(count)
        },
        "databases": {f"db{index}": {} for index in range(count)},
        "caches": {"cache": {}},
        "environments": {"prod": {"account": "210000000002"}},
    }
    return Platform.model_validate(document | more)
