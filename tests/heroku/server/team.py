"""MagicBook's team on Heroku, as plain data: a children's book shop of eight apps, at about 1,900 USD a month.

Prices of dynos, Postgres and Key-Value Store are Heroku's; those of other vendors' add-ons are invented, as names are.
"""

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


def _web(module: str, quantity: int, size: str = "Standard-1X") -> Proc:
    return Proc(f"gunicorn {module}.wsgi --log-file -", quantity, size)


def _django(module: str, **more: str) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": f"{module}.settings.production",
        "SECRET_KEY": f"django-{module}-5c7d0e_not-a-real-key",
        "ALLOWED_HOSTS": ".magicbook.example,.herokuapp.com",
        **more,
    }


CATALOG = TeamApp(
    "magicbook-catalog",
    {
        "web": _web("catalog", 2, "Performance-M"),
        "worker": Proc("celery -A catalog worker -c 4", 1, "Standard-2X"),
    },
    release_command="python manage.py migrate --noinput",
    config=_django(
        "catalog",
        AWS_ACCESS_KEY_ID="AKIAEXAMPLEEXAMPLE00",
        AWS_SECRET_ACCESS_KEY="not+a/real/secret+key",
        AWS_STORAGE_BUCKET_NAME="magicbook-covers",
        WEB_CONCURRENCY="4",
    ),
    masked=("AWS_SECRET_ACCESS_KEY",),
    domains=(("catalog.magicbook.example", True),),
    features={"preboot": True, "runtime-dyno-metadata": True, "http-session-affinity": False},
    drains=("syslog+tls://u:drain-password-1@logs.papertrailapp.example:41234",),
    autoscale=Scaling(2, 5, 350),
    collaborators=(OWNER, "grace@magicbook.example"),
    requests_an_hour=52_000,
    p50_ms=48.0,
    p95_ms=310.0,
    release=412,
    repository="magicbook/catalog",
)
LIBRARY = TeamApp(
    "magicbook-library",
    {
        "web": _web("library", 2, "Standard-2X"),
        "worker": Proc("celery -A library worker", 2),
        "beat": Proc("celery -A library beat", 1),
    },
    release_command="python manage.py migrate --noinput",
    config=_django("library", READING_AGE_MAX="12"),
    domains=(("library.magicbook.example", True),),
    requests_an_hour=18_000,
    release=207,
    repository="magicbook/library",
)
ORDERS = TeamApp(
    "magicbook-orders",
    {"web": _web("orders", 2, "Standard-2X"), "worker": Proc("python manage.py consume_orders", 1, "Standard-2X")},
    release_command="python manage.py migrate --noinput",
    config=_django(
        "orders",
        STRIPE_API_KEY="sk_test_not_a_real_key",
        STRIPE_WEBHOOK_SECRET="whsec_not_a_real_secret",
        GREETING='Dear reader,\n"once upon a time" – it\'s \U0001f4d6\n',
    ),
    masked=("STRIPE_API_KEY",),
    domains=(("orders.magicbook.example", True),),
    webhooks=("https://hooks.magicbook.example/heroku?secret=webhook-password-1",),
    requests_an_hour=4_200,
    p95_ms=420.0,
    release=318,
    repository="magicbook/orders",
    scheduled=("python manage.py expire_carts",),
)
WEBSITE = TeamApp(
    "magicbook-website",
    {"web": Proc("bin/start-nginx gunicorn website.wsgi -b unix:/tmp/nginx.socket", 2, "Standard-2X")},
    config=_django("website", CATALOG_API="https://catalog.magicbook.example"),
    domains=(("www.magicbook.example", True), ("magicbook.example", True), ("shop.partner.example", False)),
    buildpacks=("heroku-community/apt", "https://github.com/heroku/heroku-buildpack-nginx", "heroku/python"),
    drains=("https://user:drain-password-2@drain.example/logs?token=abc",),
    features={"preboot": True, "http-session-affinity": True},
    requests_an_hour=38_000,
    p50_ms=35.0,
    p95_ms=180.0,
    release=529,
    repository="magicbook/website",
)
ADMIN = TeamApp(
    "magicbook-admin",
    {"web": _web("backoffice", 1)},
    config=_django("backoffice"),
    domains=(("admin.magicbook.example", True),),
    collaborators=(OWNER, "grace@magicbook.example", "linus@agency.example"),
    requests_an_hour=350,
    p50_ms=110.0,
    p95_ms=900.0,
    release=88,
)
SEARCH = TeamApp(
    "magicbook-search",
    {"web": _web("search", 2), "indexer": Proc("python manage.py index_books", 1, "Standard-2X")},
    config=_django("search"),
    stack="heroku-22",
    requests_an_hour=21_000,
    p50_ms=22.0,
    p95_ms=140.0,
    release=61,
    repository="magicbook/search",
)
NOTIFICATIONS = TeamApp(
    "magicbook-notifications",
    {"web": _web("notifications", 1), "worker": Proc("celery -A notifications worker", 2)},
    config=_django("notifications", DEFAULT_FROM_EMAIL="owls@magicbook.example"),
    requests_an_hour=900,
    release=140,
    repository="magicbook/notifications",
    scheduled=("python manage.py send_weekly_story",),
)
STAGING = TeamApp(
    "magicbook-catalog-staging",
    {"web": _web("catalog", 1, "Basic"), "worker": Proc("celery -A catalog worker -c 1", 1, "Basic")},
    release_command="python manage.py migrate --noinput",
    config=_django("catalog", DEBUG="0"),
    requests_an_hour=40,
    release=655,
)


def _postgres(connections: str, size: str, tables: int, version: str = "15.8") -> dict[str, tuple[str, ...]]:
    return {
        "Plan": ("Standard 2",),
        "Status": ("Available",),
        "Data Size": (size,),
        "Tables": (str(tables),),
        "PG Version": (version,),
        "Connections": (connections,),
        "Continuous Protection": ("On",),
        "Maintenance": ("not required",),
    }


def _redis(version: str, eviction: str) -> dict[str, tuple[str, ...]]:
    plan, status = {"Plan": ("Premium 0",)}, {"Status": ("available",), "Timeout": ("300",)}
    return {**plan, **status, "Version": (version,), "Maxmemory": (eviction,)}


ADDONS = (
    TeamAddOn(
        "postgresql-curly-11111",
        "heroku-postgresql:standard-2",
        20000,
        (
            ("magicbook-catalog", "DATABASE"),
            ("magicbook-search", "CATALOG_DATABASE"),
            ("magicbook-website", "CATALOG_DATABASE"),
            ("magicbook-admin", "DATABASE"),
        ),
        {"URL": "postgres://u1:pg-password-1@ec2-1.compute.example:5432/d1"},
        _postgres("61/400", "42.3 GB / 256 GB (16.5%)", 83),
        num_bytes=45_419_279_155,
        credentials=("default", "readonly"),
        backup_hour=2,
    ),
    TeamAddOn(
        "postgresql-round-22222",
        "heroku-postgresql:standard-0",
        5000,
        (("magicbook-library", "DATABASE"),),
        {"URL": "postgres://u2:pg-password-2@ec2-2.compute.example:5432/d2"},
        _postgres("18/120", "11.7 GB / 64 GB (18.3%)", 41, "14.13"),
        num_bytes=12_562_779_340,
        backup_hour=3,
    ),
    TeamAddOn(
        "postgresql-solid-33333",
        "heroku-postgresql:premium-2",
        35000,
        (
            ("magicbook-orders", "DATABASE"),
            ("magicbook-admin", "ORDERS_DATABASE"),
            ("magicbook-notifications", "ORDERS_DATABASE"),
        ),
        {"URL": "postgres://u3:pg-password-3@ec2-3.compute.example:5432/d3"},
        _postgres("44/500", "88.1 GB / 256 GB (34.4%)", 57, "16.4") | {"HA Status": ("Available",)},
        num_bytes=94_596_667_801,
        backup_hour=1,
    ),
    TeamAddOn(
        "postgresql-small-44444",
        "heroku-postgresql:essential-0",
        500,
        (("magicbook-catalog-staging", "DATABASE"),),
        {"URL": "postgres://u4:pg-password-4@ec2-4.compute.example:5432/d4"},
        _postgres("3/20", "212 MB / 1 GB", 83),
        num_bytes=222_298_112,
    ),
    TeamAddOn(
        "redis-quick-55555",
        "heroku-redis:premium-0",
        1500,
        (("magicbook-library", "REDIS"), ("magicbook-orders", "REDIS")),
        {"URL": "rediss://:redis-password-1@ec2-5.compute.example:6379"},
        _redis("7.2.4", "noeviction"),
    ),
    TeamAddOn(
        "redis-lazy-66666",
        "heroku-redis:premium-0",
        1500,
        (("magicbook-notifications", "REDIS"),),
        {"URL": "rediss://:redis-password-2@ec2-6.compute.example:6379"},
        _redis("7.2.4", "allkeys-lru"),
    ),
    TeamAddOn(
        "papertrail-clear-77777",
        "papertrail:fixa",
        700,
        (("magicbook-catalog", "PAPERTRAIL"),),
        {"API_TOKEN": "papertrail-token-1"},
    ),
    TeamAddOn(
        "sendgrid-swift-88888",
        "sendgrid:bronze",
        1995,
        (("magicbook-notifications", "SENDGRID"),),
        {"API_KEY": "SG.sendgrid-key-1"},
    ),
    TeamAddOn(
        "sentry-sharp-99999",
        "sentry:basic",
        2900,
        (("magicbook-catalog", "SENTRY"), ("magicbook-orders", "SENTRY"), ("magicbook-website", "SENTRY")),
        {"DSN": "https://sentry-key-1@o1.ingest.example/1"},
    ),
    TeamAddOn(
        "cloudamqp-round-12121",
        "cloudamqp:tiger",
        1900,
        (("magicbook-catalog", "CLOUDAMQP"), ("magicbook-search", "CLOUDAMQP")),
        {"URL": "amqps://u5:amqp-password-1@rabbit.example/vhost", "APIKEY": "amqp-key-1"},
    ),
    TeamAddOn("scheduler-rigid-34343", "scheduler:standard", 0, (("magicbook-orders", "SCHEDULER"),)),
    TeamAddOn("scheduler-early-45454", "scheduler:standard", 0, (("magicbook-notifications", "SCHEDULER"),)),
)
PIPELINES = (
    TeamPipeline(
        "magicbook-catalog",
        {"magicbook-catalog": "production", "magicbook-catalog-staging": "staging"},
        review={"automatic_review_apps": True, "destroy_stale_apps": True, "stale_days": 5},
    ),
)
INVOICES = (
    TeamInvoice("08/01/2026", 116_210, 63_500, 7_495, 15_010.0),
    TeamInvoice("09/01/2026", 117_540, 63_500, 7_495, 15_184.5),
    TeamInvoice("10/01/2026", 120_115, 63_500, 7_495, 15_390.25),
)
TEAM = HerokuTeam(
    (CATALOG, LIBRARY, ORDERS, WEBSITE, ADMIN, SEARCH, NOTIFICATIONS, STAGING), ADDONS, PIPELINES, INVOICES
)


def fleet(size: int) -> HerokuTeam:
    """A team of many apps: MagicBook's eight again and again, each with add-ons of its own."""
    apps, addons = [], []
    for index in range(size):
        model = TEAM.apps[index % len(TEAM.apps)]
        name = f"fleet-{index:04}"
        apps.append(replace(model, name=name, domains=tuple((f"{index}.{host}", acm) for host, acm in model.domains)))
        addons += [
            replace(addon, name=f"{addon.name}-{index}", attachments=((name, addon.attachments[0][1]),))
            for addon in ADDONS
            if addon.app == model.name
        ]
    return HerokuTeam(tuple(apps), tuple(addons), (), INVOICES)
