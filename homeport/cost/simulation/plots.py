"""Numbers → plots as inline SVG: no script, no font, no colour that the page's style does not give.

Each plot has a title and a description for those who do not see it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from homeport.cost.simulation.service_time import Floats

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 760, 56, 24, 10, 24


@dataclass(frozen=True, eq=False)
class Line:
    """`css` is a class of the page's style. NaN breaks the line; a step line stays until the next value."""

    name: str
    css: str
    values: Floats
    is_step: bool = False
    is_area: bool = False


@dataclass(frozen=True)
class Dot:
    css: str
    x: float
    y: float
    title: str = ""
    radius: float = 2.5


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high` on pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def at(self, value: float) -> float:
        """The pixel of a value."""
        low, high, value = (math.log(v) if self.is_log else v for v in (self.low, self.high, max(value, self.low)))
        return self.start + (value - low) / (high - low) * (self.end - self.start)


def render_over_time(
    id: str, title: str, lines: Sequence[Line], marks: Sequence[tuple[float, str]], goal: float | None = None
) -> str:
    """Lines on one scale from 0; `marks` are texts below, at a share of the width (0 to 1); `goal` is a dashed line."""
    height = 150
    highest = max([float(np.nanmax(line.values, initial=0.0)) for line in lines] + [goal or 0.0, 1e-9])
    y = Scale(0, _top(highest), height - BOTTOM, TOP)
    parts = [_grid(y, ticks(highest))]
    parts += [_mark(share, text, height) for share, text in marks]
    parts += [_path(line, y) for line in lines]
    if goal is not None:
        parts.append(f'<path class="goal" d="M{LEFT} {y.at(goal):.1f}H{WIDTH - RIGHT}"/>')
    spoken = "; ".join(f"{line.name}: at most {_short(float(np.nanmax(line.values, initial=0)))}" for line in lines)
    return _svg(id, title, spoken, height, "".join(parts))


def render_dots(id: str, title: str, dots: Sequence[Dot], path: Sequence[tuple[float, float]], goal: float) -> str:
    """Points by cost (x) and p95 (y, logarithmic); `path` joins the frontier; `goal` is a dashed line."""
    height = 300
    xs = [dot.x for dot in dots]
    ys = [dot.y for dot in dots] + [goal]
    x = Scale(0, _top(max(xs)), LEFT, WIDTH - RIGHT)
    y = Scale(min(ys) / 1.15, max(ys) * 1.15, height - BOTTOM - 14, TOP, is_log=True)
    parts = [_grid(y, log_ticks(y.low, y.high))]
    for value in ticks(max(xs)):
        parts.append(f'<text class="tick" x="{x.at(value):.1f}" y="{height - 20}">${_short(value)}</text>')
    parts.append(f'<text class="tick" x="{WIDTH / 2}" y="{height - 3}">a month</text>')
    steps = "".join(f"{'L' if i else 'M'}{x.at(px):.1f} {y.at(py):.1f}" for i, (px, py) in enumerate(path))
    parts.append(f'<path class="frontier" d="{steps}"/>')
    parts.append(f'<path class="goal" d="M{LEFT} {y.at(goal):.1f}H{WIDTH - RIGHT}"/>')
    for dot in dots:
        hint = f"<title>{escape(dot.title)}</title>" if dot.title else ""
        parts.append(
            f'<circle class="{dot.css}" cx="{x.at(dot.x):.1f}" cy="{y.at(dot.y):.1f}" r="{dot.radius}">{hint}</circle>'
        )
    return _svg(id, title, f"{len(dots)} settings; the goal is {goal:g} ms", height, "".join(parts))


def ticks(highest: float) -> list[float]:
    """Up to five round numbers from 0 to just above the highest value."""
    step = 10.0 ** math.floor(math.log10(max(highest, 1e-9) / 4))
    step *= next(factor for factor in (1, 2, 2.5, 5, 10) if step * factor * 4.0001 >= highest)
    return [step * number for number in range(math.ceil(highest / step - 1e-9) + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten within the range."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [factor * 10.0**decade for decade in decades for factor in (1, 2, 5) if low <= factor * 10.0**decade <= high]


def _top(highest: float) -> float:
    return ticks(highest)[-1]


def _grid(y: Scale, values: Sequence[float]) -> str:
    return "".join(
        f'<path class="grid" d="M{LEFT} {y.at(value):.1f}H{WIDTH - RIGHT}"/>'
        f'<text class="tick end" x="{LEFT - 8}" y="{y.at(value) + 4:.1f}">{_short(value)}</text>'
        for value in values
    )


def _mark(share: float, text: str, height: int) -> str:
    x = LEFT + share * (WIDTH - LEFT - RIGHT)
    return f'<text class="tick" x="{x:.1f}" y="{height - 6}">{escape(text)}</text>'


def _path(line: Line, y: Scale) -> str:
    number = len(line.values)
    width = (WIDTH - LEFT - RIGHT) / number
    parts: list[str] = []
    is_open = False
    for place, value in enumerate(line.values.tolist()):
        if math.isnan(value):
            is_open = False
            continue
        x, level = LEFT + place * width, y.at(value)
        if line.is_step:
            parts.append(f"{f'V{level:.1f}' if is_open else f'M{x:.1f} {level:.1f}'}H{x + width:.1f}")
        else:
            parts.append(f"{'L' if is_open else 'M'}{x + width / 2:.1f} {level:.1f}")
        is_open = True
    if line.is_area and parts:
        start = LEFT if line.is_step else LEFT + width / 2
        parts.append(f"V{y.start:.1f}H{start:.1f}Z")
    return f'<path class="{line.css}{" area" if line.is_area else ""}" d="{"".join(parts)}"/>'


def _short(value: float) -> str:
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def _svg(id: str, title: str, spoken: str, height: int, inside: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{id}-title {id}-text">'
        f'<title id="{id}-title">{escape(title)}</title><desc id="{id}-text">{escape(spoken)}</desc>{inside}</svg>'
    )
