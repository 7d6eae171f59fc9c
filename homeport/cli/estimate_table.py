"""Comparison → tables and sentences on stdout, readable in a window of 100 columns."""

import datetime
from collections.abc import Mapping

from rich.markup import escape

from homeport.cli.output import answer_console, print_table
from homeport.cost.compare import Comparison, Option
from homeport.cost.estimate import NOT_PRICED
from homeport.cost.heroku_bill import reconcile
from homeport.cost.layout import describe
from homeport.cost.prices.book import PriceBook
from homeport.cost.report.chart import dollars
from homeport.cost.report.document import age_sentence, unknown_prices, weak_lines
from homeport.cost.report.words import BREAKS_EVEN, answer_words, break_even_words, leaving_words, source_words
from homeport.cost.sides import Side, by_environment, by_kind, by_service

CHANGES = 48  # characters of what changes, so that a row of layouts fits a window


def print_comparison(comparison: Comparison, book: PriceBook, every_line: bool) -> None:
    """Both bills, the services, the kinds of lines, the layouts, the verdict, and what to doubt."""
    shown = comparison.shown
    _print_heads(comparison)
    _print_parts(shown)
    if every_line:
        _print_services(shown)
        _print_lines(shown)
    _print_sides(shown)
    _print_layouts(shown)
    _print_verdict(shown)
    _print_doubts(comparison, book)


def _print_heads(comparison: Comparison) -> None:
    chosen, bill = comparison.shown.chosen, comparison.bill
    where = ", ".join(chosen.estimate.environments)
    _say(f"A month in US dollars, without tax: {where}; {describe(chosen.layout)}\n")
    low, high = chosen.estimate.cents_low + bill.kept_cents, chosen.estimate.cents_high + bill.kept_cents
    kept = f", with {_money(bill.kept_cents)} to vendors that stay" if bill.kept_cents else ""
    _say(f"Heroku  {_money(bill.cents) if bill.cents else 'unknown':>10}")
    least = ">" if chosen.estimate.unknown else ""
    _say(f"AWS     {least + _money(chosen.cents):>10}  ({_money(low)} to {_money(high)}{kept})")
    if bill.cents and not chosen.estimate.unknown:
        _say(f"        {_difference(bill.cents, chosen)}")
    if source := source_words(comparison):
        _say(f"        {source}")
    for month in reconcile(bill):
        rest = _money(month.unexplained_cents)
        _say(f"Invoice of {month.month}: {_money(month.invoice_cents)}, unexplained by the lines: {rest}")
    _say()


def _difference(heroku: int, option: Option) -> str:
    percent = 100 * (heroku - option.cents) / heroku
    return f"{abs(percent):.1f}% {'less' if percent >= 0 else 'more'} on AWS"


def _print_parts(comparison: Comparison) -> None:
    bill, chosen = comparison.bill, comparison.chosen
    rows = [(part.name, part.heroku_cents, part.aws_cents) for part in chosen.parts]
    rows.append(("shared by all", 0, chosen.estimate.floor_cents))
    rows += [("vendors that stay", bill.kept_cents, bill.kept_cents)] if bill.kept_cents else []
    if bill.cents:
        table = [(escape(name), _money(heroku), _money(aws), _signed(aws - heroku)) for name, heroku, aws in rows]
        print_table(("Service, with its data", "Heroku", "AWS", "Change"), table)
    else:
        print_table(("Service, with its data", "AWS"), [(escape(name), _money(aws)) for name, _, aws in rows])
    _say("the floor, paid for no service in particular: " + _listed(chosen.estimate.floor_by_account))
    _say()


def _listed(cents: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {_money(amount)}" for name, amount in cents.items())


def _print_lines(comparison: Comparison) -> None:
    rows = [
        (
            f"{line.environment} {line.part or 'shared'}".strip(),
            line.item,
            f"{line.quantity.typical:,.2f} {line.unit}",
            f"{line.unit_usd:.10f}".rstrip("0").rstrip("."),
            _money(line.cents_low),
            _money(line.cents),
            _money(line.cents_high),
            f"{line.basis} {line.confidence}",
            line.date,
            line.identity,
        )
        for line in comparison.chosen.estimate.lines
    ]
    heads = ("Where", "Item", "Quantity", "USD each", "Low", "Typical", "High", "Basis", "Date", "SKU or usage type")
    print_table(heads, rows)
    _say()


def _print_sides(comparison: Comparison) -> None:
    rows = [(side.name, *_both(side, comparison)) for side in by_kind(comparison)]
    print_table(("Kind", "Heroku", "AWS", "Change"), rows)
    _say()
    rows = [(side.environment, *_both(side, comparison)) for side in by_environment(comparison)]
    print_table(("Environment", "Heroku", "AWS", "Change"), rows)
    _say()


def _print_services(comparison: Comparison) -> None:
    rows = [(escape(side.name), escape(side.environment), *_both(side, comparison)) for side in by_service(comparison)]
    print_table(("Service, with its data", "Environment", "Heroku", "AWS", "Change"), rows)
    _say()


def _both(side: Side, comparison: Comparison) -> tuple[str, str, str]:
    change = _signed(side.aws_cents - side.heroku_cents)
    is_known = comparison.bill.cents and not comparison.chosen.estimate.unknown
    return _money(side.heroku_cents), _money(side.aws_cents), change if is_known else "unknown"


def _print_layouts(comparison: Comparison) -> None:
    rows = []
    for option in comparison.options:
        least = ">" if option.estimate.unknown else ""
        changes = "; ".join(f"{c.item.partition(': ')[2] or c.item} {_signed(c.cents)}" for c in option.changes[:2])[
            :CHANGES
        ]
        mark = " (recommended)" if option.layout == comparison.verdict.recommended else ""
        star = "*" if option.layout.missing else ""
        even = break_even_words(option, comparison)
        rows.append((f"{option.layout.name}{star}{mark}", f"{least}{_money(option.cents)}", even, changes))
    print_table(("Layout", "Month", "Breaks even", "What changes most"), rows)
    _say("* Homeport does not build it yet.")
    _say(f"{BREAKS_EVEN}\n")


def _print_verdict(comparison: Comparison) -> None:
    verdict = comparison.verdict
    _say(answer_words(comparison), style="bold")
    for reason in verdict.reasons:
        _say(f"- {reason}")
    for part in verdict.parts:
        if part.is_dearer:
            both = f"{_money(part.aws_cents)} on AWS, {_money(part.heroku_cents)} on Heroku"
            _say(f"- do not move {part.name}: {both}")
    if comparison.leaving:
        _say(f"- {leaving_words(comparison.leaving, comparison)}")
    _say()


def _print_doubts(comparison: Comparison, book: PriceBook) -> None:
    chosen = comparison.chosen.estimate
    for unknown in unknown_prices(chosen):
        _say(f"- unknown: {unknown['reason']} ({len(unknown['items'])} lines)")
    for line in comparison.bill.unknown:
        _say(f"- unknown: what Heroku bills for {line.charge.item} of {line.charge.app}")
    for note in chosen.notes:
        _say(f"- {note}")
    for what in NOT_PRICED:
        _say(f"- not in this estimate: {what}")
    weak = weak_lines(comparison.shown.chosen.estimate)
    if weak:
        named = ", ".join(f"{line.price} ({line.confidence})" for line in weak)
        _say(f"- weakly founded prices: {named}")
    _say(f"- {age_sentence(book, chosen.lines, datetime.date.today())}")
    if chosen.unknown or weak:
        _say("- `homeport prices refresh` reads today's prices from AWS")


def _say(text: str = "", style: str | None = None) -> None:
    """A line as it is: names from files are no markup, and long lines are not broken."""
    answer_console.print(text, soft_wrap=True, markup=False, style=style)


def _money(cents: float) -> str:
    return dollars(cents / 100)


def _signed(cents: float) -> str:
    return f"{'+' if cents > 0 else ''}{dollars(cents / 100)}"
