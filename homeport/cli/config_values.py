"""Values of config that `homeport import` put outside of the repository → what each service here is given."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from homeport.errors import HomeportError

ENVIRONMENTS = ("local", "dev", "stage", "prod")  # what is entered for this machine, else the least important


def read_config(file: Path, services: Mapping[str, object]) -> dict[str, dict[str, str]]:
    """Variables by service. Raises HomeportError that names the file, and no value of it, if it cannot be read."""
    try:
        path = secrets_file(file, os.environ, Path.home())
    except HomeportError:  # inside of the repository: an import never put it there
        return {}
    try:
        document = json.loads(path.read_text())["config"]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError):
        raise HomeportError(f"{path}: cannot be read as values of config", "mend it, or import again") from None
    return choose_values(document, services)


def choose_values(
    document: Mapping[str, Mapping[str, Mapping[str, str]]], services: Mapping[str, object]
) -> dict[str, dict[str, str]]:
    """Of each service the values of one environment."""
    found = {}
    for service in services:
        values = next((document[name][service] for name in ENVIRONMENTS if service in document.get(name, {})), {})
        if values:
            found[service] = {name: str(value) for name, value in values.items()}
    return found


def secrets_file(file: Path, environment: Mapping[str, str], home: Path) -> Path:
    """Where the values of config go: the user's config folder, never the repository of homeport.yml."""
    folder = file.resolve().parent
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:8]
    root = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    path = (root / "homeport" / f"{folder.name}-{digest}" / "config.json").resolve()
    repository = next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)
    if path.is_relative_to(repository) and repository != home.resolve():
        raise HomeportError(
            f"{path}: is inside of {repository}: values of config must not come into a repository",
            "set XDG_CONFIG_HOME to a folder outside of it",
        )
    return path
