"""What a Heroku team is made of, for the local Platform API: plain frozen data."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

OWNER = "ada@magicbook.example"
TEAM_NAME = "magicbook"

# name: memory in GB, minimum of vCPUs, cents a month (dev center, "Dyno types")
DYNO_SIZES = {
    "Eco": (0.5, 1, 500),
    "Basic": (0.5, 1, 700),
    "Standard-1X": (0.5, 1, 2500),
    "Standard-2X": (1, 2, 5000),
    "Performance-M": (2.5, 2, 25000),
    "Performance-L": (14, 8, 50000),
}
REGIONS = {"eu": "eu-west-1", "us": "us-east-1", "frankfurt": "eu-central-1"}


@cache
def identity(*parts: str) -> str:
    """The same id for the same thing, in every run."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(parts)))


@dataclass(frozen=True)
class Proc:
    command: str
    quantity: int = 1
    size: str = "Standard-1X"


@dataclass(frozen=True)
class Scaling:
    min: int
    max: int
    p95_ms: int


@dataclass(frozen=True)
class TeamApp:
    """`domains` are pairs of hostname and whether Heroku manages the certificate."""

    name: str
    formation: Mapping[str, Proc]
    release_command: str = ""
    config: Mapping[str, str] = field(default_factory=dict)
    masked: tuple[str, ...] = ()
    region: str = "eu"
    stack: str = "heroku-24"
    generation: str = "cedar"
    space: str = ""
    domains: tuple[tuple[str, bool], ...] = ()
    buildpacks: tuple[str, ...] = ("heroku/python",)
    features: Mapping[str, bool] = field(default_factory=lambda: {"preboot": False, "runtime-dyno-metadata": True})
    drains: tuple[str, ...] = ()
    webhooks: tuple[str, ...] = ()
    collaborators: tuple[str, ...] = (OWNER,)
    autoscale: Scaling | None = None
    requests_an_hour: int = 0
    p50_ms: float = 60.0
    p95_ms: float = 240.0
    release: int = 40
    repository: str = ""
    scheduled: tuple[str, ...] = ()  # commands of Scheduler's dynos that run right now


@dataclass(frozen=True)
class TeamAddOn:
    """`attachments`: pairs of app and name, the billed app's first; `variables`: values by what follows the name."""

    name: str
    plan: str  # service:plan
    cents: int
    attachments: tuple[tuple[str, str], ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    info: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    num_bytes: int | None = None
    credentials: tuple[str, ...] = ("default",)
    backup_hour: int | None = None
    eviction: str = "noeviction"

    @property
    def app(self) -> str:
        return self.attachments[0][0]


@dataclass(frozen=True)
class TeamPipeline:
    name: str
    couplings: Mapping[str, str]  # stage by app
    review: Mapping[str, object] | None = None


@dataclass(frozen=True)
class TeamInvoice:
    period_start: str  # as Heroku's schema shows it: 10/01/2026
    platform: int
    database: int
    addons: int
    weighted_dyno_hours: float


@dataclass(frozen=True)
class HerokuTeam:
    apps: tuple[TeamApp, ...]
    addons: tuple[TeamAddOn, ...] = ()
    pipelines: tuple[TeamPipeline, ...] = ()
    invoices: tuple[TeamInvoice, ...] = ()
    spaces: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # outgoing addresses
    name: str = TEAM_NAME

    @cached_property
    def apps_by_key(self) -> dict[str, TeamApp]:
        """By name and by id."""
        return {key: app for app in self.apps for key in (app.name, identity("app", app.name))}

    @cached_property
    def addons_by_key(self) -> dict[str, TeamAddOn]:
        """By name and by id."""
        return {key: addon for addon in self.addons for key in (addon.name, identity("addon", addon.name))}

    @cached_property
    def attached(self) -> dict[str, list[tuple[str, TeamAddOn]]]:
        """Name of the attachment and add-on, by app."""
        found: dict[str, list[tuple[str, TeamAddOn]]] = {}
        for addon in self.addons:
            for app, name in addon.attachments:
                found.setdefault(app, []).append((name, addon))
        return found

    def app(self, name: str) -> TeamApp:
        return self.apps_by_key[name]

    def with_app(self, changed: TeamApp) -> "HerokuTeam":
        """The same team, one app replaced."""
        return replace(self, apps=tuple(changed if app.name == changed.name else app for app in self.apps))

    def monthly_cents(self) -> int:
        """What formation and add-ons cost a month, by their prices."""
        dynos = sum(DYNO_SIZES[one.size][2] * one.quantity for app in self.apps for one in app.formation.values())
        return dynos + sum(addon.cents for addon in self.addons)
