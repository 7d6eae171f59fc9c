"""Which part of a Heroku account is read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Selection:
    """A team, or apps by name, or apps of a team; neither: everything that the token sees."""

    team: str | None = None
    apps: tuple[str, ...] = ()
