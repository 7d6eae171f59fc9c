"""Scales, ticks and paths of the plots."""

import math

import numpy as np
import pytest

from homeport.cost.simulation.plots import Line, Scale, log_ticks, render_over_time, ticks


@pytest.mark.parametrize("highest", [0.013, 0.9, 1, 4, 7.2, 99, 100, 101, 12_345, 8e6])
def test_ticks_are_few_round_and_reach_the_top(highest: float) -> None:
    found = ticks(highest)
    assert found[0] == 0 and found[-1] >= highest * (1 - 1e-9) and 3 <= len(found) <= 6
    step = found[1] / 10 ** math.floor(math.log10(found[1]) + 1e-9)
    assert any(math.isclose(step, round_one) for round_one in (1, 2, 2.5, 5, 10))


def test_logarithmic_ticks_lie_within_the_range() -> None:
    assert log_ticks(90, 2500) == [100, 200, 500, 1000, 2000]


def test_a_scale_puts_its_ends_at_its_ends() -> None:
    assert [Scale(0, 10, 100, 0).at(value) for value in (0, 5, 10)] == [100, 50, 0]
    assert Scale(10, 1000, 0, 100, is_log=True).at(100) == pytest.approx(50)
    assert Scale(10, 1000, 0, 100, is_log=True).at(0) == 0


def test_a_line_breaks_where_there_is_no_value() -> None:
    values = np.array([1.0, 2.0, np.nan, 3.0])
    plot = render_over_time("x", "X", [Line("a", "aws", values)], [])
    path = plot.split('class="aws" d="')[1].split('"')[0]
    assert path.count("M") == 2 and path.count("L") == 1


def test_a_plot_of_nothing_is_still_a_plot() -> None:
    plot = render_over_time("x", "X & Y", [Line("a", "aws", np.full(3, np.nan))], [(0.0, "<now>")])
    assert "X &amp; Y" in plot and "&lt;now&gt;" in plot and "nan" not in plot
