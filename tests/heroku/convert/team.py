"""A believable Heroku team of 8 apps: what its inventory looks like after it was read."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from homeport.heroku.records import (
    AddOn,
    App,
    Attachment,
    Autoscale,
    Buildpack,
    CacheFacts,
    Certificate,
    Collaborator,
    ConfigVar,
    Coupling,
    DatabaseFacts,
    Domain,
    Doubt,
    Drain,
    DynoSize,
    Feature,
    Inventory,
    Invoice,
    Job,
    Pipeline,
    Process,
    Record,
    Release,
    Repository,
    ReviewApps,
    Traffic,
    Unreadable,
    Values,
    Webhook,
)

DAY = [40, 30, 20, 15, 12, 15, 30, 80, 200, 380, 460, 500, 480, 470, 490, 480, 440, 380, 300, 240, 190, 140, 90, 60]
EMOJI = "🚀 'quoted' \"twice\"\nsecond line\t\\ end"
LONG = "x" * 32_768
GB = 1_000_000_000

APPS = ("shop-prod", "shop-staging", "api-prod", "api-staging", "reports", "blog", "shop-pr-12", "landing")
COMMANDS: Mapping[str, Mapping[str, str]] = {
    "shop": {
        "web": "bin/start-nginx gunicorn shop.wsgi --log-file -",
        "worker": "REMAP_SIGTERM=SIGQUIT celery -A shop worker -c 4",
        "worker_beat": "celery -A shop worker -B",
        "release": "python manage.py migrate --noinput",
    },
    "api": {"web": "uvicorn api.asgi:app --port $PORT", "release": 'yes "yes" | python manage.py migrate'},
    "reports": {"web": "gunicorn reports.wsgi", "nightly_2x": "python manage.py build_reports"},
    "blog": {"web": "gunicorn blog.wsgi --log-file -"},
    "landing": {"web": "node server.js"},
}
FORMATION: Mapping[str, Mapping[str, tuple[int, str]]] = {
    "shop-prod": {"web": (4, "Standard-2X"), "worker": (2, "Standard-2X"), "worker_beat": (1, "Standard-1X")},
    "shop-staging": {"web": (1, "Standard-1X"), "worker": (1, "Standard-1X"), "worker_beat": (0, "Standard-1X")},
    "api-prod": {"web": (2, "Performance-M")},
    "api-staging": {"web": (1, "Basic")},
    "reports": {"web": (1, "Standard-1X"), "nightly_2x": (0, "Standard-2X")},
    "blog": {"web": (1, "Eco")},
    "shop-pr-12": {"web": (1, "Basic")},
    "landing": {"web": (1, "Basic")},
}
ADDONS = (  # app, name, service, plan, cents, variables
    ("shop-prod", "postgresql-curved-1", "heroku-postgresql", "premium-2", 35_000, ("DATABASE_URL",)),
    ("shop-staging", "postgresql-flat-2", "heroku-postgresql", "essential-1", 900, ("DATABASE_URL",)),
    ("api-prod", "postgresql-round-3", "heroku-postgresql", "standard-0", 5_000, ("DATABASE_URL",)),
    ("api-staging", "postgresql-thin-4", "heroku-postgresql", "essential-0", 500, ("DATABASE_URL",)),
    ("shop-prod", "postgresql-follow-5", "heroku-postgresql", "premium-2", 35_000, ("HEROKU_POSTGRESQL_GOLD_URL",)),
    ("blog", "postgresql-small-6", "heroku-postgresql", "essential-0", 500, ("DATABASE_URL",)),
    ("shop-prod", "redis-square-1", "heroku-redis", "premium-2", 6_000, ("REDIS_URL",)),
    ("shop-staging", "redis-oval-2", "heroku-redis", "mini", 300, ("REDIS_URL",)),
    ("shop-prod", "papertrail-deep-1", "papertrail", "choklad", 0, ("PAPERTRAIL_API_TOKEN",)),
    ("shop-prod", "sentry-high-1", "sentry", "team", 2_900, ("SENTRY_DSN",)),
    ("shop-prod", "mailgun-long-1", "mailgun", "starter", 0, ("MAILGUN_API_KEY", "MAILGUN_DOMAIN")),
    ("shop-prod", "scheduler-even-1", "scheduler", "standard", 0, ()),
    ("api-prod", "memcachier-low-1", "memcachier", "dev", 0, ("MEMCACHIER_SERVERS", "MEMCACHIER_PASSWORD")),
)
ATTACHMENTS = (  # app, name, add-on
    ("shop-prod", "DATABASE", "postgresql-curved-1"),
    ("shop-staging", "DATABASE", "postgresql-flat-2"),
    ("api-prod", "DATABASE", "postgresql-round-3"),
    ("api-staging", "DATABASE", "postgresql-thin-4"),
    ("api-prod", "SHOP_STORE", "postgresql-curved-1"),
    ("api-staging", "SHOP_STORE", "postgresql-flat-2"),
    ("reports", "DATABASE", "postgresql-curved-1"),
    ("shop-prod", "HEROKU_POSTGRESQL_GOLD", "postgresql-follow-5"),
    ("shop-prod", "DATABASE_CONNECTION_POOL", "postgresql-curved-1"),
    ("blog", "DATABASE", "postgresql-small-6"),
    ("shop-prod", "REDIS", "redis-square-1"),
    ("api-prod", "REDIS", "redis-square-1"),
    ("shop-staging", "REDIS", "redis-oval-2"),
    ("api-staging", "REDIS", "redis-oval-2"),
    ("shop-prod", "SENTRY", "sentry-high-1"),
)
PLAIN_CONFIG = ("DJANGO_SETTINGS_MODULE", "STRIPE_SECRET", "ALLOWED_HOSTS", "SECRET_KEY", "AWS_ACCESS_KEY_ID")


def team() -> Inventory:
    """The inventory of the team, values included."""
    records = [*_of_apps(), *_data(), *_around(), *_config()]
    return Inventory(
        records=tuple(records),
        unreadable=(Unreadable("features", "403 forbidden", app="landing", request_id="r-1"),),
        doubts=(Doubt("api: apps/blog/formation/web", "the plan of an Eco dyno has no price"),),
        values=Values({(var.app, var.name): _value(var.name) for var in _config() if not var.is_masked}),
    )


def secret_values() -> list[str]:
    """Every value that may stand in no file but the secrets file; those of one letter prove nothing."""
    return sorted({value for value in team().values.values() if len(value) > 3})


def _value(name: str) -> str:
    return {"EMOJI": EMOJI, "LONG_JSON": LONG, "LONGISH": "y" * 5_000}.get(name, f"value-of-{name.lower()}-s3cr3t")


def _of_apps() -> Iterator[Record]:
    for app in APPS:
        code = app.removesuffix("-prod").removesuffix("-staging").removesuffix("-pr-12")
        at = f"api: apps/{app}"
        region = "eu-west-1" if app != "blog" else "us-east-1"
        yield App(origin=at, app=app, region="eu", aws_region=region, stack="heroku-24", team="acme-books")
        for type_, command in COMMANDS[code].items():
            yield Process(origin=f"{at}/slug/{type_}", app=app, type=type_, command=command)
        for type_, (quantity, size) in FORMATION[app].items():
            command = COMMANDS[code][type_]
            origin = f"{at}/formation/{type_}"
            yield Process(origin=origin, app=app, type=type_, command=command, size=size, quantity=quantity)
        yield Release(origin=f"{at}/releases", app=app, version=42, commit="0a1b2c3")
        language = "heroku/nodejs" if app == "landing" else "heroku/python"
        yield Buildpack(origin=f"{at}/buildpacks/0", app=app, ordinal=0, name=language)
        yield Domain(origin=f"{at}/domains/heroku", app=app, hostname=f"{app}.herokuapp.com", kind="heroku")
        yield Collaborator(origin=f"{at}/collaborators/ada", app=app, email="ada@acme.example", role="deploy")


def _data() -> Iterator[Record]:
    for app, name, service, plan, cents, variables in ADDONS:
        origin = f"api: addons/{name}"
        yield AddOn(origin=origin, app=app, name=name, service=service, plan=plan, cents=cents, config_vars=variables)
    for app, attached, addon in ATTACHMENTS:
        pool = "pgbouncer" if "POOL" in attached else ""
        yield Attachment(
            origin=f"api: apps/{app}/attachments/{attached}", app=app, name=attached, addon=addon, namespace=pool
        )
    yield DatabaseFacts(
        origin="api: databases/postgresql-curved-1",
        app="shop-prod",
        addon="postgresql-curved-1",
        version="15.8",
        size_bytes=42_300_000_000,
        plan_bytes=256 * GB,
        tables=120,
        connections=38,
        connections_max=400,
        extensions=("plpgsql", "pg_trgm", "uuid-ossp", "plv9"),
        followers=("postgresql-follow-5",),
        backup_schedules=("02:00 UTC",),
    )
    for name, app, version, size in (
        ("postgresql-flat-2", "shop-staging", "16.3", 2 * GB),
        ("postgresql-round-3", "api-prod", "13.9", 8 * GB),
        ("postgresql-thin-4", "api-staging", "13.9", None),
        ("postgresql-follow-5", "shop-prod", "15.8", 42 * GB),
    ):
        yield DatabaseFacts(origin=f"api: databases/{name}", app=app, addon=name, version=version, size_bytes=size)
    yield CacheFacts(
        origin="api: redis/redis-square-1",
        app="shop-prod",
        addon="redis-square-1",
        version="7.2",
        eviction="noeviction",
    )


def _around() -> Iterator[Record]:
    for size, gigabytes, cents in (
        ("Eco", 0.5, 0),
        ("Basic", 0.5, 700),
        ("Standard-1X", 0.5, 2_500),
        ("Standard-2X", 1.0, 5_000),
        ("Performance-M", 2.5, 25_000),
    ):
        yield DynoSize(origin=f"api: dyno-sizes/{size}", name=size, memory_gb=gigabytes, cents=cents)
    for pipeline, stages in {
        "shop": {"shop-prod": "production", "shop-staging": "staging", "shop-pr-12": "review"},
        "api": {"api-prod": "production", "api-staging": "staging"},
    }.items():
        at = f"api: pipelines/{pipeline}"
        yield Pipeline(origin=at, name=pipeline)
        yield Repository(origin=f"{at}/repository", url=f"https://github.com/acme/{pipeline}")
        yield from (
            Coupling(origin=f"{at}/couplings/{app}", app=app, pipeline=pipeline, stage=stage)
            for app, stage in stages.items()
        )
    yield ReviewApps(origin="api: pipelines/shop/review-app-config", pipeline="shop", automatic=True, stale_days=5)
    yield Repository(
        origin="api: apps/blog/github", app="blog", url="https://github.com/acme/blog", branch="main", is_automatic=True
    )
    start = datetime(2026, 11, 1, tzinfo=UTC)
    for app, share in (("shop-prod", 1.0), ("api-prod", 0.4)):
        requests = tuple(3600.0 * share * hour / 100 for hour in DAY * 7)
        yield Traffic(
            origin=f"api: apps/{app}/router-metrics",
            app=app,
            type="web",
            start=start,
            step_seconds=3600,
            requests=requests,
            p50_ms=80,
            p95_ms=410,
        )
    yield Autoscale(origin="api: apps/api-prod/monitors/web", app="api-prod", type="web", min=2, max=6, p95_ms=500)
    shop = "api: apps/shop-prod"
    yield Domain(origin=f"{shop}/domains/www", app="shop-prod", hostname="www.acme-books.example")
    yield Domain(origin="api: apps/api-prod/domains/api", app="api-prod", hostname="api.acme-books.example")
    yield Certificate(origin=f"{shop}/certs/1", app="shop-prod", name="armadillo-1", is_acm=True)
    yield Buildpack(origin=f"{shop}/buildpacks/1", app="shop-prod", ordinal=1, name="heroku-community/nginx")
    yield Drain(origin=f"{shop}/drains/1", app="shop-prod", host="logs.papertrailapp.com", addon="papertrail-deep-1")
    yield Drain(origin=f"{shop}/drains/2", app="shop-prod", host="logs.acme.example")
    yield Feature(origin=f"{shop}/features/preboot", app="shop-prod", name="preboot", is_enabled=True)
    yield Feature(origin=f"{shop}/features/affinity", app="shop-prod", name="http-session-affinity", is_enabled=True)
    yield Webhook(origin=f"{shop}/webhooks/1", app="shop-prod", host="hooks.acme.example", include=("api:release",))
    yield Job(
        origin=f"{shop}/jobs/1", app="shop-prod", command="python manage.py clearsessions", schedule="daily at 03:00"
    )
    yield Job(origin=f"{shop}/jobs/2", app="shop-prod", command="python manage.py sync", is_inferred=True)
    yield Invoice(origin="api: teams/acme-books/invoices/2026-10", month="2026-10", total_cents=131_420)


def _config() -> Iterator[ConfigVar]:
    owned = {(app, variable): name for app, name, _, _, _, variables in ADDONS for variable in variables}
    for (app, variable), addon in owned.items():
        yield ConfigVar(origin=f"api: apps/{app}/config/{variable}", app=app, name=variable, addon=addon)
    for app in ("shop-prod", "shop-staging", "api-prod", "api-staging", "reports", "blog"):
        for name in PLAIN_CONFIG:
            yield ConfigVar(origin=f"api: apps/{app}/config/{name}", app=app, name=name)
    for name in ("EMOJI", "LONG_JSON", "LONGISH", "WEB_CONCURRENCY"):
        yield ConfigVar(origin=f"api: apps/shop-prod/config/{name}", app="shop-prod", name=name)
    yield ConfigVar(origin="api: apps/shop-prod/config/MASKED_KEY", app="shop-prod", name="MASKED_KEY", is_masked=True)
    yield ConfigVar(origin="api: pipelines/shop/stage/test/CI_KEY", name="CI_KEY", stage="test")
