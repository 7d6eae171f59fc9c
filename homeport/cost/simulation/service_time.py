"""How long a request takes when it need not wait: a lognormal from two percentiles, or what a log measured.

Both become a survival function on one grid of times, so that everything later is array arithmetic.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from homeport.errors import HomeportError
from homeport.model.usage import TAIL, Z95

Floats = npt.NDArray[np.float64]
PER_DECADE = 100
GRID: Floats = 10.0 ** (np.arange(-4 * PER_DECADE, 3 * PER_DECADE + 1) / PER_DECADE)  # 0.1 ms to 1000 s
CELLS: Floats = np.concatenate([GRID[:1], np.sqrt(GRID[1:] * GRID[:-1]), GRID[-1:]])  # one time for each cell of GRID


@dataclass(frozen=True, eq=False)
class ServiceTime:
    """A distribution of seconds. `survival[i]` is the share of requests that take longer than `GRID[i]`."""

    mean: float
    scv: float  # squared coefficient of variation: variance / mean²
    survival: Floats = field(repr=False)
    source: str = ""

    @cached_property
    def masses(self) -> Floats:
        """Share of requests between two neighbours of the grid; the first holds what is below it, too."""
        return -np.diff(self.survival, prepend=1.0, append=0.0)

    def percentile(self, share: float) -> float:
        """Seconds that `share` (0 to 1) of the requests do not exceed."""
        return float(percentiles(self.survival, (share,))[0])

    def stretched(self, factor: float) -> "ServiceTime":
        """The same, with every request `factor` times as long."""
        if factor == 1.0:
            return self
        survival = np.interp(np.log(GRID / factor), np.log(GRID), self.survival, left=1.0, right=0.0)
        return replace(self, mean=self.mean * factor, survival=survival)


def lognormal(p50_ms: float, p95_ms: float, source: str = "") -> ServiceTime:
    """Of router metrics, which give the two percentiles.

    Raises HomeportError unless 0 < p50 ≤ p95 and both are within 0.1 ms and 100 s.
    """
    if not (0.1 <= p50_ms <= p95_ms <= 100_000):
        raise HomeportError(
            f"service time: p50 is {p50_ms:g} ms and p95 {p95_ms:g} ms; expected 0.1 ≤ p50 ≤ p95 ≤ 100,000",
            "homeport simulate --service-time P50 P95, as Heroku's metrics show them",
        )
    sigma = math.log(p95_ms / p50_ms) / Z95
    median = p50_ms / 1000
    if sigma < 1e-6:
        return constant(median, source)
    z = (np.log(GRID) - math.log(median)) / (sigma * math.sqrt(2))
    survival = np.array([math.erfc(value) / 2 for value in z])
    return ServiceTime(median * math.exp(sigma**2 / 2), math.expm1(sigma**2), survival, source)


def of_mean(mean_ms: float, source: str = "") -> ServiceTime:
    """Of an average alone: a lognormal whose p95 is four times its p50, as web applications tend to have it."""
    sigma = math.log(TAIL) / Z95
    p50_ms = min(max(mean_ms / math.exp(sigma**2 / 2), 0.1), 100_000 / TAIL)
    return lognormal(p50_ms, TAIL * p50_ms, source)


def exponential(mean_seconds: float) -> ServiceTime:
    """The M of M/M/c; for comparison with queueing theory."""
    return ServiceTime(mean_seconds, 1.0, np.exp(-GRID / mean_seconds))


def constant(seconds: float, source: str = "") -> ServiceTime:
    """Every request alike."""
    return ServiceTime(seconds, 0.0, (seconds > GRID).astype(float), source)


def empirical(counts: Floats, total_seconds: float, total_squares: float, source: str = "") -> ServiceTime:
    """From a histogram of a log: `counts[i]` requests are in cell i of `cells_of`; the sums give the exact moments."""
    number = float(counts.sum())
    if number == 0 or total_seconds <= 0:
        raise HomeportError(f"{source}: no request has a duration", "homeport simulate --service-time P50 P95")
    mean = total_seconds / number
    survival = 1.0 - np.cumsum(counts)[:-1] / number
    return ServiceTime(mean, max(0.0, total_squares / number / mean**2 - 1.0), np.clip(survival, 0, 1), source)


def mixture(parts: Sequence[tuple[float, ServiceTime]], source: str = "") -> ServiceTime:
    """Several kinds of requests together, each with its weight."""
    total = sum(weight for weight, _ in parts)
    mean = sum(weight * part.mean for weight, part in parts) / total
    square = sum(weight * (part.scv + 1) * part.mean**2 for weight, part in parts) / total
    survival = np.zeros(len(GRID))
    for weight, part in parts:
        survival += part.survival * (weight / total)
    return ServiceTime(mean, max(0.0, square / mean**2 - 1.0), survival, source)


def cells_of(seconds: Floats) -> npt.NDArray[np.intp]:
    """Cells of `empirical`'s histogram: 0 is below the grid, `len(GRID)` above."""
    return np.searchsorted(GRID, seconds * (1 - 1e-12))


def percentiles(survival: Floats, shares: tuple[float, ...]) -> Floats:
    """Seconds by `shares`, interpolated on the logarithm of time; `survival` is on GRID. inf beyond its end."""
    log_grid = np.log(GRID)
    tails = 1.0 - np.array(shares)
    found = np.exp(np.interp(-tails, -survival, log_grid))
    return np.where(tails < survival[-1], np.inf, found)
