"""Rows of money → bars as inline SVG: no script, no font, no colour that the page's style does not give.

Each chart has a title and a description for those who do not see it; the page has the same numbers as tables.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LABEL, MARGIN = 760, 190, 96
BAR, GAP, PADDING = 18, 4, 14


@dataclass(frozen=True)
class Bar:
    """`series` is a class of the page's style; `low` and `high` draw a whisker."""

    series: str
    dollars: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Row:
    label: str
    bars: tuple[Bar, ...]
    is_marked: bool = False


def render_bars(id: str, title: str, rows: Sequence[Row], reference: float | None = None) -> str:
    """Horizontal bars on one scale; `reference` is a line across all, in dollars."""
    largest = max([bar.high or bar.dollars for row in rows for bar in row.bars] + [reference or 0, 1.0])
    scale = (WIDTH - LABEL - MARGIN) / largest
    height, parts = PADDING, []
    for row in rows:
        parts.append(_row(row, height, scale))
        height += len(row.bars) * (BAR + GAP) + PADDING
    if reference is not None:
        x = LABEL + reference * scale
        parts.insert(0, f'<line class="reference" x1="{x:.1f}" y1="4" x2="{x:.1f}" y2="{height - 4}"/>')
    spoken = "; ".join(f"{row.label}: {', '.join(_spoken(bar) for bar in row.bars)}" for row in rows)
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{id}-title {id}-text">'
        f'<title id="{id}-title">{escape(title)}</title><desc id="{id}-text">{escape(spoken)}</desc>'
        f"{''.join(parts)}</svg>"
    )


def dollars(amount: float) -> str:
    """`$1,234`; small sums with cents."""
    sign = "-" if amount < -0.005 else ""
    size = abs(amount)
    return f"{sign}${size:,.0f}" if size >= 100 else f"{sign}${size:,.2f}"


def _row(row: Row, top: int, scale: float) -> str:
    middle = top + (len(row.bars) * (BAR + GAP) - GAP) / 2 + 4
    weight = ' class="marked"' if row.is_marked else ""
    text = f'<text{weight} x="{LABEL - 12}" y="{middle:.0f}" text-anchor="end">{escape(_cut(row.label))}</text>'
    return text + "".join(_bar(bar, top + place * (BAR + GAP), scale) for place, bar in enumerate(row.bars))


def _bar(bar: Bar, top: int, scale: float) -> str:
    width = max(1.0, bar.dollars * scale)
    end = LABEL + width
    drawn = f'<rect class="{bar.series}" x="{LABEL}" y="{top}" width="{width:.1f}" height="{BAR}" rx="3"/>'
    if bar.low is not None and bar.high is not None and bar.high - bar.low > _smallest_seen(scale):
        middle, left, right = top + BAR / 2, LABEL + bar.low * scale, LABEL + bar.high * scale
        drawn += (
            f'<path class="whisker" d="M{left:.1f} {middle - 4}V{middle + 4}M{left:.1f} {middle}H{right:.1f}'
            f'M{right:.1f} {middle - 4}V{middle + 4}"/>'
        )
        end = max(end, right)
    return f'{drawn}<text class="value" x="{end + 7:.1f}" y="{top + BAR - 5}">{dollars(bar.dollars)}</text>'


def _smallest_seen(scale: float) -> float:
    """Dollars that two pixels stand for: smaller whiskers are not drawn."""
    return 2 / scale


def _spoken(bar: Bar) -> str:
    name = {"heroku": "Heroku", "aws": "AWS", "vendor": "vendors"}.get(bar.series, "")
    return f"{name} {dollars(bar.dollars)}".strip()


def _cut(label: str) -> str:
    return label if len(label) <= 27 else f"{label[:26]}…"
