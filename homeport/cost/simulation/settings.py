"""What is replayed (`Workload`) against what (`Settings`), and what a task of a size can do with it.

A request's service time is part computing (`cpu_share`), part waiting for databases and others. On less than a core its
computing is stretched; more workers than the CPU can feed add no capacity:

    stretch = (1 - cpu_share) + cpu_share / min(1, cores)
    slots   = min(workers, cores × stretch / cpu_share)         requests at a time
"""

from dataclasses import dataclass, field
from datetime import datetime

from homeport.cost.simulation.service_time import Floats, ServiceTime

VCPU = 1024  # CPU units


@dataclass(frozen=True, eq=False)
class Workload:
    """Requests in each minute from `start` on, and their service time on one full core."""

    name: str
    start: datetime
    minutes: Floats = field(repr=False)
    service: ServiceTime
    cpu_share: float = 0.5


@dataclass(frozen=True)
class Settings:
    """A size and how many of it. Fixed if there is no target; then `min` = `max`."""

    cpu: int = 256  # units, 1024 are a vCPU
    memory_mb: int = 512
    workers: int = 2  # of one task, each serving one request at a time
    min: int = 1
    max: int = 1
    target: float | None = None  # percent of CPU, or requests a minute for each task
    by_requests: bool = False  # ALBRequestCountPerTarget instead of ECSServiceAverageCPUUtilization

    @property
    def cores(self) -> float:
        """vCPU of one task."""
        return self.cpu / VCPU


@dataclass(frozen=True)
class Prices:
    """US dollars: of a task hour by size (Fargate bills vCPU and GB by the second). 730 hours are a month."""

    vcpu_hour_usd: float
    gb_hour_usd: float
    source: str = "given"

    def task_hour_usd(self, cpu: int, memory_mb: int) -> float:
        """Of one task."""
        return cpu / VCPU * self.vcpu_hour_usd + memory_mb / 1024 * self.gb_hour_usd


def stretch(cpu_share: float, cores: float) -> float:
    """How many times longer a request takes on so many cores than on a full one."""
    return 1.0 - cpu_share + cpu_share / min(1.0, cores)


def slots(settings: Settings, cpu_share: float) -> float:
    """Requests that one task serves at a time."""
    if cpu_share <= 0:
        return float(settings.workers)
    return min(float(settings.workers), settings.cores * stretch(cpu_share, settings.cores) / cpu_share)


def cpu_percent_each(workload: Workload, settings: Settings) -> float:
    """CPU utilisation of a task that serves one request a minute."""
    return 100 * workload.cpu_share * workload.service.mean / 60 / settings.cores
