"""The names that one environment of a platform would get in AWS: too long, kept by AWS for itself, or given twice.

AWS keeps names apart within one kind of thing only; what is named twice would be one thing that two parts share.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from homeport.model import names
from homeport.model.platform import Platform, Service
from homeport.model.problems import Place, Problem, render_path

PLATFORM: Place = ("name",)  # where the names are told of that no part of the platform has
# How names may not begin, by kind of thing. What the alphabet of homeport.yml forbids anyway (`xn--`, `--ol-s3`) is not
# here, nor are endings of buckets (`-s3alias`): the account's digits come last.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
KEPT_BEGINNINGS = {
    "bucket": ("sthree-", "amzn-s3-demo-"),
    "load balancer": ("internal-",),
    "security group": ("sg-",),
}


@dataclass(frozen=True)
class Named:
    """Something that gets a name in AWS; `what` is the kind of thing within which names are used once."""

    path: Place
    what: str
    name: str
    length_max: int


def find_long_names(platform: Platform, environment: str) -> list[Problem]:
    """Problems for names that AWS would refuse in this environment: of each part and kind the longest one."""
    longest: dict[tuple[Place, str], Named] = {}
    for item in named(platform, environment):
        if len(item.name) > item.length_max:
            at = (item.path, item.what)
            longest[at] = max(longest.get(at, item), item, key=lambda one: len(one.name))
    return [
        Problem(
            item.path,
            f"the {item.what} {item.name!r} has {len(item.name)} characters; AWS allows {item.length_max}",
        )
        for item in longest.values()
    ]


def find_kept_names(platform: Platform, environment: str) -> list[Problem]:
    """Problems for names whose beginning AWS keeps for itself; all begin with the platform's, so it is told there."""
    kept = {
        (item.what, beginning): None
        for item in named(platform, environment)
        for beginning in KEPT_BEGINNINGS.get(item.what, ())
        if item.name.startswith(beginning)
    }
    return [
        Problem(
            PLATFORM,
            f"{platform.name!r} would begin the names of {what}s with {beginning!r}, which AWS keeps for itself; "
            f"call it {names.without_beginning(platform.name, beginning)!r}, or something else",
        )
        for what, beginning in kept
    ]


def find_shared_names(platform: Platform, environment: str) -> list[Problem]:
    """Problems for names that two parts would have. They do not say the name, which differs by environment."""
    first: dict[tuple[str, str], Place] = {}
    shared: dict[tuple[Place, Place], dict[str, None]] = {}
    for item in named(platform, environment):
        owner = first.setdefault((item.what, item.name), item.path)
        if owner != item.path and not _is_one_name(owner, item.path):
            shared.setdefault((item.path, owner), {})[item.what] = None
    return [
        Problem(path, f"its {' and '.join(kinds)} would have the same name as {_whose(owner)}; rename one of the two")
        for (path, owner), kinds in shared.items()
    ]


def named(platform: Platform, environment: str) -> Iterator[Named]:
    """Everything that gets a name of its own, with AWS's limit.

    The log group of the gateway has a place of its own, and load balancers after the first one only a number more.
    """
    base = (platform.name, environment)
    account = platform.environment(environment).account or "0" * 12
    yield Named(PLATFORM, "load balancer", names.load_balancer(*base), 32)
    yield Named(PLATFORM, "bucket", names.state_bucket(*base, account), 63)
    for owner in ("link", "load-balancer"):  # the gateway's
        yield Named(PLATFORM, "security group", names.security_group(*base, owner), 255)
    yield from _services(platform, base, environment)
    yield from _functions(platform, base, environment)
    yield from _listeners(platform, base)
    yield from _data(platform, base, account)
    yield from _parameters(platform, environment)


def _services(platform: Platform, base: tuple[str, str], environment: str) -> Iterator[Named]:
    for name, service in platform.services.items():
        at: Place = ("services", name)
        yield Named(at, "role", names.role(*base, name, "execution"), 64)
        yield Named(at, "role", names.role(*base, name, "task"), 64)
        yield Named(at, "security group", names.security_group(*base, name), 255)
        yield Named(at, "repository", names.repository(*base, name), 256)
        yield Named(at, "log group", names.log_group(environment, name), 512)
        if service.routes:
            yield Named(at, "target group", names.target_group(*base, name), 32)
        for process in (one for one in service.processes if one != "release"):  # that one is refused by `parts.py`
            here = (*at, "processes", process)
            yield Named(here, "ECS service", names.ecs_service(name, process), 255)
            yield Named(here, "task family", names.task_family(*base, name, process), 255)
        if service.release is not None:
            yield Named((*at, "release"), "task family", names.task_family(*base, name, "release"), 255)
        yield from _schedules(name, service, base)


def _schedules(name: str, service: Service, base: tuple[str, str]) -> Iterator[Named]:
    if service.schedules:
        yield Named(("services", name), "role", names.role(*base, name, "schedule"), 64)
    for schedule in service.schedules:
        here = ("services", name, "schedules", schedule)
        yield Named(here, "schedule", names.service_schedule(*base, name, schedule), 64)
        if schedule not in service.processes and schedule != "release":  # that is refused by `parts.py`
            yield Named(here, "task family", names.task_family(*base, name, schedule), 255)
            yield Named(here, "task family", names.live_family(*base, name, schedule), 255)


def _functions(platform: Platform, base: tuple[str, str], environment: str) -> Iterator[Named]:
    for name, function in platform.functions.items():
        at: Place = ("functions", name)
        yield Named(at, "Lambda function", names.function(*base, name), 64)
        yield Named(at, "role", names.role(*base, name, "function"), 64)
        yield Named(at, "log group", names.log_group(environment, name), 512)
        if any(used in platform.databases or used in platform.caches for used in function.uses):  # in the network then
            yield Named(at, "security group", names.security_group(*base, name), 255)
        if function.schedule:
            yield Named(at, "role", names.role(*base, name, "schedule"), 64)
            yield Named(at, "schedule", names.schedule(*base, name), 64)


def _listeners(platform: Platform, base: tuple[str, str]) -> Iterator[Named]:
    for topic in platform.topics:
        yield Named(("topics", topic), "topic", names.topic(*base, topic), 256)
    for kind, listener, part in platform.with_code():
        for topic in part.on:
            at = (kind, listener, "on", part.on.index(topic))
            yield Named(at, "queue", names.queue(*base, topic, listener), 80)
            yield Named(at, "queue", names.dead_letter_queue(*base, topic, listener), 80)


def _data(platform: Platform, base: tuple[str, str], account: str) -> Iterator[Named]:
    for name in platform.databases:
        yield Named(("databases", name), "RDS instance", names.database(*base, name), 63)
        yield Named(("databases", name), "security group", names.security_group(*base, name, "database"), 255)
    for name in platform.caches:
        yield Named(("caches", name), "ElastiCache group", names.cache(*base, name), 40)
        yield Named(("caches", name), "security group", names.security_group(*base, name, "cache"), 255)
    for name, bucket in platform.buckets.items():
        yield Named(("buckets", name), "bucket", names.bucket(*base, name, account), 63)
        if bucket.public_read:
            yield Named(("buckets", name), "distribution", names.distribution(*base, name), 64)
    for name in platform.sites:
        yield Named(("sites", name), "bucket", names.site_bucket(*base, name, account), 63)
        yield Named(("sites", name), "distribution", names.distribution(*base, name), 64)


def _parameters(platform: Platform, environment: str) -> Iterator[Named]:
    for name in platform.services:
        yield Named(("services", name), "parameter", names.parameter(environment, name, "SECRET_KEY"), 1011)
    for name in platform.databases:
        for key in ("URL", "PASSWORD"):
            path = names.parameter(environment, f"databases/{name}", key)
            yield Named(("databases", name), "parameter", path, 1011)


def _is_one_name(one: Place, other: Place) -> bool:
    """Whether it is two kinds of things with one name, which `rules.py` tells once for all that is named after them."""
    return one[0] != other[0] and one[1:2] == other[1:2]


def _whose(owner: Place) -> str:
    return "one of Homeport's own" if owner == PLATFORM else f"that of {render_path(owner)}"
