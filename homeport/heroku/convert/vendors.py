"""Add-ons that are neither PostgreSQL nor Redis: what becomes of each, and what to do about it.

One literal table; a service that is not in it is kept with its vendor.
"""

from dataclasses import dataclass
from typing import Literal

Fate = Literal["kept", "replaced", "gone"]


@dataclass(frozen=True)
class Vendor:
    """`kept`: its keys are copied; `replaced`: something of Homeport's does its work; `gone`: it ends with Heroku."""

    fate: Fate
    why: str
    advice: str

    @property
    def is_paid_on(self) -> bool:
        """Whether it goes on costing what it costs: nothing that Homeport builds does its work."""
        return self.fate != "replaced"


def find_vendor(service: str) -> Vendor:
    return VENDORS.get(service, KEPT)


KEPT = Vendor(
    "kept",
    "goes on working from AWS with the same keys, but ends when the Heroku app is deleted",
    "open an account with the vendor, or have this one moved there, before the app is deleted",
)
LOGS = Vendor(
    "replaced",
    "logs go to CloudWatch Logs (`homeport logs`)",
    "keep the vendor only if its search or alarms are needed: subscribe it to the log groups",
)
MAIL = Vendor(
    "replaced",
    "mail goes through SES, once `mail:` has a sender; until then the vendor's keys are copied and go on working",
    "ask AWS to let the account out of SES's sandbox, and set the DKIM records of the domain: both take days",
)
MYSQL = Vendor(
    "gone",
    "Homeport has PostgreSQL only",
    "run MySQL on RDS beside Homeport's stacks, or move to a plan of the vendor's own; its URL is in the secrets file",
)
SEARCH = Vendor(
    "kept",
    "Homeport has no search engine; the vendor's goes on working from AWS",
    "open an account with the vendor, or run OpenSearch beside Homeport's stacks",
)
QUEUE = Vendor(
    "kept",
    "Homeport has no RabbitMQ; the vendor's goes on working from AWS",
    "open an account with the vendor; or move Celery to the cache (Redis) or to SQS, which `topics:` uses",
)
MEMCACHE = Vendor(
    "kept",
    "Homeport's caches speak Redis, not memcached with a password",
    "open an account with the vendor, or add a cache to `caches:` and use Django's Redis backend",
)
STATIC_IP = Vendor(
    "replaced",
    "tasks leave through a NAT gateway, whose address does not change",
    "give the new address to whoever has the old one on a list, then remove the proxy from the code",
)
FILES = Vendor(
    "kept",
    "its bucket goes on working from AWS with the same keys, but ends with the Heroku app",
    "declare a bucket in `buckets:`, add it to `uses`, copy the objects, then read <BUCKET>_BUCKET instead of its keys",
)
SCHEDULER = Vendor(
    "replaced",
    "EventBridge Scheduler starts its jobs, as `schedules` of their services, each in a task of its own",
    "see each job; where there are none, look at the scheduler's page: its jobs cannot be read by the API",
)
KAFKA = Vendor("gone", "Homeport has no Kafka", "use `topics:` (SNS and SQS), or run MSK beside Homeport's stacks")
MONGO = Vendor(
    "kept",
    "Homeport has PostgreSQL only; the vendor's database goes on working from AWS",
    "open an account with the vendor (Atlas), or run DocumentDB beside Homeport's stacks",
)
AUTH = Vendor(
    "kept",
    "goes on working from AWS with the same keys; passwords cannot be taken out of it",
    "open an account with the vendor; `users:` (Cognito) is the alternative for new users",
)
CDN = Vendor(
    "replaced",
    "buckets with `public_read` and sites are served through CloudFront",
    "serve static files from a bucket or with WhiteNoise, and point the CDN's domain at it",
)
WATCHING = Vendor(
    "kept",
    "goes on working from AWS with the same keys, but ends when the Heroku app is deleted",
    "open an account with the vendor; CloudWatch has metrics of tasks, databases and the API, but no traces",
)

VENDORS: dict[str, Vendor] = {
    **dict.fromkeys(
        ("papertrail", "logentries", "logdna", "mezmo", "coralogix", "solarwinds", "timber", "logtail", "loggly"), LOGS
    ),
    **dict.fromkeys(("sendgrid", "mailgun", "postmark", "sparkpost", "mailtrap", "mandrill", "mailersend"), MAIL),
    **dict.fromkeys(("jawsdb", "jawsdb-maria", "cleardb", "stackhero-mysql"), MYSQL),
    **dict.fromkeys(("bonsai", "searchbox", "foundelasticsearch", "websolr", "algoliasearch"), SEARCH),
    **dict.fromkeys(("cloudamqp", "rabbitmq-bigwig", "stackhero-rabbitmq"), QUEUE),
    **dict.fromkeys(("memcachier", "memcachedcloud", "stackhero-memcached"), MEMCACHE),
    **dict.fromkeys(
        ("fixie", "fixie-socks", "quotaguard", "quotaguardstatic", "quotaguardshield", "proximo"), STATIC_IP
    ),
    **dict.fromkeys(("bucketeer", "cloudcube"), FILES),
    **dict.fromkeys(("scheduler", "advanced-scheduler", "crontogo", "cron-to-go", "process-scheduler"), SCHEDULER),
    **dict.fromkeys(("heroku-kafka", "cloudkarafka"), KAFKA),
    **dict.fromkeys(("mongolab", "ormongo", "objectrocket"), MONGO),
    **dict.fromkeys(("auth0", "stormpath", "okta"), AUTH),
    **dict.fromkeys(("edge", "expeditedcdn", "fastly"), CDN),
    **dict.fromkeys(
        ("newrelic", "scout", "appsignal", "librato", "datadog", "hostedgraphite", "sentry", "rollbar", "bugsnag"),
        WATCHING,
    ),
    "heroku-connect": Vendor("gone", "works inside Heroku only", "use Salesforce's API or another connector"),
    "herokuconnect": Vendor("gone", "works inside Heroku only", "use Salesforce's API or another connector"),
    "heroku-inference": Vendor("gone", "works inside Heroku only", "use Amazon Bedrock, which has the same models"),
    "cloudmailin": Vendor(
        "kept",
        "Homeport sends mail, but does not receive it; the vendor goes on posting it to the new address",
        "change the target address at the vendor",
    ),
}
MAIL_SERVICES = frozenset(service for service, vendor in VENDORS.items() if vendor is MAIL)
