"""What holds data → instance hours, disks, backups, nodes, buckets and what is served from them.

Where the layout shares databases and caches, small ones move together onto servers with half of their memory in sum.
"""

import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml

from homeport.cost import assumptions as assume
from homeport.cost.line import HOURS, Amount, Use, amount_of, fixed
from homeport.cost.place import Place
from homeport.model.platform import Database

SMALL_GIB = 4.0  # databases up to this memory share a server
SERVER_GIB = 8.0
TOGETHER = 0.5  # memory of servers for each byte of the databases' own
DATABASE_CLASSES = ("db.t4g.micro", "db.t4g.small", "db.t4g.medium", "db.t4g.large")
SMALL_CACHE_GIB = 3.09
CACHE_CLASSES = ("cache.t4g.micro", "cache.t4g.small", "cache.t4g.medium", "cache.m7g.large", "cache.r7g.large")
LAST_UNSUPPORTED = 13  # PostgreSQL up to here is in Extended Support


@cache
def instances() -> dict[str, tuple[float, int]]:
    """Memory in GiB and vCPUs of instance classes."""
    document = yaml.safe_load(Path(__file__).with_name("instances.yml").read_text(encoding="utf-8"))
    return {name: (memory, cpus) for name, (memory, cpus) in document.items()}


def memory_gib(size: str) -> float:
    """Of an instance class; infinite if it is not known."""
    return instances().get(size, (math.inf, 0))[0]


def instance_uses(size: str, standby: bool, part: str = "", hours: float = HOURS, note: str = "") -> list[Use]:
    """Hours of a PostgreSQL instance; a standby is one more of it."""
    item = f"PostgreSQL {size}{' with a standby' if standby else ''}"
    amount = fixed((2 if standby else 1) * hours)
    return [Use(price=f"rds.{size}", amount=amount, item=item, kind="databases", part=part, note=note)]


def disk_uses(gb: Amount, standby: bool, part: str = "") -> list[Use]:
    """Of a gp3 disk; a standby has one too."""
    amount = gb.times(2 if standby else 1)
    item = f"disk{' and that of the standby' if standby else ''}"
    return [Use(price="rds.gp3", amount=amount, item=item, kind="databases", part=part)]


def extended_support_uses(version: str, size: str, standby: bool, part: str = "", hours: float = HOURS) -> list[Use]:
    """What PostgreSQL costs on top once its community has stopped to care for it."""
    if int(version.split(".")[0]) > LAST_UNSUPPORTED:
        return []
    cpus = instances().get(size, (0, 2))[1] * (2 if standby else 1)
    item = f"Extended Support of PostgreSQL {version}"
    note = "upgrade before the move: the price doubles in the third year"
    amount = fixed(cpus * hours)
    return [Use(price="rds.extended-support", amount=amount, item=item, kind="databases", part=part, note=note)]


def node_uses(size: str, nodes: int, part: str = "", note: str = "") -> list[Use]:
    """Valkey nodes: the primary and its replicas."""
    item = f"Valkey {size}, {nodes} node{'s' if nodes > 1 else ''}"
    amount = fixed(nodes * HOURS)
    return [Use(price=f"valkey.{size}", amount=amount, item=item, kind="caches", part=part, note=note)]


def serverless_cache_uses(count: Amount, part: str = "") -> list[Use]:
    """Valkey without servers, at the least that is billed: 100 MB each."""
    item = "Valkey serverless, smallest"
    return [Use(price="valkey.serverless.minimum", amount=count, item=item, kind="caches", part=part)]


def image_uses(gb: Amount, part: str = "") -> list[Use]:
    """Images of containers, kept in ECR."""
    return [Use(price="ecr.gb", amount=gb, item="images", kind="storage", part=part)]


def data_uses(place: Place) -> Iterator[Use]:
    """Databases, caches, buckets and sites."""
    yield from _databases(place)
    yield from _caches(place)
    yield from _buckets(place)
    yield from _sites(place)
    for name in place.platform.services:
        yield from image_uses(place.measured(None, assume.IMAGES_GB), name)


def _buckets(place: Place) -> Iterator[Use]:
    """What a private one serves goes straight to the internet; a public one is behind CloudFront."""
    for name, bucket in place.platform.buckets.items():
        usage = place.data(name)
        stored = place.measured(usage.storage_gb, assume.BUCKET_GB)
        requests = place.measured(usage.requests, assume.BUCKET_REQUESTS)
        yield Use(price="s3.gb", amount=stored, item="objects", kind="storage", part=name)
        yield Use(price="s3.put", amount=requests.times(0.1), item="requests that write", kind="storage", part=name)
        yield Use(price="s3.get", amount=requests.times(0.9), item="requests that read", kind="storage", part=name)
        if bucket.public_read:
            yield from _served(place.measured(usage.served_gb, assume.SITE_GB), requests.times(0.9), name)
        else:
            gb = place.measured(usage.served_gb, assume.BUCKET_SERVED_GB)
            yield Use(price="transfer.out", amount=gb, item="downloads", kind="network", part=name)


def _sites(place: Place) -> Iterator[Use]:
    for name in place.platform.sites:
        usage = place.data(name)
        stored = place.measured(usage.storage_gb, assume.SITE_STORED_GB)
        yield Use(price="s3.gb", amount=stored, item="files", kind="storage", part=name)
        served = place.measured(usage.served_gb, assume.SITE_GB)
        yield from _served(served, place.measured(usage.requests, assume.SITE_REQUESTS), name)


def _served(gb: Amount, requests: Amount, name: str) -> Iterator[Use]:
    yield Use(price="cloudfront.gb", amount=gb, item="CloudFront: bytes", kind="storage", part=name)
    yield Use(price="cloudfront.request", amount=requests, item="CloudFront: requests", kind="storage", part=name)


def _databases(place: Place) -> Iterator[Use]:
    small = {
        name: database for name, database in place.platform.databases.items() if memory_gib(database.size) <= SMALL_GIB
    }
    shared = small if place.layout.sharing == "data" and len(small) > 1 else {}
    for name, database in place.platform.databases.items():
        if name not in shared:
            note = "sleeps with the environment" if place.hours < HOURS else ""
            yield from instance_uses(database.size, place.is_high, name, place.hours, note)
            yield from extended_support_uses(database.version, database.size, place.is_high, name, place.hours)
        yield from disk_uses(_disk(place, name, database), place.is_high, name)
        yield Use(
            price="rds.backup",
            amount=_backup(place, name, database),
            item="backups beyond the free ones",
            kind="databases",
            part=name,
        )
    if shared:
        needed = sum(instances()[database.size][0] for database in shared.values()) * TOGETHER
        note = f"{len(shared)} databases together: {', '.join(shared)}"
        for size in _servers(needed, DATABASE_CLASSES, SERVER_GIB):
            yield from instance_uses(size, place.is_high, "", place.hours, note)


def _disk(place: Place, name: str, database: Database) -> Amount:
    """What is declared; more where more is stored, as the disk grows by itself."""
    measured = place.data(name).storage_gb
    if measured is None:
        return fixed(database.storage_gb)
    stored = amount_of(measured)
    if stored.high <= database.storage_gb:
        return fixed(database.storage_gb)
    return stored.at_least(database.storage_gb)


def _backup(place: Place, name: str, database: Database) -> Amount:
    return place.measured(place.data(name).backup_gb, assume.BACKUP_RATIO.times(database.storage_gb))


def _caches(place: Place) -> Iterator[Use]:
    caches = place.platform.caches
    sizes = {name: memory_gib(declared.size) for name, declared in caches.items()}
    shared = [name for name in caches if sizes[name] <= SMALL_CACHE_GIB]
    if place.layout.sharing != "data" or len(shared) < 2:
        shared = []
    for name, declared in caches.items():
        if name not in shared:
            yield from node_uses(declared.size, 1 + declared.replicas, name)
    if shared:
        nodes = 1 + max(caches[name].replicas for name in shared)
        needed = sum(sizes[name] for name in shared) * TOGETHER
        note = f"{len(shared)} caches together: {', '.join(shared)}"
        for size in _servers(needed, CACHE_CLASSES, instances()[CACHE_CLASSES[-1]][0]):
            yield from node_uses(size, nodes, "", note)


def _servers(needed: float, classes: tuple[str, ...], largest: float) -> list[str]:
    """The smallest class that is enough, or several of the largest."""
    for size in classes:
        if instances()[size][0] >= needed:
            return [size]
    return [classes[-1]] * math.ceil(needed / largest)
