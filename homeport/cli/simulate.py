"""`homeport simulate`: traffic as it was, replayed against what could serve it; the cheapest that holds a latency."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from homeport.cli.output import print_table, progress_console
from homeport.cli.price_book import open_book
from homeport.cost.simulation import words
from homeport.cost.simulation.compare import Comparison, Dynos, Question, compare
from homeport.cost.simulation.functions import FunctionPrices, FunctionSettings
from homeport.cost.simulation.page import render_page
from homeport.cost.simulation.profile import Profile, assumed_week
from homeport.cost.simulation.search import Goal, workers_for
from homeport.cost.simulation.service_time import ServiceTime, lognormal, of_mean
from homeport.cost.simulation.settings import Prices, Settings
from homeport.cost.simulation.tracking import Timing
from homeport.cost.simulation.traffic_file import read_traffic
from homeport.cost.usage_file import NAME as USAGE
from homeport.cost.usage_file import load_usage
from homeport.errors import HomeportError
from homeport.model.load import load_platform
from homeport.model.platform import Function, Platform, Process
from homeport.model.usage import TAIL, ServiceUsage

WEB = "web"


class Finite(click.FloatRange):
    """A number within its range; `nan` is none."""

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> float:
        number: float = super().convert(value, param, context)
        return number if math.isfinite(number) else self.fail(f"{value} is not a number", param, context)


def options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of the command, first to last."""
    number = Finite(min=0, min_open=True)
    for option in reversed(
        [
            click.option("--traffic", type=click.Path(path_type=Path), help="Access log, CSV or JSON of requests."),
            click.option("--service", "name", help="Service or function of homeport.yml; default: the only one."),
            click.option("--environment", help="Whose settings and usage; default: prod, or the first declared."),
            click.option("--p95-ms", type=number, default=500, show_default=True, help="Latency that 95 % must keep."),
            click.option(
                "--service-time", type=(float, float), metavar="P50 P95", help="Of requests, in ms, without any queue."
            ),
            click.option("--cpu-share", type=Finite(0, 1), default=0.5, show_default=True, help="Computing in it."),
            click.option("--workers", type=click.IntRange(1, 256), help="Of a task as declared, and of a dyno."),
            click.option(
                "--min-tasks", type=click.IntRange(1, 100), default=1, show_default=True, help="Always running."
            ),
            click.option(
                "--start-seconds",
                type=click.IntRange(0, 3600),
                default=120,
                show_default=True,
                help="Until a task serves.",
            ),
            click.option("--dynos", type=click.IntRange(1, 500), help="Number of web dynos today, to compare."),
            click.option("--dyno-usd", type=number, help="Price of one dyno a month."),
            click.option("--dyno-cores", type=Finite(0.1, 128), default=1, show_default=True, help="vCPU of one dyno."),
            click.option("--memory-mb", type=click.IntRange(128, 10240), help="Also as a function of this memory."),
            click.option("--seed", type=int, help="Spread requests within a step by chance, reproducibly."),
            click.option("--vcpu-hour-usd", type=number, help="Of Fargate; default: the price book's."),
            click.option("--gb-hour-usd", type=number, help="Of Fargate; default: the price book's."),
            click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON."),
            click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with plots."),
        ]
    ):
        command = option(command)
    return command


@click.command()
@options
@click.pass_obj
def simulate(file: Path, /, as_json: bool, html: Path | None, **given: Any) -> None:
    """Find the size and number of tasks that hold a latency for least.

    Replays traffic, minute by minute, against tasks that follow their load as AWS scales them, against a fixed number,
    and against what homeport.yml declares. Without --traffic, the requests of homeport.usage.yml are spread over a
    week. Exits with 1 if no settings hold the latency.
    """
    platform = load_platform(file) if file.is_file() else None
    question = ask(file, platform, given)
    with progress_console.status(f"replaying {question.profile.days:.0f} days of {question.name}"):
        answer = compare(question)
    if html:
        _write(html, render_page(answer))
        progress_console.print(f"wrote {html}")
    if as_json:
        click.echo(json.dumps(words.document(answer), indent=2))
    else:
        _print(answer)
    if answer.cheapest is None:
        raise click.exceptions.Exit(1)


def ask(file: Path, platform: Platform | None, given: dict[str, Any]) -> Question:
    """What the options, homeport.yml and homeport.usage.yml ask together. Raises HomeportError for what is missing."""
    name = _name(platform, given["name"])
    environment = _environment(platform, given["environment"])
    used = _usage(file, environment, name)
    with progress_console.status("reading the traffic"):
        profile = _profile(given["traffic"], name, used)
    declared, function = _declared(platform, environment, name, given["workers"])
    if given["memory_mb"]:
        function = FunctionSettings(given["memory_mb"], function.reserved if function else None)
    dynos = _dynos(given["dynos"], given["workers"], given["dyno_cores"], given["dyno_usd"])
    return Question(
        name=name or (given["traffic"].name if given["traffic"] else "traffic"),
        profile=profile,
        service=_service_time(given["service_time"], profile, used),
        goal=Goal(given["p95_ms"]),
        prices=_prices(file, platform, given["vcpu_hour_usd"], given["gb_hour_usd"]),
        timing=Timing(start_seconds=given["start_seconds"]),
        cpu_share=given["cpu_share"],
        tasks_min=given["min_tasks"],
        seed=given["seed"],
        declared=declared,
        dynos=dynos,
        function=function,
        function_prices=_function_prices(file, platform),
    )


def _dynos(count: int | None, workers: int | None, cores: float, each_usd: float | None) -> Dynos | None:
    if not count:
        return None
    return Dynos(count, workers or 2, cores, each_usd * count if each_usd else None)


def _prices(file: Path, platform: Platform | None, vcpu_hour_usd: float | None, gb_hour_usd: float | None) -> Prices:
    """As given; else of x86, which Homeport builds, in the platform's region."""
    if vcpu_hour_usd is not None and gb_hour_usd is not None:
        return Prices(vcpu_hour_usd, gb_hour_usd)
    region = platform.region if platform else ""
    book = open_book(file)
    vcpu, gb = book.find("fargate.x86.vcpu", region), book.find("fargate.x86.gb", region)
    if vcpu is None or gb is None:
        where = f"in {region}, of Fargate, are not in the price book" if region else "are not given, nor a region"
        raise HomeportError(
            f"prices: those of a vCPU hour and a GB hour {where}",
            "add --vcpu-hour-usd and --gb-hour-usd from https://aws.amazon.com/fargate/pricing/",
        )
    return Prices(
        vcpu.usd if vcpu_hour_usd is None else vcpu_hour_usd,
        gb.usd if gb_hour_usd is None else gb_hour_usd,
        f"Fargate in {region}, of {min(vcpu.date, gb.date)}",
    )


def _function_prices(file: Path, platform: Platform | None) -> FunctionPrices | None:
    """None where they are unknown: a function's cost then is, too."""
    region = platform.region if platform else ""
    book = open_book(file)
    second, request = book.find("lambda.x86.gb-second", region), book.find("lambda.request", region)
    return FunctionPrices(second.usd, request.usd) if second and request else None


def _name(platform: Platform | None, name: str | None) -> str:
    if platform is None:
        return name or ""
    known = [*(n for n, service in platform.services.items() if WEB in service.processes), *platform.functions]
    if name and name not in known:
        raise HomeportError(
            f"service {name}: is not in homeport.yml, or has no web process", f"it has {', '.join(known)}"
        )
    if name or len(known) == 1:
        return name or known[0]
    raise HomeportError(
        f"homeport.yml has {len(known)} services and functions", f"--service with one of {', '.join(known)}"
    )


def _environment(platform: Platform | None, name: str | None) -> str:
    if platform is None or name:
        return name or ""
    return "prod" if "prod" in platform.environments else next(iter(platform.environments), "local")


def _usage(file: Path, environment: str, name: str) -> ServiceUsage:
    place = file.resolve().parent / USAGE
    if not place.is_file():
        return ServiceUsage()
    there = load_usage(place).environments.get(environment)
    return there.services.get(name, ServiceUsage()) if there else ServiceUsage()


def _profile(traffic: Path | None, name: str, used: ServiceUsage) -> Profile:
    if traffic:
        return read_traffic(traffic, name)
    if used.requests and used.requests.typical > 0:
        return assumed_week(used.requests.typical, f"{used.requests.typical:,.0f} requests a month ({USAGE})")
    raise HomeportError(
        f"traffic: no file is given, and {USAGE} has no requests of {name or 'a service'}",
        "homeport simulate --traffic FILE, an access log or a CSV with time,requests",
    )


def _service_time(given: tuple[float, float] | None, profile: Profile, used: ServiceUsage) -> ServiceTime:
    if given:
        return lognormal(*given, source="given")
    if profile.service:
        return profile.service
    if used.p50_ms and used.p95_ms:
        return lognormal(used.p50_ms, used.p95_ms, f"p50 and p95 of {USAGE}")
    if used.p50_ms:
        return lognormal(used.p50_ms, TAIL * used.p50_ms, f"a median of {used.p50_ms:g} ms ({USAGE}), spread assumed")
    if used.duration_ms and used.duration_ms.typical > 0:
        return of_mean(
            used.duration_ms.typical, f"an average of {used.duration_ms.typical:g} ms ({USAGE}), spread assumed"
        )
    raise HomeportError(
        f"service time: {profile.source} does not say how long requests take",
        "homeport simulate --service-time P50 P95 (in ms; Heroku's metrics show both)",
    )


def _declared(
    platform: Platform | None, environment: str, name: str, workers: int | None
) -> tuple[Settings | None, FunctionSettings | None]:
    if platform is None:
        return None, None
    there = platform.in_environment(environment)
    if name in there.functions:
        return None, _of_function(there.functions[name])
    service = there.services[name]
    concurrency = service.environment.get("WEB_CONCURRENCY", "")
    return _of_process(
        name, service.processes[WEB], workers or (int(concurrency) if concurrency.isdigit() else 0)
    ), None


def _of_function(function: Function) -> FunctionSettings:
    return FunctionSettings(function.memory_mb, function.concurrency)


def _of_process(name: str, process: Process, workers: int) -> Settings:
    scale = process.scale
    if scale.min < 1:
        raise HomeportError(
            f"services.{name}.processes.{WEB}.scale.min: {scale.min} tasks have no metric, so AWS never scales out",
            "set it to 1 or more",
        )
    target = scale.cpu_percent if scale.max > scale.min else None
    workers = workers or workers_for(process.cpu, process.memory_mb)
    return Settings(process.cpu, process.memory_mb, workers, scale.min, scale.max, target)


def _print(answer: Comparison) -> None:
    print_table(words.COLUMNS, words.rows(answer))
    click.echo(f"\n{answer.question.name}: {words.verdict(answer)}")
    best = answer.cheapest
    if best and not isinstance(best.replay.settings, FunctionSettings):
        click.echo("\n".join(f"    {line}" for line in words.yaml_lines(best.replay.settings)))
    click.echo("\nassumed:")
    for line in words.assumptions(answer.question):
        click.echo(f"  - {line}")


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise HomeportError(f"{file}: {error.strerror or error}") from None
