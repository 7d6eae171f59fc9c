"""What homeport.yml says of the project's service, as far as it mends what the code does not."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Deployed:
    """Plain settings by name, commands by process (they stand before the Procfile's), the health path."""

    environment: Mapping[str, str] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)
    health: str = "/healthz"

    @property
    def procfile(self) -> str:
        return "".join(f"{process}: {' '.join(command.split())}\n" for process, command in self.commands.items())


NOT_DECLARED = Deployed()
NOWHERE: Mapping[str, Deployed] = {"": NOT_DECLARED}  # by environment
