"""The autoscaling simulation: a year of one-minute steps for 50 services, each with settings of its own."""

import time
from datetime import UTC, datetime

import numpy as np

from homeport.cost.simulation.replay import Row, replay
from homeport.cost.simulation.service_time import lognormal
from homeport.cost.simulation.settings import Settings, Workload
from tests.bench.bars import bar

TARGET_SECONDS, SERVICES, YEAR = 5.0, 50, 365 * 1440


def year(number: int) -> Workload:
    """A year with days, weeks and chance; every service's peak lies elsewhere. Seeded."""
    minute = np.arange(YEAR)
    day = 1.1 + np.sin(2 * np.pi * (minute - 360 - 10 * number) / 1440)
    mean = 300 * (1 + number % 7) * day * (1 + 0.3 * np.sin(2 * np.pi * minute / 10080))
    requests = np.random.default_rng(number).poisson(mean).astype(float)
    return Workload(f"service-{number}", datetime(2026, 1, 1, tzinfo=UTC), requests, lognormal(80, 400 + number))


def rows(services: int = SERVICES) -> list[Row]:
    """Each service with settings of its own."""
    return [(year(number), Settings(512, 1024, 4, 1, 20, 50 + number % 4 * 10)) for number in range(services)]


def measure(chosen: list[Row], rounds: int = 3) -> tuple[float, float]:
    """Seconds of the clock and of the CPU for one replay: the best of several rounds."""
    return min(_seconds(chosen) for _ in range(rounds))


def main() -> None:
    """Print seconds and minutes a second, and how they compare with the target."""
    chosen = rows()
    seconds, cpu_seconds = measure(chosen)
    print(f"simulation, a year of minutes, {SERVICES} services: {seconds:.2f} s, {cpu_seconds:.2f} s of CPU")
    bar("simulation, a year of minutes", seconds, "s", at_most=TARGET_SECONDS)


def _seconds(chosen: list[Row]) -> tuple[float, float]:
    start, cpu_start = time.perf_counter(), time.process_time()
    replay(chosen)
    return time.perf_counter() - start, time.process_time() - cpu_start


if __name__ == "__main__":
    main()
