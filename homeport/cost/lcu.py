"""Load balancer capacity units: what an application load balancer bills besides its hours.

An LCU-hour is the largest of four dimensions, each measured over the hour and divided by what one unit holds
(https://aws.amazon.com/elasticloadbalancing/pricing/). Rates and volumes are first brought to the same hour: a month's
gigabytes divided by 1 GB would be a number of LCU-hours, but a rate per second divided by 25 is not.
"""

from dataclasses import dataclass

from homeport.cost.line import HOURS

CONNECTIONS_PER_SECOND = 25.0
ACTIVE_PER_MINUTE = 3000.0
GB_PER_HOUR = 1.0
GB_PER_HOUR_FUNCTIONS = 0.4  # to Lambda targets
RULES_PER_SECOND = 1000.0
FREE_RULES = 10


@dataclass(frozen=True)
class Load:
    """What passes a load balancer, on average over an hour."""

    new_connections_per_second: float = 0.0
    active_connections_per_minute: float = 0.0
    gb_per_hour: float = 0.0
    gb_per_hour_functions: float = 0.0
    requests_per_second: float = 0.0
    rules_per_request: float = 0.0


def lcus(load: Load) -> float:
    """LCUs of an hour of this load."""
    evaluated = load.requests_per_second * max(0.0, load.rules_per_request - FREE_RULES)
    return max(
        load.new_connections_per_second / CONNECTIONS_PER_SECOND,
        load.active_connections_per_minute / ACTIVE_PER_MINUTE,
        load.gb_per_hour / GB_PER_HOUR + load.gb_per_hour_functions / GB_PER_HOUR_FUNCTIONS,
        evaluated / RULES_PER_SECOND,
    )


def load_of_requests(per_month: float, response_kb: float, duration_ms: float) -> Load:
    """The load that a month's requests are, at worst: each opens a connection of its own."""
    per_second = per_month / (HOURS * 3600)
    return Load(
        new_connections_per_second=per_second,
        active_connections_per_minute=per_second * (60 + duration_ms / 1000),
        gb_per_hour=per_month * response_kb / 1e6 / HOURS,
        requests_per_second=per_second,
    )
