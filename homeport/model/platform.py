"""What you declare: homeport.yml as one immutable value, the Platform.

Every class here is one mapping of the file. Rules that need more than one value (references, overlapping routes,
Fargate sizes) are in `rules.py`; reading the file, and errors with line numbers, in `load.py`.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

# Resource names become part of AWS names, DNS labels and environment variables: the narrowest of their rules.
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=24)]
AccountId = Annotated[str, Field(pattern=r"^\d{12}$")]


class Model(BaseModel):
    """Frozen, and refuses keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Scale(Model):
    """How many tasks of one process run, and what makes their number grow."""

    min: int = Field(1, ge=0, le=500, description="Tasks that always run.")
    max: int = Field(1, ge=1, le=500, description="Tasks at the most; more than `min` turns autoscaling on.")
    cpu_percent: int = Field(60, ge=10, le=90, description="Average CPU that autoscaling aims for.")


class Process(Model):
    """One line of a Procfile: a command, its Fargate size and its scale."""

    command: str | None = Field(None, description="Shell command; default: the line of this name in the Procfile.")
    cpu: int = Field(256, description="CPU units; 1024 are one vCPU.")
    memory_mb: int = Field(512, description="Memory in MiB; must be a Fargate size for `cpu`.")
    scale: Scale = Scale()
    stop_timeout_seconds: int = Field(30, ge=1, le=120, description="From SIGTERM to SIGKILL.")


class Route(Model):
    """A method and path of the one API. In the file also short: `GET /books/{id}`."""

    route: str = Field(
        description="`METHOD /path`, as API Gateway writes it: `ANY`, `{id}` and `{proxy+}` are allowed."
    )
    auth: bool = Field(False, description="Only with a valid token of the user pool.")
    scopes: tuple[str, ...] = Field((), description="OAuth scopes, one of which the token must have; needs `auth`.")


class HealthCheck(Model):
    """How the load balancer knows that a task can take requests. In the file also short: a path."""

    path: str = "/healthz"
    interval_seconds: int = Field(15, ge=5, le=300)
    timeout_seconds: int = Field(5, ge=2, le=120)
    grace_seconds: int = Field(60, ge=0, le=3600, description="Failures in this time after the start do not count.")


class Service(Model):
    """A long-running application: one code base, one image, one or more processes. `web` is the one with routes."""

    path: str = Field(description="Folder of the code, relative to homeport.yml.")
    processes: dict[Name, Process] = Field({}, description="Default: the processes of the Procfile.")
    release: str | None = Field(
        None, description="Command run once, before a release is made current; default: Procfile's `release`."
    )
    health: HealthCheck = HealthCheck()
    routes: tuple[Route, ...] = ()
    uses: tuple[Name, ...] = Field((), description="Databases, caches, topics (to publish), buckets, `users`, `mail`.")
    on: tuple[Name, ...] = Field((), description="Topics whose messages are queued for this service.")
    environment: dict[str, str] = Field(
        {}, description="Plain settings; secrets are config (`homeport config`), never here."
    )
    python: str | None = Field(None, description="Default: the platform's.")
    port: int = Field(8000, ge=1024, le=65535, description="What the `web` process listens on; it gets it as $PORT.")


class Function(Model):
    """On-demand code on Lambda."""

    path: str
    handler: str = Field("main.handler", description="`module.function`.")
    memory_mb: int = Field(256, ge=128, le=10240)
    timeout_seconds: int = Field(30, ge=1, le=900)
    routes: tuple[Route, ...] = ()
    on: tuple[Name, ...] = Field(
        (), description="Topics whose messages invoke this function, through a queue of its own."
    )
    schedule: str | None = Field(
        None, description="`rate(5 minutes)`, `cron(0 6 * * ? *)`: EventBridge Scheduler's grammar."
    )
    uses: tuple[Name, ...] = ()
    environment: dict[str, str] = {}
    python: str | None = None
    concurrency: int | None = Field(None, ge=0, le=1000, description="Reserved concurrency.")


class Database(Model):
    """A PostgreSQL instance of its own on RDS."""

    version: Literal["14", "15", "16", "17", "18"] = "16"
    size: str = Field("db.t4g.micro", description="RDS instance class.")
    storage_gb: int = Field(20, ge=20, le=65536)
    extensions: tuple[str, ...] = ()
    backup_days: int = Field(7, ge=1, le=35)


class Cache(Model):
    """A Valkey cache on ElastiCache."""

    size: str = "cache.t4g.micro"
    replicas: int = Field(0, ge=0, le=5)


class Topic(Model):
    """An SNS topic. Who listens is said by the listener's `on`."""

    retries: int = Field(
        5, ge=1, le=100, description="Deliveries of a message before it goes to the dead-letter queue."
    )


class Bucket(Model):
    """A private S3 bucket."""

    public_read: bool = Field(False, description="Served to everyone, read-only, through CloudFront.")
    expire_days: int | None = Field(None, ge=1)


class Users(Model):
    """The Cognito user pool; its tokens are checked at the gateway."""

    clients: tuple[Name, ...] = ("web",)
    groups: tuple[Name, ...] = ()
    scopes: tuple[str, ...] = Field((), description="Custom OAuth scopes of the API, without the prefix.")


class Mail(Model):
    """Mail through SES."""

    sender: str = Field(description="Address that mail comes from; its domain is verified in SES.")


class Site(Model):
    """A static website on S3 behind CloudFront."""

    path: str
    index: str = "index.html"
    not_found: str = Field(
        "index.html", description="Served where nothing is found; `index.html` suits single-page sites."
    )


class Environment(Model):
    """One account, one network, one set of data; parts of the platform named here are laid over it."""

    account: AccountId | None = Field(None, description="Needed for every environment but `local`.")
    region: str | None = None
    availability: Literal["standard", "high"] = Field(
        "standard", description="`high`: a NAT gateway per zone, standby databases."
    )
    protect: bool = Field(True, description="Refuse to destroy what holds data; always off in `local`.")
    services: dict[Name, dict[str, Any]] = {}
    functions: dict[Name, dict[str, Any]] = {}
    databases: dict[Name, dict[str, Any]] = {}
    caches: dict[Name, dict[str, Any]] = {}
    buckets: dict[Name, dict[str, Any]] = {}


class Platform(Model):
    """Everything one homeport.yml declares."""

    name: Name
    region: str = "eu-west-1"
    python: str = "3.12"
    services: dict[Name, Service] = {}
    functions: dict[Name, Function] = {}
    sites: dict[Name, Site] = {}
    databases: dict[Name, Database] = {}
    caches: dict[Name, Cache] = {}
    topics: dict[Name, Topic] = {}
    buckets: dict[Name, Bucket] = {}
    users: Users | None = None
    mail: Mail | None = None
    environments: dict[Name, Environment] = {}
