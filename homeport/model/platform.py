"""What you declare: homeport.yml as one immutable value, the Platform.

Every class here is one mapping of the file. Rules that need more than one value (references, overlapping routes,
Fargate sizes) are in `rules.py`; reading the file, and errors with line numbers, in `load.py`.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from homeport.errors import HomeportError
from homeport.model import names
from homeport.model.problems import convert_errors, listed, render_path, suggest

# Resource names become part of AWS names, DNS labels and environment variables: the narrowest of their rules.
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=24)]
AccountId = Annotated[
    str, Field(pattern=r"^\d{12}$"), WithJsonSchema({"type": ["string", "integer"], "pattern": r"^\d{12}$"})
]
# Written with or without quotes: the loader keeps numbers as they were written.
Version = Annotated[str, WithJsonSchema({"type": ["string", "number"]})]
PostgresVersion = Annotated[
    Literal["14", "15", "16", "17", "18"],
    WithJsonSchema({"enum": ["14", "15", "16", "17", "18", 14, 15, 16, 17, 18]}),
]
Architecture = Literal["x86_64", "arm64"]
Setting = Annotated[str, WithJsonSchema({"type": ["string", "number", "boolean"]})]
LOCAL = "local"


class Model(BaseModel):
    """Frozen, and refuses keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _from_nothing(cls, value: Any) -> Any:
        """`shelf-cache:` or `on:` with nothing after it is the default."""
        if isinstance(value, dict):
            return {key: item for key, item in value.items() if item is not None}
        return {} if value is None else value


class Short(Model):
    """May also be written as the text of one key."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {cls.short_key(): value} if isinstance(value, str) else value

    @classmethod
    def short_key(cls) -> str:
        """The key that stands for the whole mapping."""
        return next(iter(cls.model_fields))

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        long = handler.resolve_ref_schema(handler(core))
        short = {"type": "string", "description": f"Short for `{cls.short_key()}`."}
        return {"anyOf": [short, long]}


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
    scale: Scale = Field(Scale(), description="How many tasks run.")
    stop_timeout_seconds: int = Field(30, ge=1, le=120, description="From SIGTERM to SIGKILL.")


class Schedule(Model):
    """A command that the clock starts, in a task of its own: what Heroku's Scheduler does."""

    schedule: str = Field(
        description="When: `rate(10 minutes)`, `cron(0 3 * * ? *)`, `at(2030-01-31T06:00:00)`: EventBridge "
        "Scheduler's grammar. A run that takes longer than that overlaps with the next one."
    )
    command: str | None = Field(
        None, description="Shell command; default: the line of this name in the Procfile, which is no process then."
    )
    cpu: int = Field(256, description="CPU units; 1024 are one vCPU.")
    memory_mb: int = Field(512, description="Memory in MiB; must be a Fargate size for `cpu`.")
    timezone: str = Field("UTC", description="Of `cron` and `at`: a name such as Europe/Berlin.")
    enabled: bool = Field(True, description="Whether it runs; an environment may switch it off, or on.")


class Route(Short):
    """A method and path of the one API. In the file also short: `GET /books/{id}`."""

    route: str = Field(
        description="`METHOD /path`, as API Gateway writes it: `ANY`, `{id}` and `{proxy+}` are allowed."
    )
    auth: bool = Field(
        False,
        description="Only with a valid token of the user pool. A service that a public catch-all (`/{proxy+}`, "
        "`$default`) reaches as well must check tokens itself, as homeport-django does: it may read an escaped path "
        "(`/private%2F1`) as another one than the gateway did.",
    )
    scopes: tuple[str, ...] = Field((), description="OAuth scopes, one of which the token must have; needs `auth`.")


class HealthCheck(Short):
    """How the load balancer knows that a task can take requests. In the file also short: a path."""

    path: str = Field("/healthz", description="Answers 200 when the task can take requests; needs no route.")
    interval_seconds: int = Field(15, ge=5, le=300, description="Between two checks.")
    timeout_seconds: int = Field(5, ge=2, le=120, description="Until a check counts as failed.")
    grace_seconds: int = Field(60, ge=0, le=3600, description="Failures in this time after the start do not count.")


class Service(Model):
    """A long-running application: one code base, one image, one or more processes. `web` is the one with routes."""

    path: str = Field(description="Folder of the code, relative to homeport.yml.")
    processes: dict[Name, Process] = Field({}, description="Default: the processes of the Procfile.")
    schedules: dict[Name, Schedule] = Field({}, description="Commands that the clock starts, by name.")
    release: str | None = Field(
        None, description="Command run once, before a release is made current; default: Procfile's `release`."
    )
    health: HealthCheck = Field(HealthCheck(), description="How it is known that a task can take requests.")
    routes: tuple[Route, ...] = Field((), description="What of the one API this answers; `web` does in a service.")
    domains: tuple[str, ...] | None = Field(
        None,
        description="Names such as shop.example.com at which this service answers. With this key, even if it is `[]`, "
        "the service has an API of its own, and its routes stand there; without it they stand on the shared API.",
    )
    uses: tuple[Name, ...] = Field((), description="Databases, caches, topics (to publish), buckets, `users`, `mail`.")
    on: tuple[Name, ...] = Field((), description="Topics whose messages are queued for this service.")
    environment: dict[str, Setting] = Field({}, description="Plain settings; never secrets.")
    python: Version | None = Field(None, description="Default: the platform's.")
    architecture: Architecture | None = Field(None, description="`x86_64` or `arm64`; default: the platform's.")
    port: int = Field(8000, ge=1024, le=65535, description="What the `web` process listens on; it gets it as $PORT.")


class Function(Model):
    """On-demand code on Lambda."""

    path: str = Field(description="Folder of the code, relative to homeport.yml.")
    handler: str = Field("main.handler", description="`module.function`.")
    memory_mb: int = Field(256, ge=128, le=10240, description="Memory in MiB; CPU grows with it.")
    timeout_seconds: int = Field(
        30, ge=1, le=900, description="Until an invocation is ended; routes wait 30 s at the most."
    )
    routes: tuple[Route, ...] = Field((), description="What of the one API this answers; `web` does in a service.")
    on: tuple[Name, ...] = Field(
        (), description="Topics whose messages invoke this function, through a queue of its own."
    )
    schedule: str | None = Field(
        None, description="`rate(5 minutes)`, `cron(0 6 * * ? *)`: EventBridge Scheduler's grammar."
    )
    uses: tuple[Name, ...] = Field((), description="Databases, caches, topics (to publish), buckets, `users`, `mail`.")
    environment: dict[str, Setting] = Field({}, description="Plain settings; never secrets.")
    python: Version | None = Field(None, description="Default: the platform's.")
    architecture: Architecture | None = Field(None, description="`x86_64` or `arm64`; default: the platform's.")
    concurrency: int | None = Field(None, ge=0, le=1000, description="Reserved concurrency.")


class Database(Model):
    """A PostgreSQL instance of its own on RDS."""

    version: PostgresVersion = Field("16", description="Major version of PostgreSQL.")
    size: str = Field("db.t4g.micro", description="RDS instance class.")
    storage_gb: int = Field(20, ge=20, le=65536, description="Disk at the start; RDS lets it grow, never shrink.")
    extensions: tuple[str, ...] = Field((), description="PostgreSQL extensions that migrations create.")
    backup_days: int = Field(7, ge=1, le=35, description="How far back in time it can be restored.")


class Cache(Model):
    """A Valkey cache on ElastiCache."""

    size: str = Field("cache.t4g.micro", description="ElastiCache node type.")
    replicas: int = Field(0, ge=0, le=5, description="Copies in other zones that take over when it fails.")


class Topic(Model):
    """An SNS topic. Who listens is said by the listener's `on`."""

    retries: int = Field(
        5, ge=1, le=100, description="Deliveries of a message before it goes to the dead-letter queue."
    )


class Bucket(Model):
    """A private S3 bucket."""

    public_read: bool = Field(False, description="Served to everyone, read-only, through CloudFront.")
    expire_days: int | None = Field(None, ge=1, description="Objects are deleted at this age; default: never.")


class Users(Model):
    """The Cognito user pool; its tokens are checked at the gateway."""

    clients: tuple[Name, ...] = Field(
        ("web",), description="Applications that sign users in, each with its own client id."
    )
    groups: tuple[Name, ...] = Field((), description="Groups of users; a token names its user's.")
    scopes: tuple[str, ...] = Field((), description="Custom OAuth scopes of the API, without the prefix.")


class Mail(Model):
    """Mail through SES."""

    sender: str = Field(description="Address that mail comes from; its domain is verified in SES.")


class Site(Model):
    """A static website on S3 behind CloudFront."""

    path: str = Field(description="Folder of the files, relative to homeport.yml.")
    index: str = Field("index.html", description="Served for a folder.")
    not_found: str = Field(
        "index.html", description="Served where nothing is found; `index.html` suits single-page sites."
    )


class Api(Model):
    """The API that functions, and services without `domains`, share."""

    domains: tuple[str, ...] = Field((), description="Names such as api.example.com at which it answers.")


class Environment(Model):
    """One account, one network, one set of data; parts of the platform named here are laid over it."""

    account: AccountId | None = Field(None, description="Needed for every environment but `local`.")
    region: str | None = Field(None, description="Default: the platform's.")
    availability: Literal["standard", "high"] = Field(
        "standard", description="`high`: a NAT gateway per zone, standby databases."
    )
    protect: bool = Field(True, description="Refuse to destroy what holds data; always off in `local`.")
    zones: tuple[str, ...] = Field(
        (),
        description="Hosted zones of Route 53 in this account, such as example.com: the DNS records of domains in them "
        "are made there. Records elsewhere are yours to set; `homeport domains` says which.",
    )
    api: dict[str, Any] = Field({}, description="What is different here.")
    services: dict[Name, dict[str, Any]] = Field({}, description="What is different here, by name.")
    functions: dict[Name, dict[str, Any]] = Field({}, description="What is different here, by name.")
    databases: dict[Name, dict[str, Any]] = Field({}, description="What is different here, by name.")
    caches: dict[Name, dict[str, Any]] = Field({}, description="What is different here, by name.")
    buckets: dict[Name, dict[str, Any]] = Field({}, description="What is different here, by name.")


class Platform(Model):
    """Everything one homeport.yml declares."""

    name: Name = Field(description="Begins every name in AWS.")
    region: str = Field("eu-west-1", description="AWS region.")
    python: Version = Field("3.12", description="Version of services and functions that do not say theirs.")
    architecture: Architecture = Field(
        "x86_64",
        description="Processors of services and functions that do not say theirs. `arm64` costs a fifth less; every "
        "package with compiled parts needs a wheel for it.",
    )
    api: Api = Field(Api(), description="The shared API.")
    services: dict[Name, Service] = Field({}, description="Long-running applications, by name.")
    functions: dict[Name, Function] = Field({}, description="On-demand code, by name.")
    sites: dict[Name, Site] = Field({}, description="Static websites, by name.")
    databases: dict[Name, Database] = Field({}, description="PostgreSQL databases, by name.")
    caches: dict[Name, Cache] = Field({}, description="Valkey caches, by name.")
    topics: dict[Name, Topic] = Field({}, description="What is published and listened to, by name.")
    buckets: dict[Name, Bucket] = Field({}, description="Object stores, by name.")
    users: Users | None = Field(None, description="The user pool, if there is one.")
    mail: Mail | None = Field(None, description="Mail, if any is sent.")
    environments: dict[Name, Environment] = Field(
        {}, description="Accounts that the platform runs in, by name; `local` is always there."
    )

    @model_validator(mode="before")  # runs before `_from_nothing`, which would drop them
    @classmethod
    def _present_without_settings(cls, value: Any) -> Any:
        """`users:` with nothing after it asks for a user pool with every default."""
        if isinstance(value, dict):
            return {key: {} if item is None and key in ("users", "mail") else item for key, item in value.items()}
        return value

    def with_code(self) -> "Iterator[tuple[str, str, Service | Function]]":
        """Services and functions: kind (`services`, `functions`), name and declaration."""
        for name, service in self.services.items():
            yield "services", name, service
        for name, function in self.functions.items():
            yield "functions", name, function

    def environment(self, name: str) -> Environment:
        """Settings of an environment with every default filled in; `local` is always there.

        Raises HomeportError if there is no such environment.
        """
        if name not in self.environments and name != LOCAL:
            known = {*self.environments, LOCAL}
            raise HomeportError(
                f"environment {name}: is not declared{suggest(name, known)}", f"expected {listed(sorted(known))}"
            )
        declared = self.environments.get(name, Environment())
        filled: dict[str, Any] = {"region": declared.region or self.region}
        if name == LOCAL:
            filled |= {"account": names.LOCAL_ACCOUNT, "protect": False}
        return declared.model_copy(update=filled)

    def in_environment(self, name: str) -> "Platform":
        """The platform as it is in one environment: its overrides laid over, its region, no other environment.

        `environments[name]` is then complete (account, region, availability, protect) and has no overrides left, so
        that doing it twice changes nothing. Raises HomeportError if what results is not valid, which cannot be for
        a platform that came from `load_platform`.
        """
        try:
            return Platform.model_validate(self.overlaid(name))
        except ValidationError as error:
            lines = [f"environments.{name}: {render_path(p.path)}: {p.text}" for p in convert_errors(error, Platform)]
            raise HomeportError("\n".join(lines)) from None

    def overlaid(self, name: str) -> dict[str, Any]:
        """The document of `in_environment`, not yet validated."""
        environment = self.environment(name)
        document = self.model_dump(exclude_none=True)
        for kind in (*OVERRIDABLE, "api"):
            document[kind] = lay_over(document[kind], getattr(environment, kind))
        plain = environment.model_dump(exclude={*OVERRIDABLE, "api"}, exclude_none=True)
        return document | {"region": environment.region, "environments": {name: plain}}


OVERRIDABLE = ("services", "functions", "databases", "caches", "buckets")


def lay_over(below: Any, above: Any) -> Any:
    """Mappings are merged key by key; anything else above replaces what is below; nothing (`null`) keeps it."""
    if above is None:
        return below
    if isinstance(below, dict) and isinstance(above, dict):
        return below | {key: lay_over(below.get(key), value) for key, value in above.items()}
    return above
