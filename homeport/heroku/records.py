"""What was read of a Heroku team, before anything is decided: one frozen record for each thing.

The API's reader and the parsers of files make the same records. `origin` is unique and says where a record comes from,
in words that a person can follow: `api: apps/shop-web/formation/web`, `shop/Procfile:3`. The report puts each record
into exactly one of its lists. Values of config vars are no part of any record: they are in `Inventory.values` only.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TypeVar

R = TypeVar("R", bound="Record")


@dataclass(frozen=True, kw_only=True)
class Record:
    """`app` is the Heroku app that it belongs to, or the folder's name for a checkout; "" for the team's own."""

    origin: str
    app: str = ""


@dataclass(frozen=True, kw_only=True)
class App(Record):
    """A Heroku app, or a checkout that is one. Its name is `app`."""

    region: str = ""  # Heroku's: `eu`, `us`, `dublin`
    aws_region: str = ""  # that of the region's provider
    stack: str = ""  # `heroku-24`, `container`
    generation: str = ""  # `cedar` or `fir`
    team: str = ""
    space: str = ""
    is_maintained: bool = False  # maintenance mode is on
    web_url: str = ""
    folder: str = ""  # of a checkout
    id: str = ""  # Heroku's, which stays when it is renamed


@dataclass(frozen=True, kw_only=True)
class Process(Record):
    """A process type: from the formation (with size and quantity) or from a Procfile, heroku.yml or slug (without)."""

    type: str
    command: str = ""
    size: str = ""  # `Standard-1X`
    quantity: int | None = None
    image: str = ""  # heroku.yml: the image that it runs


@dataclass(frozen=True, kw_only=True)
class DynoSize(Record):
    """What a dyno size is and costs; the team's catalogue, not a thing that moves."""

    name: str
    memory_gb: float | None = None
    compute: int | None = None  # minimum vCPU
    cents: int | None = None  # a month; None where Heroku does not say


@dataclass(frozen=True, kw_only=True)
class Autoscale(Record):
    type: str
    min: int
    max: int
    p95_ms: int | None = None
    is_active: bool = True


@dataclass(frozen=True, kw_only=True)
class ConfigVar(Record):
    """A config var's name. Its value, where it could be read, is `inventory.values[app, name]`."""

    name: str
    addon: str = ""  # name of the add-on that owns it
    is_masked: bool = False
    stage: str = ""  # of a pipeline's stage (`test`, `review`) instead of an app's
    default: str | None = None  # app.json's own value, which is public
    is_required: bool = True
    is_generated: bool = False


@dataclass(frozen=True, kw_only=True)
class AddOn(Record):
    """`app` is the one that is billed. `cents` is a month's billed price, None if unknown."""

    name: str
    service: str  # `heroku-postgresql`
    plan: str  # `standard-0`; "" for the default plan
    cents: int | None = None
    is_metered: bool = False
    state: str = "provisioned"
    config_vars: tuple[str, ...] = ()
    id: str = ""  # Heroku's, which stays when it is renamed
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Attachment(Record):
    """An add-on as `app` sees it: its variables begin with `name`."""

    name: str  # `DATABASE`
    addon: str
    namespace: str = ""  # `role:analytics`, pooling


@dataclass(frozen=True, kw_only=True)
class DatabaseFacts(Record):
    """What api.data.heroku.com says of a Postgres add-on."""

    addon: str
    version: str = ""  # `15.8`
    size_bytes: int | None = None
    plan_bytes: int | None = None
    tables: int | None = None
    connections: int | None = None
    connections_max: int | None = None
    extensions: tuple[str, ...] = ()
    followers: tuple[str, ...] = ()
    backup_schedules: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CacheFacts(Record):
    """What api.data.heroku.com says of a Key-Value Store."""

    addon: str
    version: str = ""
    eviction: str = ""  # `noeviction`, `allkeys-lru`
    memory_bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Traffic(Record):
    """Router metrics of a process type: what was measured, over which time."""

    type: str
    start: datetime
    step_seconds: int
    requests: tuple[float, ...]  # in each step
    p50_ms: float | None = None
    p95_ms: float | None = None


@dataclass(frozen=True, kw_only=True)
class Domain(Record):
    hostname: str
    kind: str = "custom"  # or `heroku`
    acm_status: str = ""


@dataclass(frozen=True, kw_only=True)
class Certificate(Record):
    name: str
    domains: tuple[str, ...] = ()
    issuer: str = ""
    expires_at: str = ""
    is_acm: bool = False


@dataclass(frozen=True, kw_only=True)
class Buildpack(Record):
    ordinal: int
    name: str  # `heroku/python`, or a URL


@dataclass(frozen=True, kw_only=True)
class Release(Record):
    """The current release."""

    version: int
    description: str = ""
    slug: str = ""
    commit: str = ""
    created_at: str = ""


@dataclass(frozen=True, kw_only=True)
class Pipeline(Record):
    name: str


@dataclass(frozen=True, kw_only=True)
class Coupling(Record):
    """`app` is in this stage of a pipeline."""

    pipeline: str
    stage: str  # test, review, development, staging, production


@dataclass(frozen=True, kw_only=True)
class ReviewApps(Record):
    pipeline: str
    automatic: bool = False
    stale_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class Collaborator(Record):
    email: str
    role: str = ""


@dataclass(frozen=True, kw_only=True)
class Drain(Record):
    """A log drain. Its URL holds credentials: only the host is kept."""

    host: str
    addon: str = ""


@dataclass(frozen=True, kw_only=True)
class Feature(Record):
    name: str
    is_enabled: bool


@dataclass(frozen=True, kw_only=True)
class Webhook(Record):
    host: str
    include: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Space(Record):
    name: str
    region: str = ""
    is_shield: bool = False
    cidr: str = ""
    egress_ips: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Invoice(Record):
    """A month's bill of the team, in cents."""

    month: str  # `2026-10`
    total_cents: int
    addons_cents: int = 0
    database_cents: int = 0
    platform_cents: int = 0
    weighted_dyno_hours: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Repository(Record):
    """The GitHub repository that an app or pipeline deploys from."""

    url: str
    branch: str = ""
    is_automatic: bool = False


@dataclass(frozen=True, kw_only=True)
class Job(Record):
    """A Scheduler job. The API has none: they come from a file or from the person, or are inferred from dynos seen."""

    command: str
    schedule: str = ""  # `10 minutes`, `hourly at :30`, `daily at 03:00`, or cron; "" if unknown
    size: str = ""
    is_inferred: bool = False


@dataclass(frozen=True, kw_only=True)
class PythonVersion(Record):
    version: str  # as written: `3.12`, `3.11.9`


@dataclass(frozen=True, kw_only=True)
class Requirements(Record):
    """A file of requirements or a lock; `packages` in lower case with the pinned version, or ""."""

    format: str  # pip, pipenv, poetry, uv
    packages: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SystemPackage(Record):
    """A line of an Aptfile."""

    name: str


@dataclass(frozen=True, kw_only=True)
class BuildHook(Record):
    """`bin/pre_compile`, `bin/post_compile`, or a script of app.json."""

    name: str
    command: str = ""


@dataclass(frozen=True, kw_only=True)
class DockerImage(Record):
    """An image that heroku.yml builds."""

    name: str  # the process it is for
    dockerfile: str
    target: str = ""
    arguments: tuple[str, ...] = ()  # names


@dataclass(frozen=True, kw_only=True)
class Other(Record):
    """Something that was read and understood, and for which Homeport has no place: it is told in the report."""

    kind: str  # `terraform resource heroku_slug`
    name: str
    detail: str = ""


@dataclass(frozen=True)
class Doubt:
    """Something read that was odd, and how it was taken. `place` is like an origin, with a line where there is one."""

    place: str
    text: str


@dataclass(frozen=True)
class Unreadable:
    """What the token or the service did not let us read. `reason` has no secret; `request_id` is Heroku's.

    `origins` are patterns of the origins of the records that it would have given; `remembered` the apps of which an
    earlier import has read them.
    """

    what: str
    reason: str
    app: str = ""
    request_id: str = ""
    origins: tuple[str, ...] = ()
    remembered: frozenset[str] = frozenset()

    def hides(self, origin: str) -> bool:
        """Whether a record of this origin may be missing because of it."""
        return any(fnmatchcase(origin, pattern) for pattern in self.origins)


class Values(dict[tuple[str, str], str]):
    """Values of config vars by (app, name); shows only how many they are."""

    def __repr__(self) -> str:
        return f"<{len(self)} values>"

    __str__ = __repr__


@dataclass(frozen=True)
class Inventory:
    """Everything that was read. Inventories of the API and of files add up.

    `valued` are the config vars whose values an earlier import has read.
    """

    records: tuple[Record, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    values: Values = field(default_factory=Values)
    valued: frozenset[tuple[str, str]] = frozenset()

    def __add__(self, other: "Inventory") -> "Inventory":
        return Inventory(
            self.records + other.records,
            self.unreadable + other.unreadable,
            self.doubts + other.doubts,
            Values(self.values | other.values),
            self.valued | other.valued,
        )

    def of(self, kind: type[R], app: str | None = None) -> Iterator[R]:
        """Records of a kind, of one app or of all."""
        return (record for record in self.records if isinstance(record, kind) and app in (None, record.app))
