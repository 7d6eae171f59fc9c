"""Comparison → one HTML page that needs nothing else: for those who decide, and for those who check."""

import datetime
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from homeport.cost.compare import Comparison
from homeport.cost.estimate import NOT_PRICED
from homeport.cost.heroku_bill import reconcile
from homeport.cost.layout import describe
from homeport.cost.prices.book import PriceBook
from homeport.cost.report.chart import Bar, Row, dollars, render_bars
from homeport.cost.report.document import age_sentence, unknown_prices, weak_lines
from homeport.cost.report.words import BREAKS_EVEN, answer_words, break_even_words, leaving_words, source_words
from homeport.cost.sides import by_environment, by_kind, by_service

TEMPLATE = Path(__file__).with_name("page.html.j2")


def render_page(name: str, comparison: Comparison, book: PriceBook, today: datetime.date) -> str:
    """The page of a platform's comparison."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters["dollars"] = lambda cents: dollars(cents / 100)
    environment.filters["sign"] = lambda cents: f"{'+' if cents > 0 else ''}{dollars(cents / 100)}"
    environment.filters["amount"] = _amount
    environment.filters["usd"] = lambda usd: f"{usd:.10f}".rstrip("0").rstrip(".")
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    shown = comparison.shown
    chosen = shown.chosen
    leaving = shown.leaving
    return template.render(
        name=name,
        today=today.isoformat(),
        comparison=shown,
        bill=comparison.bill,
        estimate=chosen.estimate,
        chosen=chosen,
        verdict=shown.verdict,
        answer=answer_words(shown),
        leaving=leaving and leaving_words(leaving, shown),
        source=source_words(comparison),
        breaks_even=BREAKS_EVEN,
        break_even=lambda option: break_even_words(option, shown),
        describe=describe,
        layout=describe(chosen.layout),
        environments=by_environment(shown),
        services=by_service(shown),
        kinds=by_kind(shown),
        reconciled=reconcile(comparison.bill),
        unknown=unknown_prices(comparison.chosen.estimate),
        not_priced=NOT_PRICED,
        weak=weak_lines(chosen.estimate),
        age=age_sentence(book, chosen.estimate.lines, today),
        charts={key: Markup(chart) for key, chart in _charts(shown).items()},
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
    kinds = [
        Row(side.name, (Bar("heroku", side.heroku_cents / 100), Bar("aws", side.aws_cents / 100)))
        for side in by_kind(comparison)
        if max(side.heroku_cents, side.aws_cents) >= 50
    ]
    layouts = [
        Row(
            option.layout.name + (" *" if option.more_unknown else ""),
            (Bar("aws", option.cents / 100, *_band(option.estimate, bill.kept_cents)),),
            is_marked=option.layout == comparison.verdict.recommended,
        )
        for option in sorted(comparison.options, key=lambda option: option.cents)
    ]
    return {
        "both": render_bars("both", "A month on Heroku and on AWS", both),
        "services": render_bars("services", "A month of each service, on Heroku and on AWS", services),
        "kinds": render_bars("kinds", "What both bills are made of", kinds),
        "layouts": render_bars("layouts", "A month of each layout", layouts, bill.cents / 100 or None),
    }


def _band(estimate: Any, kept: int) -> tuple[float, float]:
    return (estimate.cents_low + kept) / 100, (estimate.cents_high + kept) / 100


def _amount(value: float) -> str:
    if value >= 1e6:
        return f"{value / 1e6:,.2f}M"
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}".rstrip("0").rstrip(".")
