"""homeport.yml → what it says of the service in one folder, as the doctor takes it."""

from pathlib import Path

from homeport.doctor.deployed import NOT_DECLARED, Deployed
from homeport.errors import HomeportError
from homeport.model.load import examine_platform
from homeport.model.platform import Platform


def read_deployed(file: Path, folder: Path) -> Deployed:
    """What the file says of the service in the folder; nothing if there is none, or its mistakes hide it."""
    if not file.is_file():
        return NOT_DECLARED
    try:
        platform = examine_platform(file).platform
    except HomeportError:
        return NOT_DECLARED  # `homeport check` tells why
    return find_deployed(platform, file.parent, folder) if platform else NOT_DECLARED


def find_deployed(platform: Platform, root: Path, folder: Path) -> Deployed:
    for service in platform.services.values():
        if (root / service.path).resolve() == folder.resolve():
            commands = {name: process.command for name, process in service.processes.items() if process.command}
            release = {"release": service.release} if service.release else {}
            return Deployed(service.environment, {**commands, **release}, service.health.path)
    return NOT_DECLARED
