"""Erlang's formulas against sums of states, closed forms and an asymptotic law."""

import math
from fractions import Fraction

import numpy as np
import pytest

from homeport.cost.simulation.queueing import erlang_b, erlang_c, mean_wait_of_those_who_wait


def erlang_c_of(servers: int, rho: float) -> float:
    return float(erlang_c(np.array([servers]), np.array([rho]))[0])


def states(servers: int, rho: Fraction, length: int) -> list[Fraction]:
    """The chance of each number of requests in M/M/c, exactly, from the balance of its states (not normalised)."""
    chances = [Fraction(1)]
    for number in range(1, length):
        chances.append(chances[-1] * servers * rho / min(number, servers))
    return chances


@pytest.mark.parametrize("rho", [0.1, 0.5, 0.9, 0.999])
def test_one_server_makes_wait_as_often_as_it_is_busy(rho: float) -> None:
    assert erlang_c_of(1, rho) == pytest.approx(rho)


@pytest.mark.parametrize("rho", [0.2, 0.6, 0.95])
def test_two_servers_have_their_closed_form(rho: float) -> None:
    assert erlang_c_of(2, rho) == pytest.approx(2 * rho**2 / (1 + rho))


@pytest.mark.parametrize("servers", [3, 5, 10, 40, 100])
@pytest.mark.parametrize("rho", [Fraction(1, 3), Fraction(4, 5), Fraction(19, 20)])
def test_waiting_is_the_sum_of_the_states_with_all_servers_busy(servers: int, rho: Fraction) -> None:
    below = states(servers, rho, servers)
    waiting = below[-1] * rho / (1 - rho)  # a geometric series from state `servers` on
    assert erlang_c_of(servers, float(rho)) == pytest.approx(float(waiting / (sum(below) + waiting)), rel=1e-9)


@pytest.mark.parametrize(("servers", "load", "blocked"), [(1, 1.0, 0.5), (10, 5.0, 0.018385), (20, 15.0, 0.045593)])
def test_blocking_is_as_in_the_tables(servers: int, load: float, blocked: float) -> None:
    assert erlang_b(np.array([servers]), np.array([load]))[0] == pytest.approx(blocked, abs=1e-6)


def test_ten_thousand_servers_follow_the_law_of_halfin_and_whitt() -> None:
    servers, beta = 10_000, 1.0  # rho = 1 - beta / sqrt(c); Operations Research 29 (1981), 567-588
    density = math.exp(-(beta**2) / 2) / math.sqrt(2 * math.pi)
    below = (1 + math.erf(beta / math.sqrt(2))) / 2
    limit = 1 / (1 + beta * below / density)
    assert erlang_c_of(servers, 1 - beta / math.sqrt(servers)) == pytest.approx(limit, rel=0.01)


@pytest.mark.parametrize(("servers", "rho"), [(1, 0.5), (4, 0.8), (16, 0.9)])
def test_the_mean_wait_keeps_littles_law(servers: int, rho: float) -> None:
    chances = np.array([float(chance) for chance in states(servers, Fraction(rho), 2000)])
    queue = (np.maximum(np.arange(2000) - servers, 0) * chances).sum() / chances.sum()
    service = 0.2
    wait = mean_wait_of_those_who_wait(np.array([float(servers)]), np.array([rho]), service, 1.0)[0]
    rate = rho * servers / service
    assert rate * erlang_c_of(servers, rho) * wait == pytest.approx(queue, rel=1e-6)


def test_one_server_and_constant_service_wait_half_as_long() -> None:
    constant, random = (mean_wait_of_those_who_wait(np.ones(1), np.array([0.7]), 1.0, scv)[0] for scv in (0.0, 1.0))
    assert constant == pytest.approx(random / 2)  # Pollaczek and Khinchine


def test_many_servers_of_different_number_are_computed_side_by_side() -> None:
    servers, rho = np.array([7, 1, 300, 2]), np.array([0.5, 0.9, 0.99, 1.5])
    expected = [erlang_c_of(int(count), float(share)) for count, share in zip(servers, rho, strict=True)]
    assert erlang_c(servers, rho) == pytest.approx(expected)
    assert expected[-1] == 1.0
