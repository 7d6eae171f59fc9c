"""Logs, alarms and dashboards."""

from collections.abc import Iterator

from homeport.cost import assumptions as assume
from homeport.cost.line import NOTHING, Amount, Use, fixed
from homeport.cost.place import Place
from homeport.cost.requests import access_log_gb

ALARMS_OF_A_POLICY = 2  # target tracking makes one for growing and one for shrinking


def log_uses(gb: Amount, item: str, part: str = "", stored: Amount | None = None) -> list[Use]:
    """Logs taken in, and kept for the 30 days of the modules: about what a month writes."""
    return [
        Use(price="logs.in", amount=gb, item=f"{item}, taken in", kind="watching", part=part),
        Use(price="logs.stored", amount=stored or gb, item=f"{item}, kept", kind="watching", part=part),
    ]


def alarm_uses(count: Amount, item: str, part: str = "") -> list[Use]:
    return [Use(price="cloudwatch.alarm", amount=count, item=item, kind="watching", part=part)]


def watching_uses(place: Place) -> Iterator[Use]:
    """What everything writes, and what is looked at."""
    for name in place.platform.services:
        yield from log_uses(service_logs(place, name), "logs", name)
    for name in place.platform.functions:
        written = place.service(name).log_gb
        logs = place.measured(written, assume.LOG_GB.times(assume.FUNCTION_SHARE))
        yield from log_uses(logs, "logs", name)
    for name in place.platform.databases:
        yield from log_uses(place.measured(None, assume.DATABASE_LOG_GB), "logs of PostgreSQL", name)
    yield from log_uses(access_log_gb(place), "access log of the API")
    for name, service in place.platform.services.items():
        scaled = sum(process.scale.max > process.scale.min for process in service.processes.values())
        yield from alarm_uses(fixed(ALARMS_OF_A_POLICY * scaled), "alarms of autoscaling", name)
    yield from alarm_uses(place.measured(None, assume.ALARMS) if place.is_production else NOTHING, "alarms")
    if place.is_production:
        yield Use(price="cloudwatch.dashboard", amount=assume.DASHBOARDS, item="dashboards", kind="watching")


def service_logs(place: Place, name: str) -> Amount:
    """GB that a service writes a month."""
    return place.measured(place.service(name).log_gb, assume.LOG_GB)
