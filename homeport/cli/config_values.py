"""Values of config that `homeport import` put outside of the repository → what each service here is given."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from homeport.cli.import_files import secrets_file
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
