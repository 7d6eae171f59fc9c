"""Names that an earlier import gave: a service, database or cache keeps its own, whatever its attachments are today.

To AWS another name is another database.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from homeport.heroku.records import AddOn


@dataclass(frozen=True)
class Given:
    """`services` by an app's id or name, or by what it was (`pipeline shop`); `data` by add-on, or by its place."""

    services: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)

    def service(self, keys: Iterable[str]) -> str:
        """The name that the first of these has; empty if none has one."""
        return next((self.services[key] for key in keys if key in self.services), "")

    def part(self, keys: Iterable[str]) -> str:
        return next((self.data[key] for key in keys if key in self.data), "")


NONE_GIVEN = Given()


def key_of(addon: AddOn) -> str:
    return addon.id or addon.origin


def place_key(app: str, role: str) -> str:
    """Where an add-on is attached; whatever takes its place there takes its name."""
    return f"{app} {role}"
