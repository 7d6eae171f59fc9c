"""MagicBook's team on Heroku, as plain data: a children's book shop of eight apps, at about 1,900 USD a month.

Prices of dynos, Postgres and Key-Value Store are Heroku's; those of other vendors' add-ons are invented, as names are.
"""

from dataclasses import replace

from tests.heroku.server.parts import (
    OWNER,
    HerokuTeam,
    Proc,
    Scaling,
    TeamAddOn,
    TeamApp,
    TeamInvoice,
    TeamPipeline,
)


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
