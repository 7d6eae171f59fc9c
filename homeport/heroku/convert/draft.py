"""What was decided of a team, before it is written: where each app goes, services, databases and caches.

Everything that differs between environments is a mapping by environment: `prod`, `stage`, `dev`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from homeport.heroku.convert.given import Given

STAGES = {"production": "prod", "staging": "stage", "development": "dev"}
ENVIRONMENTS = ("prod", "stage", "dev")  # the first one that has a thing gives what is the same everywhere
DATABASES, CACHES = "databases", "caches"


@dataclass(frozen=True)
class Member:
    """Where an app, or a checkout, goes. Without a service it does not move, and `why` and `advice` say so.

    A checkout that gives its code to apps that were read of Heroku has no environment of its own.
    """

    app: str
    service: str = ""
    environment: str = ""
    why: str = ""
    advice: str = ""
    is_checkout: bool = False
    stays: bool = False  # on Heroku, where it is paid for as before

    @property
    def is_placed(self) -> bool:
        return bool(self.service and self.environment)


@dataclass(frozen=True)
class Size:
    """Fargate size and number of tasks of a process in one environment; `source` says after what on Heroku."""

    cpu: int = 256
    memory_mb: int = 512
    min: int = 1
    max: int = 1
    source: str = ""
    note: str = ""  # what changes, for the report; empty if nothing does
    average: float | None = None  # tasks that run, where that is known


@dataclass(frozen=True)
class ProcessDraft:
    """`type` is Heroku's word, `name` the legal one; `origin` is that of the command."""

    name: str
    type: str
    command: str
    origin: str
    note: str
    sizes: Mapping[str, Size]
    check: str = ""  # what of the command a person must look at


@dataclass(frozen=True)
class ScheduleDraft:
    """A job of a scheduler. By environment its expression, empty if that is not known, and its size.

    The environment `""` stands for those of a checkout, which has all of them.
    """

    name: str
    command: str
    jobs: tuple[str, ...]  # their origins
    when: Mapping[str, str]
    sizes: Mapping[str, Size]
    check: str = ""

    def in_environment(self, environment: str) -> str | None:
        """The expression there; None if it has no such job."""
        return self.when.get(environment, self.when.get(""))

    @property
    def common(self) -> str:
        """The expression wherever nothing else is said."""
        return next(filter(None, (self.in_environment(name) for name in ENVIRONMENTS)), "")


@dataclass(frozen=True)
class ServiceDraft:
    name: str
    title: str  # `pipeline shop`, `app blog`
    path: str
    repository: str
    processes: tuple[ProcessDraft, ...]
    release: str
    python: str
    members: tuple[Member, ...]
    release_check: str = ""
    schedules: tuple[ScheduleDraft, ...] = ()

    def apps(self) -> dict[str, str]:
        """The Heroku app of each environment that has one."""
        return {member.environment: member.app for member in self.members if member.environment}

    def process(self, type_: str) -> ProcessDraft | None:
        return next((process for process in self.processes if process.type == type_), None)

    @property
    def has_web(self) -> bool:
        return any(process.name == "web" for process in self.processes)


@dataclass(frozen=True)
class DataDraft:
    """A database or a cache. `addons` are origins of add-on records; `settings` are keys of homeport.yml."""

    kind: str
    name: str
    addons: Mapping[str, str]
    settings: Mapping[str, Mapping[str, str | int]]
    sources: Mapping[str, str]
    extensions: tuple[str, ...]
    uses: Mapping[str, tuple[tuple[str, str], ...]]  # by environment: service and attachment's name


@dataclass(frozen=True)
class Draft:
    """Everything that was decided."""

    name: str
    region: str
    python: str
    environments: tuple[str, ...]
    high: frozenset[str]  # environments with standby databases
    members: Mapping[str, Member]
    services: tuple[ServiceDraft, ...]
    data: tuple[DataDraft, ...]
    domains: Mapping[str, Mapping[str, tuple[str, ...]]]  # service → environment → names
    settings: Mapping[str, Mapping[str, Mapping[str, str]]]  # service → environment → variables
    sender: str = ""
    secrets: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)  # service → environment → names
    given: Given = Given()
    full_names: Mapping[str, str] = field(default_factory=dict)  # of names that had to be changed to be legal and free
    full_name: str = ""  # of the platform, if its own had to be shortened

    def service(self, name: str) -> ServiceDraft | None:
        return self._services.get(name)

    def member(self, app: str) -> Member:
        return self.members.get(app, Member(app, why="nothing is known of this app"))

    def of_kind(self, kind: str) -> Iterator[DataDraft]:
        return (part for part in self.data if part.kind == kind)

    def part_of(self, addon_origin: str) -> DataDraft | None:
        """The database or cache that an add-on became."""
        return self._parts.get(addon_origin)

    def uses(self, service: str, environment: str) -> tuple[str, ...]:
        """Names of what a service uses in an environment; the one that gives DATABASE_URL or REDIS_URL comes first."""
        ordered = (name for _, _, name in sorted(self._used.get((service, environment), ())))
        return (*ordered, *(["mail"] if self.sender else []))

    @cached_property
    def kinds(self) -> dict[str, str]:
        """The kind of each database and cache, by name."""
        return {part.name: part.kind for part in self.data}

    @cached_property
    def _services(self) -> dict[str, ServiceDraft]:
        return {service.name: service for service in self.services}

    @cached_property
    def _parts(self) -> dict[str, DataDraft]:
        return {origin: part for part in self.data for origin in part.addons.values()}

    @cached_property
    def _used(self) -> dict[tuple[str, str], list[tuple[bool, bool, str]]]:
        """By service and environment: is it a cache, is it not the default one, and its name."""
        found: dict[tuple[str, str], list[tuple[bool, bool, str]]] = defaultdict(list)
        for part in self.data:
            for environment, pairs in part.uses.items():
                for service in {service for service, _ in pairs}:
                    roles = {role for user, role in pairs if user == service}
                    is_other = not {"DATABASE", "REDIS"} & roles
                    found[service, environment].append((part.kind != DATABASES, is_other, part.name))
        return found


def first_environment(of: Mapping[str, object]) -> str:
    """The one of the environments whose values are the common ones; empty if there is none."""
    return next((name for name in ENVIRONMENTS if name in of), "")
