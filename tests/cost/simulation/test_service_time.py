"""Distributions of service times."""

import numpy as np
import pytest

from homeport.cost.simulation.service_time import (
    CELLS,
    GRID,
    cells_of,
    constant,
    empirical,
    exponential,
    lognormal,
    mixture,
    of_mean,
)
from homeport.errors import HomeportError


def test_a_lognormal_has_the_percentiles_that_it_is_made_of() -> None:
    found = lognormal(80, 400)
    assert [found.percentile(share) for share in (0.5, 0.95)] == pytest.approx([0.080, 0.400], rel=1e-3)


def test_a_lognormal_has_the_moments_of_its_samples() -> None:
    found = lognormal(80, 400)
    samples = np.random.default_rng(1).lognormal(np.log(0.080), np.sqrt(np.log1p(found.scv)), 2_000_000)
    assert found.mean == pytest.approx(samples.mean(), rel=0.01)
    assert found.scv == pytest.approx(samples.var() / samples.mean() ** 2, rel=0.05)


def test_equal_percentiles_are_a_constant() -> None:
    found = lognormal(100, 100)
    assert (found.mean, found.scv) == (0.1, 0.0)


@pytest.mark.parametrize(("p50", "p95"), [(0, 100), (100, 50), (-1, 5), (float("nan"), 100), (100, 1e9)])
def test_percentiles_that_cannot_be_are_refused(p50: float, p95: float) -> None:
    with pytest.raises(HomeportError, match="service time: p50 is"):
        lognormal(p50, p95)


def test_an_average_alone_keeps_its_mean() -> None:
    assert of_mean(120).mean == pytest.approx(0.120)
    assert of_mean(0.0001).mean > 0


def test_stretching_stretches_everything() -> None:
    found = lognormal(80, 400).stretched(2.5)
    assert found.mean == pytest.approx(lognormal(200, 1000).mean)
    assert [found.percentile(share) for share in (0.5, 0.95)] == pytest.approx([0.2, 1.0], rel=1e-3)


def test_masses_add_up_to_the_mean() -> None:
    for found in (exponential(0.2), lognormal(80, 400)):
        assert found.masses.sum() == pytest.approx(1)
        assert (found.masses * CELLS).sum() == pytest.approx(found.mean, rel=0.001)


@pytest.mark.parametrize("seconds", [1e-9, 1e-4, 0.0123, 1.0, 0.999999, 29.5, 1000.0, 5000.0])
def test_a_cell_holds_what_is_above_its_left_neighbour(seconds: float) -> None:
    cell = int(cells_of(np.array([seconds]))[0])
    assert cell == len(GRID) or seconds <= GRID[cell] * (1 + 1e-9)
    assert cell == 0 or seconds > GRID[cell - 1] * (1 - 1e-9)


def test_a_histogram_keeps_exact_moments() -> None:
    samples = np.random.default_rng(2).exponential(0.3, 20_000)
    counts = np.bincount(cells_of(samples), minlength=len(GRID) + 1).astype(float)
    found = empirical(counts, float(samples.sum()), float((samples**2).sum()), "log")
    assert found.mean == pytest.approx(samples.mean()) and found.scv == pytest.approx(1.0, rel=0.05)
    assert found.percentile(0.95) == pytest.approx(np.quantile(samples, 0.95), rel=0.02)


def test_no_duration_at_all_is_said() -> None:
    with pytest.raises(HomeportError, match="no request has a duration"):
        empirical(np.zeros(len(GRID) + 1), 0.0, 0.0, "log")


def test_a_mixture_has_the_moments_of_its_parts() -> None:
    found = mixture([(3.0, constant(0.1)), (1.0, constant(0.5))])
    assert found.mean == pytest.approx(0.2)
    assert found.scv == pytest.approx((0.75 * 0.01 + 0.25 * 0.25) / 0.04 - 1)
