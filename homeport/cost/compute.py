"""Services and functions → hours of Fargate, seconds of Lambda."""

from collections.abc import Iterator

from homeport.cost import assumptions as assume
from homeport.cost.line import HOURS, NOTHING, Amount, Use, amount_of, fixed
from homeport.cost.place import Place, Processors
from homeport.cost.requests import requests_of
from homeport.model.platform import Function, Process
from homeport.model.schedules import runs_a_month

GROWTH = 0.25  # of the way from min to max is assumed on average
WEB = "web"
MINUTES_LEAST = 1  # of a task: https://aws.amazon.com/fargate/pricing/


def task_uses(
    name: str, count: Amount, size: tuple[int, int], processors: Processors, *, spot: bool = False, part: str = ""
) -> list[Use]:
    """vCPU-hours and GB-hours of tasks; `count` in task-months of 730 hours, `size` in CPU units and MiB."""
    cpu, memory_mb = size
    suffix, kind = (".spot", "Spot, ") if spot else ("", "")
    word = "ARM" if processors == "arm" else "x86"
    item = f"{name}: {cpu / 1024:g} vCPU, {memory_mb / 1024:g} GB, {kind}{word}"
    price = f"fargate.{processors}"
    return [
        Use(
            price=f"{price}.vcpu{suffix}",
            amount=count.times(cpu / 1024 * HOURS),
            item=f"{item}: vCPU",
            kind="compute",
            part=part,
        ),
        Use(
            price=f"{price}.gb{suffix}",
            amount=count.times(memory_mb / 1024 * HOURS),
            item=f"{item}: memory",
            kind="compute",
            part=part,
        ),
    ]


def service_uses(place: Place) -> Iterator[Use]:
    """Tasks of every process that runs; workers on Spot where the layout says so."""
    for name, service in place.platform.services.items():
        for process, declared in service.processes.items():
            count = task_count(place, name, process, declared)
            spot = place.layout.spot and process != WEB
            size = (declared.cpu, declared.memory_mb)
            yield from task_uses(process, count, size, place.processors(name), spot=spot, part=name)


def schedule_uses(place: Place) -> Iterator[Use]:
    """Runs of each schedule: the minutes of their tasks, and the invocations that start them."""
    for name, service in place.platform.services.items():
        for schedule, declared in service.schedules.items():
            if not declared.enabled:
                continue
            runs = fixed(runs_a_month(declared.schedule)).times(place.hours / HOURS)
            measured = place.service(name).run_minutes.get(schedule)
            minutes = amount_of(measured) if measured else assume.RUN_MINUTES
            count = runs.of(minutes.at_least(MINUTES_LEAST)).times(1 / 60 / HOURS)
            size = (declared.cpu, declared.memory_mb)
            yield from task_uses(f"schedule {schedule}", count, size, place.processors(name), part=name)
            yield _started(runs, declared.schedule, name)


def task_count(place: Place, service: str, process: str, declared: Process) -> Amount:
    """Tasks on average, in task-months; never fewer than always run."""
    scale, awake = declared.scale, place.hours / HOURS
    measured = place.service(service).tasks.get(process)
    if measured is not None:
        return amount_of(measured).at_least(scale.min).times(awake)
    if scale.max <= scale.min:
        return fixed(scale.min).times(awake)
    typical = scale.min + (scale.max - scale.min) * GROWTH
    source = f"assumed: a quarter of the way from {scale.min} to {scale.max} tasks"
    return Amount(typical, scale.min, scale.max, "assumed", source).times(awake)


def function_uses(place: Place) -> Iterator[Use]:
    """Invocations, and the memory that they hold for their time."""
    for name, function in place.platform.functions.items():
        usage = place.service(name)
        calls = _calls(place, name, function)
        duration = amount_of(usage.duration_ms) if usage.duration_ms else assume.FUNCTION_MS
        seconds = calls.of(duration.times(function.memory_mb / 1024 / 1000))
        yield Use(price="lambda.request", amount=calls, item="invocations", kind="compute", part=name)
        yield Use(
            price=f"lambda.{place.processors(name)}.gb-second",
            amount=seconds,
            item=f"{function.memory_mb} MB for each invocation's time",
            kind="compute",
            part=name,
        )
        if function.schedule:
            yield _started(fixed(runs_a_month(function.schedule)), function.schedule, name)


def _started(runs: Amount, schedule: str, part: str) -> Use:
    return Use(price="scheduler.invocation", amount=runs, item=f"schedule {schedule}", kind="messages", part=part)


def _calls(place: Place, name: str, function: Function) -> Amount:
    """Each request to its routes is an invocation; so is each tick of its schedule, and each message."""
    if place.service(name).requests is not None:
        return requests_of(place, name)
    requests = requests_of(place, name) if function.routes else NOTHING
    ticks = fixed(runs_a_month(function.schedule)) if function.schedule else NOTHING
    others = function.on or not (function.routes or function.schedule)
    return requests + ticks + (place.measured(None, assume.FUNCTION_CALLS) if others else NOTHING)
