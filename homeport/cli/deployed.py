"""homeport.yml → what it says of the service in one folder, by environment, as the doctor takes it."""

from collections.abc import Mapping
from pathlib import Path

from homeport.doctor.deployed import NOT_DECLARED, NOWHERE, Deployed
from homeport.errors import HomeportError
from homeport.model.load import examine_platform
from homeport.model.platform import LOCAL, Platform


def read_deployed(file: Path, folder: Path) -> Mapping[str, Deployed]:
    """What the file says of the service in the folder; nothing if there is none, or its mistakes hide it."""
    if not file.is_file():
        return NOWHERE
    try:
        platform = examine_platform(file).platform
        return find_deployed(platform, file.parent, folder) if platform else NOWHERE
    except HomeportError:
        return NOWHERE  # `homeport check` tells why


def find_deployed(platform: Platform, root: Path, folder: Path) -> Mapping[str, Deployed]:
    """In each environment on AWS, or in `local` if there is none. Raises HomeportError for a wrong override."""
    environments = [name for name in platform.environments if name != LOCAL] or [LOCAL]
    return {name: _deployed(platform.in_environment(name), root, folder) for name in environments}


def _deployed(platform: Platform, root: Path, folder: Path) -> Deployed:
    for service in platform.services.values():
        if (root / service.path).resolve() == folder.resolve():
            commands = {name: process.command for name, process in service.processes.items() if process.command}
            release = {"release": service.release} if service.release else {}
            return Deployed(service.environment, {**commands, **release}, service.health.path)
    return NOT_DECLARED
