"""A comparison → rows of a table, its assumptions as sentences, and a JSON document."""

import math
from typing import Any

from homeport.cost.simulation.compare import SEARCH_DAYS, Comparison, Option, Question
from homeport.cost.simulation.functions import FunctionReplay
from homeport.cost.simulation.replay import Replay
from homeport.cost.simulation.search import WORKER_MB, Choice, frontier
from homeport.cost.simulation.settings import Settings

COLUMNS = ("", "what runs", "tasks", "CPU", "p50", "p95", "p99", "errors", "a month", "")


def rows(comparison: Comparison) -> list[list[str]]:
    """One row for each option, under COLUMNS."""
    return [_row(option) for option in comparison.options]


def verdict(comparison: Comparison) -> str:
    """One sentence: what to choose, or that nothing holds."""
    goal, found = comparison.question.goal, comparison.cheapest
    if found is None or not isinstance(found.replay, Replay):
        quickest = min(choice.replay.p95_ms for choice in comparison.choices)
        return f"no settings hold p95 ≤ {goal.p95_ms:g} ms: the quickest have {quickest:,.0f} ms"
    holds = "holds" if found.replay.settings.max == 1 else "hold"
    return f"{describe(found.replay.settings)} {holds} p95 ≤ {goal.p95_ms:g} ms for {usd(found.month_usd)} a month"


def describe(settings: Settings) -> str:
    """`2 to 9 tasks of 0.5 vCPU, 1 GB with 4 workers, at 60 % CPU`."""
    size = f"{settings.cores:g} vCPU, {settings.memory_mb / 1024:g} GB with {settings.workers} workers"
    if settings.target is None:
        return f"{settings.min} task{'s' if settings.min > 1 else ''} of {size}"
    metric = f"{settings.target:g} requests a minute" if settings.by_requests else f"{settings.target:g} % CPU"
    return f"{settings.min} to {settings.max} tasks of {size}, at {metric}"


def yaml_lines(settings: Settings) -> list[str]:
    """What to write under `processes: web:` in homeport.yml, and how many workers that means."""
    scale = f"{{min: {settings.min}, max: {settings.max}"
    scale += f", cpu_percent: {settings.target:g}}}" if settings.target is not None else "}"
    workers = f'# and under the service\'s environment: WEB_CONCURRENCY: "{settings.workers}"'
    return [f"cpu: {settings.cpu}", f"memory_mb: {settings.memory_mb}", f"scale: {scale}", workers]


def assumptions(question: Question) -> list[str]:
    """Everything that was taken for granted, measured or not, with the option that changes it."""
    profile, timing, service = question.profile, question.timing, question.service
    spread = "by chance" if question.seed is not None else "evenly"
    found = [
        f"traffic: {profile.source}, {profile.days:.1f} days from {profile.start:%Y-%m-%d %H:%M} UTC",
        *profile.notes,
        f"service time: {service.source}; p50 {service.percentile(0.5) * 1000:,.0f} ms, "
        f"p95 {service.percentile(0.95) * 1000:,.0f} ms on a full vCPU (--service-time)",
        f"{question.cpu_share:.0%} of it is computing, the rest waits for databases and others (--cpu-share)",
        f"a task serves after {timing.start_seconds} s: image, start, health checks (--start-seconds); "
        f"{timing.drain_seconds} s of draining are billed",
        f"cool-downs of {timing.scale_out_cooldown_seconds} s out and {timing.scale_in_cooldown_seconds} s in, "
        "as Homeport's Terraform sets them",
        f"a worker needs {WORKER_MB} MB; requests beyond {timing.time_limit_seconds:g} s are errors",
        f"at least {question.tasks_min} task{'s' if question.tasks_min > 1 else ''} (--min-tasks); "
        "two survive the loss of a zone",
        f"prices: ${question.prices.vcpu_hour_usd:g} a vCPU hour, ${question.prices.gb_hour_usd:g} a GB hour "
        f"({question.prices.source})",
        "databases are as quick under load as without; nothing is deployed and no task dies",
    ]
    if profile.step_seconds > 60:
        found.insert(
            1,
            f"requests are spread {spread} within steps of {profile.step_seconds // 60} minutes (--seed); "
            "the jumps between steps are harder to follow than real traffic",
        )
    if question.dynos:
        found.append(f"a dyno computes like {question.dynos.cores:g} vCPU (--dyno-cores)")
    if profile.days > SEARCH_DAYS:
        found.append(f"settings were searched on the busiest {SEARCH_DAYS} days, and replayed over all")
    return found


def document(comparison: Comparison) -> dict[str, Any]:
    """For `--json`. Unknown numbers are null."""
    question, profile = comparison.question, comparison.question.profile
    return {
        "service": question.name,
        "goal": {"p95_ms": question.goal.p95_ms, "error_share": question.goal.errors},
        "traffic": {
            "source": profile.source,
            "start": profile.start.isoformat(),
            "days": round(profile.days, 3),
            "requests": round(float(profile.requests.sum()), 3),
        },
        "assumptions": assumptions(question),
        "verdict": verdict(comparison),
        "options": [_option_document(option) for option in comparison.options],
        "searched": len(comparison.choices),
        "frontier": [_choice_document(choice) for choice in frontier(list(comparison.choices))],
    }


def usd(amount: float | None) -> str:
    """`$1,234` or `$12.30`; `unknown`."""
    if amount is None:
        return "unknown"
    return f"${amount:,.0f}" if amount >= 1000 else f"${amount:,.2f}"


def milliseconds(value: float) -> str:
    """`123 ms`, `4.5 s`; a dash where there was nothing."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "> 30 s"
    return f"{value:,.0f} ms" if value < 9950 else f"{value / 1000:.1f} s"


def share(value: float) -> str:
    """`0.02 %`."""
    return "0" if value < 5e-7 else f"{value * 100:.2g} %"


def _row(option: Option) -> list[str]:
    result = option.replay
    latencies = [milliseconds(value) for value in (result.p50_ms, result.p95_ms, result.p99_ms)]
    holds = "holds" if option.holds else "too slow"
    if isinstance(result, FunctionReplay):
        lost = share(result.throttled / result.requests if result.requests else 0.0)
        what = f"{result.settings.memory_mb} MB, {result.cold_starts:,.0f} cold starts"
        peak = f"{result.concurrency_peak:.1f} at once"
        return [option.name, what, peak, "", *latencies, lost, usd(option.month_usd), holds]
    tasks = f"{result.tasks_mean:.1f}, at most {result.tasks_max}"
    what = describe(result.settings) if option.name != "Heroku today" else _dynos(result.settings)
    cpu = f"{result.cpu_percent:.0f} %"
    return [option.name, what, tasks, cpu, *latencies, share(result.error_share), usd(option.month_usd), holds]


def _dynos(settings: Settings) -> str:
    return f"{settings.min} dyno{'s' if settings.min > 1 else ''} with {settings.workers} workers"


def _option_document(option: Option) -> dict[str, Any]:
    result = option.replay
    found: dict[str, Any] = {"name": option.name, "month_usd": _number(option.month_usd), "holds": option.holds}
    found |= {name: _number(getattr(result, name)) for name in ("requests", "p50_ms", "p95_ms", "p99_ms")}
    if isinstance(result, FunctionReplay):
        of_function = ("throttled", "cold_starts", "gb_seconds", "concurrency_peak")
        return found | {name: _number(getattr(result, name)) for name in of_function}
    names = ("errors", "mean_wait_ms", "cpu_percent", "cpu_percent_peak", "tasks_mean", "tasks_max", "task_hours")
    return found | {name: _number(getattr(result, name)) for name in names} | _settings(result.settings)


def _choice_document(choice: Choice) -> dict[str, Any]:
    numbers = {"month_usd": _number(choice.month_usd), "p95_ms": _number(choice.replay.p95_ms), "holds": choice.holds}
    return numbers | _settings(choice.replay.settings)


def _settings(settings: Settings) -> dict[str, Any]:
    names = ("cpu", "memory_mb", "workers", "min", "max", "target", "by_requests")
    return {"settings": {name: getattr(settings, name) for name in names}}


def _number(value: float | None) -> float | None:
    return round(float(value), 4) if value is not None and math.isfinite(value) else None
