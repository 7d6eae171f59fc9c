"""`homeport estimate`: the Heroku bill beside AWS; `homeport prices`: the book that it is made of."""

import datetime
import json
from pathlib import Path

import click

from homeport.cli.output import answer_console, print_table, progress_console
from homeport.cli.prices import prices
from homeport.cost.compare import Comparison, compare
from homeport.cost.heroku_bill import HerokuBill, reconcile
from homeport.cost.layout import WORDS, describe, parse_layout
from homeport.cost.line import KINDS
from homeport.cost.place import is_production
from homeport.cost.prices.book import PriceBook, load_book
from homeport.cost.report.chart import dollars
from homeport.cost.report.document import age_sentence, render_csv, render_json, unknown_prices, weak_lines
from homeport.cost.report.infracost import render_infracost
from homeport.cost.report.page import render_page
from homeport.cost.usage_file import NAME, load_usage, strangers
from homeport.errors import HomeportError
from homeport.model.load import load_platform
from homeport.model.platform import Platform
from homeport.model.usage import Usage
from homeport.system.files import replace_file

__all__ = ["estimate", "prices"]
BOOK = "homeport.prices.json"  # what `prices refresh` writes
PATH = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option("-e", "--environment", "environments", multiple=True, help="Only this one; may be given again.")
@click.option("--layout", default="", metavar="WORDS", help=f"How it is laid out: {', '.join(WORDS)}, nat=N.")
@click.option("--usage", "usage_file", type=PATH, help=f"What is used and paid today.  [default: {NAME}]")
@click.option("--prices", "book_file", type=PATH, help=f"Prices laid over the shipped ones.  [default: {BOOK}]")
@click.option("--fill-from", metavar="REGION", help="Take prices unknown in a region from this one, marked as weak.")
@click.option("--lines", is_flag=True, help="Print every line of the AWS bill.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON; money in cents.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the lines of the AWS bill as CSV.")
@click.option("--html", type=PATH, help="Write a page with charts, for a browser or a mail.")
@click.option("--infracost", type=PATH, help="Write infracost-usage.yml for the Terraform of one environment.")
@click.pass_obj
def estimate(  # noqa: PLR0913
    file: Path,
    environments: tuple[str, ...],
    layout: str,
    usage_file: Path | None,
    book_file: Path | None,
    fill_from: str | None,
    lines: bool,
    as_json: bool,
    as_csv: bool,
    html: Path | None,
    infracost: Path | None,
) -> None:
    """Show what AWS would cost beside the Heroku bill.

    Reads homeport.yml and homeport.usage.yml, which `homeport import` writes. What is not measured is assumed, with
    low, typical and high. Needs no AWS account and no network.
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv are two answers; ask for one")
    wanted = parse_layout(layout)
    platform = load_platform(file)
    usage = _usage(file, usage_file, platform)
    book = _book(file, book_file, fill_from)
    comparison = compare(platform, usage, book, wanted, environments)
    if html:
        _write(html, render_page(platform.name, comparison, book, datetime.date.today()))
    if infracost:
        _write(infracost, _infracost(platform, usage, book, comparison, environments))
    if as_json:
        click.echo(json.dumps(render_json(comparison, book), indent=2))
    elif as_csv:
        click.echo(render_csv(comparison.chosen.estimate), nl=False)
    else:
        _print(comparison, book, lines)


def _usage(file: Path, usage_file: Path | None, platform: Platform) -> Usage:
    beside = file.parent / NAME
    if usage_file is None and not beside.exists():
        _say(
            f"{beside}: does not exist, so traffic is assumed and the Heroku bill unknown; `homeport import` writes it"
        )
        return Usage()
    usage = load_usage(usage_file or beside)
    for sentence in strangers(usage, platform):
        _say(f"{usage_file or beside}: {sentence}")
    return usage


def _book(file: Path, book_file: Path | None, fill_from: str | None) -> PriceBook:
    beside = file.parent / BOOK
    book = load_book(book_file or (beside if beside.exists() else None))
    if fill_from is None:
        return book
    if fill_from not in book.regions:
        raise HomeportError(f"region {fill_from}: has no prices", f"known: {', '.join(book.regions)}")
    return book.filled_from(fill_from)


def _infracost(
    platform: Platform, usage: Usage, book: PriceBook, comparison: Comparison, environments: tuple[str, ...]
) -> str:
    """Of the one environment that was named, else of production."""
    names = environments or comparison.chosen.estimate.environments
    production = [name for name in names if is_production(platform, name)] or list(names)
    if len(production) > 1:
        raise HomeportError(
            "--infracost: is for one environment, as each has its own Terraform",
            f"name it: --environment {production[0]}",
        )
    layout = comparison.chosen.layout
    one = compare(platform, usage, book, layout, production).chosen.estimate
    there = platform.in_environment(production[0])
    zones = 2 if there.environments[production[0]].availability == "high" else 1
    return render_infracost(one, _kinds(there), zones)


def _kinds(platform: Platform) -> dict[str, str]:
    kinds = {"services": "service", "functions": "function", "databases": "database", "buckets": "bucket"}
    found = {name: kind for plural, kind in kinds.items() for name in getattr(platform, plural)}
    return found | dict.fromkeys(platform.topics, "topic") | {"": ""}


def _write(path: Path, text: str) -> None:
    replace_file(path, text.encode())
    _say(f"{path} is written")


def _say(text: str) -> None:
    progress_console.print(text, soft_wrap=True)


def _print(comparison: Comparison, book: PriceBook, every_line: bool) -> None:
    _print_heads(comparison)
    _print_parts(comparison)
    if every_line:
        _print_lines(comparison)
    _print_kinds(comparison)
    _print_layouts(comparison)
    _print_verdict(comparison)
    _print_doubts(comparison, book)


def _print_heads(comparison: Comparison) -> None:
    chosen, bill = comparison.chosen, comparison.bill
    where = ", ".join(chosen.estimate.environments)
    answer_console.print(f"A month in US dollars, without tax: {where}; {describe(chosen.layout)}\n", soft_wrap=True)
    low, high = chosen.estimate.cents_low + bill.kept_cents, chosen.estimate.cents_high + bill.kept_cents
    kept = f", with {_money(bill.kept_cents)} to vendors that stay" if bill.kept_cents else ""
    answer_console.print(f"Heroku  {_money(bill.cents) if bill.cents else 'unknown':>10}")
    answer_console.print(f"AWS     {_money(chosen.cents):>10}  ({_money(low)} to {_money(high)}{kept})", soft_wrap=True)
    if bill.cents:
        percent = 100 * (bill.cents - chosen.cents) / bill.cents
        answer_console.print(f"        {abs(percent):>9.1f}% {'less' if percent >= 0 else 'more'} on AWS")
    for month in reconcile(bill):
        rest = _money(month.unexplained_cents)
        answer_console.print(
            f"Invoice of {month.month}: {_money(month.invoice_cents)}, unexplained by the lines: {rest}"
        )
    answer_console.print()


def _print_parts(comparison: Comparison) -> None:
    bill, chosen = comparison.bill, comparison.chosen
    rows = [(part.name, part.heroku_cents, part.aws_cents) for part in chosen.parts]
    rows.append(("shared by all", 0, chosen.estimate.floor_cents))
    rows += [("vendors that stay", bill.kept_cents, bill.kept_cents)] if bill.kept_cents else []
    if bill.cents:
        table = [(name, _money(heroku), _money(aws), _signed(aws - heroku)) for name, heroku, aws in rows]
        print_table(("Service, with its data", "Heroku", "AWS", "Change"), table)
    else:
        print_table(("Service, with its data", "AWS"), [(name, _money(aws)) for name, _, aws in rows])
    if len({line.charge.environment for line in bill.lines}) > 1:
        answer_console.print("Heroku by environment: " + _by_environment(bill), soft_wrap=True)
    answer_console.print()


def _by_environment(bill: HerokuBill) -> str:
    return ", ".join(f"{name} {_money(cents)}" for name, cents in bill.by(lambda c: c.environment or "shared").items())


def _print_lines(comparison: Comparison) -> None:
    rows = [
        (
            f"{line.environment} {line.part or 'shared'}".strip(),
            line.item,
            f"{line.quantity.typical:,.2f} {line.unit}",
            _money(line.cents_low),
            _money(line.cents),
            _money(line.cents_high),
            f"{line.basis} {line.confidence}",
        )
        for line in comparison.chosen.estimate.lines
    ]
    print_table(("Where", "Item", "Quantity", "Low", "Typical", "High", "Basis"), rows)
    answer_console.print()


def _print_kinds(comparison: Comparison) -> None:
    rows = []
    for kind in KINDS:
        found = [line for line in comparison.chosen.estimate.lines if line.kind == kind]
        sums = [sum(getattr(line, name) for line in found) for name in ("cents_low", "cents", "cents_high")]
        if found:
            rows.append((kind, *(_money(cents) for cents in sums)))
    print_table(("AWS, by kind", "Low", "Typical", "High"), rows)
    answer_console.print()


def _print_layouts(comparison: Comparison) -> None:
    rows = []
    for option in comparison.options:
        even = "" if option.break_even_cents is None else _money(option.break_even_cents)
        if option.more_unknown:
            even = "unknown"
        elif comparison.bill.cents and not even:
            even = "never"
        changes = "; ".join(f"{c.item.partition(': ')[2] or c.item} {_signed(c.cents)}" for c in option.changes[:2])
        mark = " (recommended)" if option.layout == comparison.verdict.layout else ""
        star = "*" if option.layout.missing else ""
        least = ">" if option.more_unknown else ""
        rows.append((f"{option.layout.name}{star}{mark}", f"{least}{_money(option.cents)}", even, changes))
    print_table(("Layout", "Month", "Breaks even", "What changes most"), rows)
    answer_console.print("* Homeport does not build it yet. Breaks even: the Heroku bill that costs the same.\n")


def _print_verdict(comparison: Comparison) -> None:
    verdict = comparison.verdict
    if comparison.bill.cents:
        answer = f"Move, laid out as {verdict.layout.name}." if verdict.moves else "Stay on Heroku."
        answer_console.print(answer, style="bold")
    for reason in verdict.reasons:
        answer_console.print(f"- {reason}", soft_wrap=True)
    for part in verdict.parts:
        if part.is_dearer:
            both = f"{_money(part.aws_cents)} on AWS, {_money(part.heroku_cents)} on Heroku"
            answer_console.print(f"- do not move {part.name}: {both}", soft_wrap=True)
    answer_console.print()


def _print_doubts(comparison: Comparison, book: PriceBook) -> None:
    chosen = comparison.chosen.estimate
    for unknown in unknown_prices(chosen):
        answer_console.print(f"- unknown: {unknown['reason']} ({len(unknown['items'])} lines)", soft_wrap=True)
    for line in comparison.bill.unknown:
        answer_console.print(
            f"- unknown: what Heroku bills for {line.charge.item} of {line.charge.app}", soft_wrap=True
        )
    for note in chosen.notes:
        answer_console.print(f"- {note}", soft_wrap=True)
    weak = weak_lines(chosen)
    if weak:
        named = ", ".join(f"{line.price} ({line.confidence})" for line in weak)
        answer_console.print(f"- weakly founded prices: {named}", soft_wrap=True)
    answer_console.print(f"- {age_sentence(book, chosen.lines, datetime.date.today())}", soft_wrap=True)
    if chosen.unknown or weak:
        answer_console.print("- `homeport prices refresh` reads today's prices from AWS", soft_wrap=True)


def _money(cents: float) -> str:
    return dollars(cents / 100)


def _signed(cents: float) -> str:
    return f"{'+' if cents > 0 else ''}{dollars(cents / 100)}"
