"""Heroku's sizes and plans → Fargate sizes, RDS instance classes, ElastiCache node types, gigabytes of disk.

Memory and cores: https://devcenter.heroku.com/articles/dyno-types, and the core counts that Heroku's Python buildpack
works with. A task never gets less memory than the dyno had, as far as Fargate goes.
"""

import math
import re
from collections.abc import Iterable

from homeport.heroku.records import DynoSize
from homeport.model.fargate import SIZES

# dyno → (CPU units, MiB, workers that the buildpack started)
DYNOS: dict[str, tuple[int, int, int]] = {
    "free": (256, 512, 2),
    "hobby": (256, 512, 2),
    "eco": (256, 512, 2),
    "basic": (256, 512, 2),
    "standard-1x": (256, 512, 2),
    "standard-2x": (512, 1024, 4),
    "performance-m": (2048, 4096, 5),
    "performance-l": (8192, 16384, 17),
    "performance-l-ram": (4096, 30720, 9),
    "performance-xl": (8192, 61440, 17),
    "performance-2xl": (16384, 122880, 33),
    "s": (512, 1024, 4),
    "m": (2048, 4096, 5),
    "l": (8192, 16384, 17),
    "l-ram": (4096, 30720, 9),
    "xl": (8192, 61440, 17),
    "2xl": (16384, 122880, 33),
    "dyno-1c-0.5gb": (256, 512, 2),
    "dyno-2c-1gb": (512, 1024, 4),
}
FIR = re.compile(r"^dyno-(\d+)c-(\d+(?:\.\d+)?)gb$")
SMALLER_THAN_DYNO = {"performance-xl", "performance-2xl", "xl", "2xl"}  # by 2 and 6 GB

POSTGRES_TIERS = {
    0: "db.t4g.medium",
    2: "db.m7g.large",
    3: "db.r6g.large",
    4: "db.r6g.xlarge",
    5: "db.r6g.2xlarge",
    6: "db.r6g.4xlarge",
    7: "db.r6g.8xlarge",
    8: "db.r6g.16xlarge",
    9: "db.r6i.24xlarge",
    10: "db.r6i.24xlarge",
}
SMALLEST_DATABASE, SMALLEST_CACHE = "db.t4g.micro", "cache.t4g.micro"
STORAGE_MIN, STORAGE_HEADROOM = 20, 1.5

# https://devcenter.heroku.com/articles/heroku-redis, memory of the plans in MB
CACHE_PLANS_MB = {
    "mini": 25,
    "hobby-dev": 25,
    "0": 50,
    "1": 100,
    "2": 250,
    "3": 500,
    "5": 1_000,
    "7": 7_000,
    "9": 10_000,
    "10": 25_000,
    "12": 50_000,
    "14": 100_000,
}
# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html, memory in GiB
CACHE_NODES = (
    ("cache.t4g.micro", 0.5),
    ("cache.t4g.small", 1.37),
    ("cache.t4g.medium", 3.09),
    ("cache.m7g.large", 6.38),
    ("cache.m7g.xlarge", 12.93),
    ("cache.r7g.xlarge", 26.32),
    ("cache.r7g.2xlarge", 52.82),
    ("cache.r7g.4xlarge", 105.81),
    ("cache.r7g.8xlarge", 209.55),
)


def dyno_key(size: str) -> str:
    """`Standard-1X` → `standard-1x`; Private and Shield sizes lose their first word, and so do old spellings."""
    key = size.strip().lower()
    return {"1x": "standard-1x", "2x": "standard-2x", "px": "performance-l"}.get(
        key, re.sub(r"^(private|shield)-", "", key)
    )


def fargate_size(size: str, catalogue: Iterable[DynoSize] = ()) -> tuple[int, int, str]:
    """CPU units and MiB for a dyno size, and what is to be told of it (empty: nothing)."""
    key = dyno_key(size)
    if key in DYNOS:
        cpu, memory, _ = DYNOS[key]
        told = f"Fargate's largest memory for it, {memory // 1024} GB, is less than the dyno's"
        return cpu, memory, told if key in SMALLER_THAN_DYNO else ""
    if match := FIR.match(key):
        return _fitting(float(match[1]), float(match[2]))
    for known in catalogue:
        if known.name.lower() == size.strip().lower() and known.memory_gb:
            return _fitting(float(known.compute or 0), known.memory_gb)
    said = f"the dyno size {size!r} is not known" if size else "the dyno size is not known"
    return 256, 512, f"{said}; the smallest task is assumed"


def workers(size: str) -> int:
    """Web workers (`WEB_CONCURRENCY`) that Heroku's Python buildpack started on this size."""
    return DYNOS.get(dyno_key(size), (0, 0, 2))[2]


def database_class(plan: str) -> tuple[str, str]:
    """RDS instance class for a Heroku Postgres plan, and what is to be told of it."""
    match = re.match(r"^(standard|premium|private|shield|enterprise)-(?:l-|xl-)?(\d+)$", plan)
    if match and int(match[2]) in POSTGRES_TIERS:
        return POSTGRES_TIERS[int(match[2])], ""
    if plan.startswith(("essential-", "hobby-", "mini", "basic")):
        return SMALLEST_DATABASE, ""
    said = f"the plan {plan!r} is not known" if plan else "the plan is not known"
    return SMALLEST_DATABASE, f"{said}; the smallest instance is assumed"


def is_standby(plan: str) -> bool:
    """Whether Heroku keeps a standby for a database or cache of this plan."""
    return plan.startswith(("premium-", "private-", "shield-"))


def storage_gb(size_bytes: int | None, plan_bytes: int | None) -> int:
    """Disk with room to grow: half as much again, in tens of GB; without a measured size what the plan holds."""
    if size_bytes is not None:
        wanted = size_bytes / 1e9 * STORAGE_HEADROOM
    else:
        wanted = (plan_bytes or 0) / 1e9
    return min(65_536, max(STORAGE_MIN, math.ceil(wanted / 10) * 10))


def cache_node(plan: str, memory_bytes: int | None = None) -> tuple[str, str]:
    """ElastiCache node that holds what the plan held, with a quarter to spare, and what is to be told of it."""
    megabytes = CACHE_PLANS_MB.get(re.sub(r"^(premium|private|shield)-", "", plan))
    if memory_bytes:
        megabytes = max(1, memory_bytes // 1_000_000)
    if megabytes is None:
        said = f"the plan {plan!r} is not known" if plan else "the plan is not known"
        return SMALLEST_CACHE, f"{said}; the smallest node is assumed"
    needed = megabytes / 1000 * (1.25 if megabytes > 400 else 1)
    for node, memory in CACHE_NODES:
        if memory >= needed:
            return node, ""
    return CACHE_NODES[-1][0], f"no node holds {megabytes / 1000:.0f} GB; the largest is taken"


def _fitting(cores: float, memory_gb: float) -> tuple[int, int, str]:
    """The smallest Fargate size with at least these cores and this memory."""
    for cpu, sizes in SIZES.items():
        for memory in sizes:
            if cpu >= cores * 1024 and memory >= memory_gb * 1024:
                return cpu, memory, ""
    cpu = max(SIZES)
    return cpu, SIZES[cpu][-1], f"Fargate has nothing as large as {cores:g} cores with {memory_gb:g} GB"
