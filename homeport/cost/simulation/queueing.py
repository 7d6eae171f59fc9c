"""Load and servers → the chance of waiting, and for how long.

Erlang's formulas by the recursion that never leaves [0, 1], so that thousands of servers are as exact as two. Waits of
M/G/c by Allen and Cunneen: those of M/M/c times (ca² + cs²) / 2 (A. O. Allen, Probability, Statistics and Queueing
Theory, 2nd ed. 1990, section 5.3).
"""

import numpy as np
import numpy.typing as npt

from homeport.cost.simulation.service_time import Floats

Ints = npt.NDArray[np.int64]
# Mean over [0, T] of a reflected Brownian motion without drift that starts at 0, in units of sigma * sqrt(T):
# E|B(t)| = sqrt(2 t / pi), averaged: 2/3 * sqrt(2 / pi).
BUILD_UP = 2 / 3 * np.sqrt(2 / np.pi)


def erlang_b(servers: Ints, load: Floats) -> Floats:
    """Share of arrivals that find all servers busy and are turned away; `load` in Erlang, arrays of one shape."""
    order = np.argsort(-servers, kind="stable")
    count, offered = servers[order], load[order]
    blocked = np.ones(len(count))
    for number in range(1, int(count[0]) + 1 if len(count) else 0):
        last = np.searchsorted(-count, -number, side="right")  # those with at least `number` servers
        carried = offered[:last] * blocked[:last]
        blocked[:last] = carried / (number + carried)
    result = np.empty_like(blocked)
    result[order] = blocked
    return result


def erlang_c(servers: Ints, rho: Floats) -> Floats:
    """Share of requests that wait, of M/M/c with c = `servers` ≥ 1, each busy `rho` of the time; 1 from rho = 1 on."""
    below = np.minimum(rho, 1.0)
    blocked = erlang_b(servers, below * servers)
    return np.where(rho >= 1.0, 1.0, blocked / np.where(rho >= 1.0, 1.0, 1.0 - below * (1.0 - blocked)))


def mean_wait_of_those_who_wait(capacity: Floats, rho: Floats, service_seconds: float, scv: float) -> Floats:
    """Seconds, of M/G/c with Poisson arrivals; `capacity` is the number of servers, not necessarily whole. rho < 1."""
    return service_seconds / (capacity * (1.0 - rho)) * (1.0 + scv) / 2


def mean_build_up(rate: Floats, seconds: Floats, capacity: Floats, service_seconds: float, scv: float) -> Floats:
    """The wait in seconds that chance alone builds up in `seconds` at a full load of `rate` requests a second.

    Near rho = 1 a stationary queue would need hours to form; a queue that had only minutes is no longer than this.
    """
    requests: Floats = BUILD_UP * np.sqrt((1.0 + scv) * rate * seconds)
    return requests * service_seconds / capacity
