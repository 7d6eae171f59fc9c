"""A comparison → a self-contained HTML page: no script, nothing is fetched."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

import jinja2
import numpy as np
import numpy.typing as npt

from homeport.cost.simulation import words
from homeport.cost.simulation.compare import Comparison, Option
from homeport.cost.simulation.plots import Dot, Line, render_dots, render_over_time
from homeport.cost.simulation.replay import DAY, Replay, latency_over_time
from homeport.cost.simulation.search import frontier

BUCKETS = 250
BUCKET_MINUTES = (1, 5, 10, 15, 30, 60, 120, 240, 480, 1440, 2880)
STYLES = {"Heroku today": "heroku", "homeport.yml": "declared", "cheapest": "aws", "cheapest fixed": "fixed"} | {
    "quickest": "aws",
    "quickest fixed": "fixed",
}
CUT = 4  # times the goal: a latency beyond it is not drawn in full
SLOW = 10  # times the goal: what is slower is not drawn


@dataclass(frozen=True, eq=False)
class Window:
    """A part of the profile as it is drawn: `buckets[i]` is the bucket of minute i, -1 outside."""

    title: str
    first: int
    minutes: int
    bucket_minutes: int
    marks: tuple[tuple[float, str], ...]

    def buckets(self, length: int) -> npt.NDArray[np.int64]:
        """By minute of the profile."""
        places = (np.arange(length) - self.first) // self.bucket_minutes
        inside = (np.arange(length) >= self.first) & (np.arange(length) < self.first + self.minutes)
        return np.where(inside, places, -1)


def render_page(comparison: Comparison) -> str:
    """The page."""
    drawn = [option for option in comparison.options if option.name in STYLES]
    best = comparison.cheapest
    lines = words.yaml_lines(best.replay.settings) if best and isinstance(best.replay, Replay) else []
    return _template().render(
        comparison=comparison,
        columns=words.COLUMNS,
        rows=words.rows(comparison),
        verdict=words.verdict(comparison),
        yaml=lines,
        assumptions=words.assumptions(comparison.question),
        cards=list(_cards(comparison)),
        windows=[(window.title, _plots(comparison, window, drawn)) for window in _windows(comparison)],
        legend=[(option.name, STYLES[option.name]) for option in drawn],
        frontier=_frontier(comparison),
        searched=len(comparison.choices),
    )


def _cards(comparison: Comparison) -> Iterator[tuple[str, str, str]]:
    best = comparison.cheapest
    today = next((option for option in comparison.options if option.name == "Heroku today"), None)
    if best:
        yield "Cheapest that holds", f"{words.usd(best.month_usd)}", "a month, for tasks alone"
        yield "p95", words.milliseconds(best.replay.p95_ms), f"goal {comparison.question.goal.p95_ms:g} ms"
    if today:
        yield "Heroku today", words.usd(today.month_usd), f"p95 {words.milliseconds(today.replay.p95_ms)}"
    requests = comparison.question.profile.requests
    per_month = float(requests.sum()) / comparison.question.profile.days * 730 / 24
    yield "Requests", f"{per_month / 1e6:,.2f} M" if per_month >= 1e5 else f"{per_month:,.0f}", "a month"


def _windows(comparison: Comparison) -> Iterator[Window]:
    profile, minutes = comparison.question.profile, comparison.question.profile.minutes()
    length = len(minutes)
    size = next((size for size in BUCKET_MINUTES if length / size <= BUCKETS), BUCKET_MINUTES[-1])
    days = max(1, length // DAY)
    every = max(1, -(-days // 8))
    marks = [(day * DAY / length, f"{profile.start + timedelta(days=day):%d %b}") for day in range(0, days, every)]
    if days > 1:
        yield Window("The whole profile", 0, length, size, tuple(marks))
    hour_sums = np.add.reduceat(minutes, np.arange(0, length, 60))
    day = int(np.argmax(hour_sums)) * 60 // DAY
    first, part = day * DAY, min(DAY, length - day * DAY)
    start = profile.start + timedelta(minutes=first)
    hours = [(hour * 60 / part, f"{start + timedelta(hours=hour):%H:%M}") for hour in range(0, -(-part // 60), 3)]
    yield Window(f"The day of the busiest hour, {start:%A %d %B %Y}", first, part, 5 if part > 300 else 1, tuple(hours))


def _plots(comparison: Comparison, window: Window, drawn: list[Option]) -> list[tuple[str, str]]:
    minutes = comparison.question.profile.minutes(comparison.question.seed)
    buckets = window.buckets(len(minutes))
    load = Line("requests", "load", _means(minutes, buckets), is_step=True, is_area=True)
    goal, tasks, latencies = comparison.question.goal.p95_ms, [], []
    for option in drawn:
        result = option.replay
        assert isinstance(result, Replay) and result.series is not None
        css = STYLES[option.name]
        tasks.append(Line(option.name, css, _means(result.series.running.astype(np.float64), buckets), is_step=True))
        responses = latency_over_time(result, np.where(buckets < 0, buckets.max() + 1, buckets))
        p95 = responses.percentiles()[: buckets.max() + 1, 1] * 1000
        latencies.append(Line(option.name, css, np.minimum(p95, CUT * goal)))
    is_cut = any((line.values == CUT * goal).any() for line in latencies)
    heading = f"p95 in ms, cut off at {CUT * goal:,.0f}" if is_cut else "p95 in ms"
    key = f"w{window.first}-{window.minutes}"
    return [
        ("Requests a minute", render_over_time(f"{key}-load", "Requests a minute", [load], window.marks)),
        ("Tasks that serve", render_over_time(f"{key}-tasks", "Tasks that serve", tasks, window.marks)),
        (heading, render_over_time(f"{key}-p95", heading, latencies, window.marks, goal)),
    ]


def _means(values: npt.NDArray[np.float64], buckets: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    inside = buckets >= 0
    sums = np.bincount(buckets[inside], values[inside])
    means: npt.NDArray[np.float64] = sums / np.bincount(buckets[inside])
    return means


def _frontier(comparison: Comparison) -> str:
    best, goal = frontier(list(comparison.choices)), comparison.question.goal.p95_ms
    limit = 4 * (comparison.cheapest.month_usd or 0.0) if comparison.cheapest else float("inf")
    dots = [
        Dot("holds" if choice.holds else "slow", choice.month_usd, choice.replay.p95_ms, "")
        for choice in comparison.choices
        if choice.month_usd <= limit and choice.replay.p95_ms <= SLOW * goal
    ]
    for option in comparison.options:
        usd, p95 = option.month_usd, option.replay.p95_ms
        if option.name in STYLES and usd is not None and usd <= limit and p95 <= SLOW * goal:
            dots.append(Dot(STYLES[option.name], usd, p95, option.name, radius=6))
    path = [
        (choice.month_usd, choice.replay.p95_ms)
        for choice in best
        if choice.month_usd <= limit and choice.replay.p95_ms <= SLOW * goal
    ]
    if not dots:
        return ""
    return render_dots("frontier", "Cost and p95 of all settings", dots, path, goal)


@cache
def _template() -> jinja2.Template:
    text = Path(__file__).with_name("page.html.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(text)
