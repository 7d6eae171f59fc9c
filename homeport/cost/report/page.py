"""Comparison → one HTML page that needs nothing else: for those who decide, and for those who check."""

import datetime
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from homeport.cost.compare import Comparison
from homeport.cost.heroku_bill import reconcile
from homeport.cost.layout import describe
from homeport.cost.line import KINDS
from homeport.cost.prices.book import PriceBook
from homeport.cost.report.chart import Bar, Row, dollars, render_bars
from homeport.cost.report.document import age_sentence, unknown_prices, weak_lines

TEMPLATE = Path(__file__).with_name("page.html.j2")


def render_page(name: str, comparison: Comparison, book: PriceBook, today: datetime.date) -> str:
    """The page of a platform's comparison."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters["dollars"] = lambda cents: dollars(cents / 100)
    environment.filters["sign"] = lambda cents: f"{'+' if cents > 0 else ''}{dollars(cents / 100)}"
    environment.filters["amount"] = _amount
    environment.filters["usd"] = lambda usd: f"{usd:.10f}".rstrip("0").rstrip(".")
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    chosen = comparison.chosen
    return template.render(
        name=name,
        today=today.isoformat(),
        comparison=comparison,
        bill=comparison.bill,
        estimate=chosen.estimate,
        chosen=chosen,
        verdict=(comparison.filled or comparison).verdict,
        describe=describe,
        layout=describe(chosen.layout),
        kinds=[(kind, _kind(comparison, kind)) for kind in KINDS],
        reconciled=reconcile(comparison.bill),
        unknown=unknown_prices(chosen.estimate),
        weak=weak_lines(chosen.estimate),
        age=age_sentence(book, chosen.estimate.lines, today),
        charts={key: Markup(chart) for key, chart in _charts(comparison).items()},
    )


def _charts(comparison: Comparison) -> dict[str, str]:
    chosen, bill = comparison.chosen.estimate, comparison.bill
    aws = Bar("aws", comparison.chosen.cents / 100, *_band(chosen, bill.kept_cents))
    both = [Row("AWS", (aws,))]
    if bill.cents:
        both.insert(0, Row("Heroku", (Bar("heroku", bill.cents / 100),)))
    services = [
        Row(part.name, (Bar("heroku", part.heroku_cents / 100), Bar("aws", part.aws_cents / 100)))
        for part in comparison.chosen.parts
        if max(part.heroku_cents, part.aws_cents) >= 100
    ]
    services.append(Row("shared by all", (Bar("aws", chosen.floor_cents / 100),)))
    if bill.kept_cents:
        kept = bill.kept_cents / 100
        services.append(Row("vendors that stay", (Bar("heroku", kept), Bar("aws", kept))))
    kinds = [Row(kind, (Bar("aws", _kind(comparison, kind)[0] / 100),)) for kind in KINDS]
    layouts = [
        Row(
            option.layout.name + (" *" if option.more_unknown else ""),
            (Bar("aws", option.cents / 100, *_band(option.estimate, bill.kept_cents)),),
            is_marked=option.layout == comparison.verdict.layout,
        )
        for option in sorted(comparison.options, key=lambda option: option.cents)
    ]
    return {
        "both": render_bars("both", "A month on Heroku and on AWS", both),
        "services": render_bars("services", "A month of each service, on Heroku and on AWS", services),
        "kinds": render_bars("kinds", "What the AWS bill is made of", [k for k in kinds if k.bars[0].dollars >= 0.5]),
        "layouts": render_bars("layouts", "A month of each layout", layouts, bill.cents / 100 or None),
    }


def _band(estimate: Any, kept: int) -> tuple[float, float]:
    return (estimate.cents_low + kept) / 100, (estimate.cents_high + kept) / 100


def _kind(comparison: Comparison, kind: str) -> tuple[float, float, float]:
    """Cents: typical, low, high."""
    lines = [line for line in comparison.chosen.estimate.lines if line.kind == kind]
    return sum(x.cents for x in lines), sum(x.cents_low for x in lines), sum(x.cents_high for x in lines)


def _amount(value: float) -> str:
    if value >= 1e6:
        return f"{value / 1e6:,.2f}M"
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}".rstrip("0").rstrip(".")
