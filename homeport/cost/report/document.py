"""Comparison → JSON and CSV."""

import csv
import datetime
import io
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from homeport.cost.compare import Comparison, Leaving, Option
from homeport.cost.estimate import NOT_PRICED, Estimate
from homeport.cost.heroku_bill import BillLine, kind_of, reconcile
from homeport.cost.layout import describe
from homeport.cost.line import Amount, Line, Unknown
from homeport.cost.prices.book import PriceBook
from homeport.cost.sides import Side, by_environment, by_kind, by_service
from homeport.cost.verdict import Verdict

COLUMNS = (
    "side", "environment", "part", "kind", "item", "quantity", "quantity_low", "quantity_high", "unit", "unit_usd",
    "cents", "cents_low", "cents_high", "basis", "basis_source", "price", "sku", "usage_type", "region", "date",
    "confidence", "source", "note",
)  # fmt: skip


def render_json(comparison: Comparison, book: PriceBook) -> dict[str, Any]:
    """Everything; money in cents, not rounded to whole ones."""
    bill, verdict = comparison.bill, comparison.shown.verdict
    return {
        "currency": "USD",
        "tax": "not included, on neither side",
        "layout": comparison.chosen.layout.name,
        "environments": list(comparison.chosen.estimate.environments),
        "aws": _totals(comparison.chosen),
        "heroku": {
            "cents": bill.cents,
            "kept_cents": bill.kept_cents,
            "lines": [
                line.charge.model_dump(include={"app", "environment", "part", "item", "moves"})
                | {"cents": line.cents, "source": line.source}
                for line in bill.lines
            ],
            "invoices": [
                {"month": r.month, "cents": r.invoice_cents, "unexplained_cents": r.unexplained_cents}
                for r in reconcile(bill)
            ],
        },
        "lines": [line_document(line) for line in comparison.chosen.estimate.lines],
        "unknown": unknown_prices(comparison.chosen.estimate),
        "not_in_the_estimate": list(NOT_PRICED),
        "notes": list(comparison.chosen.estimate.notes),
        "by_kind": [_side(side) for side in by_kind(comparison)],
        "by_environment": [_side(side) for side in by_environment(comparison)],
        "by_service": [_side(side) for side in by_service(comparison)],
        "layouts": [_option(option) for option in comparison.options],
        "filled": _filled(comparison),
        "verdict": _verdict(verdict)
        | {
            "prices_from": comparison.filled_from,
            "reasons": list(verdict.reasons),
            "stay": list(verdict.stay),
            "leaving_them": _leaving(comparison.shown.leaving),
            "parts": [
                {"name": p.name, "heroku_cents": p.heroku_cents, "aws_cents": round(p.aws_cents, 2)}
                for p in verdict.parts
            ],
        },
        "prices": {"date": book.date, "weak": [line.price for line in weak_lines(comparison.chosen.estimate)]},
    }


def render_csv(comparison: Comparison) -> str:
    """A row for each charge of Heroku, each line of AWS, and each that waits for a price and so has no cents."""
    estimate = comparison.chosen.estimate
    rows = [_charge_row(line) for line in comparison.bill.lines]
    rows += [line_document(line) for line in estimate.lines]
    rows += [_unknown_row(unknown) for unknown in estimate.unknown]
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _safe(value) for key, value in row.items()} for row in rows)
    return out.getvalue()


def line_document(line: Line) -> dict[str, Any]:
    """A line as plain values, in the order of COLUMNS."""
    quantity = line.quantity
    values = {"side": "aws"} | _quantity(quantity)
    document: dict[str, Any] = {name: values.get(name, getattr(line, name, None)) for name in COLUMNS}
    return document | {name: round(document[name], 4) for name in ("cents", "cents_low", "cents_high")}


def _charge_row(line: BillLine) -> dict[str, Any]:
    charge = line.charge
    stays = "" if charge.moves else ", stays with its vendor"
    return {
        "side": "heroku",
        "environment": charge.environment,
        "part": charge.part,
        "kind": kind_of(charge),
        "item": charge.item,
        "cents": line.cents,
        "source": line.source,
        "note": f"app {charge.app}{stays}" if charge.app else f"the team's own{stays}",
    }


def _unknown_row(unknown: Unknown) -> dict[str, Any]:
    use = unknown.use
    told = {name: getattr(use, name) for name in ("environment", "part", "kind", "item", "price", "region")}
    return {"side": "aws"} | told | _quantity(use.amount) | {"note": unknown.reason}


def _quantity(quantity: Amount) -> dict[str, Any]:
    return {
        "quantity": quantity.typical,
        "quantity_low": quantity.low,
        "quantity_high": quantity.high,
        "basis": quantity.basis,
        "basis_source": quantity.source,
    }


def unknown_prices(estimate: Estimate) -> list[dict[str, Any]]:
    """Each unknown price once, with the lines that wait for it."""
    found: dict[str, dict[str, Any]] = {}
    for unknown in estimate.unknown:
        entry = found.setdefault(unknown.reason, {"reason": unknown.reason, "items": []})
        where = " ".join(filter(None, (unknown.use.environment, unknown.use.part, unknown.use.item)))
        entry["items"].append(where)
    return list(found.values())


def weak_lines(estimate: Estimate) -> list[Line]:
    """One line for each price that is not well founded, the dearest first."""
    weak = [line for line in estimate.lines if line.confidence != "H" and line.cents_high >= 1]
    weak.sort(key=lambda line: (line.confidence != "L", -line.cents))
    return list({(line.price, line.region): line for line in reversed(weak)}.values())[::-1]


def age_sentence(book: PriceBook, lines: Sequence[Line], today: datetime.date) -> str:
    """How old the prices are."""
    oldest = min((line.date for line in lines if line.cents), default=book.date)
    return f"prices: book of {book.date} ({book.age_days(today)} days old), the oldest used is of {oldest}"


def _totals(option: Option) -> dict[str, Any]:
    estimate = option.estimate
    return {
        "cents": round(estimate.cents, 2),
        "cents_low": round(estimate.cents_low, 2),
        "cents_high": round(estimate.cents_high, 2),
        "floor_cents": round(estimate.floor_cents, 2),
        "floor_by_account": {name: round(cents, 2) for name, cents in estimate.floor_by_account.items()},
        "by_account": {name: round(cents, 2) for name, cents in estimate.by_account.items()},
        "cents_with_kept": round(option.cents, 2),
    }


def _filled(comparison: Comparison) -> dict[str, Any] | None:
    """What it would cost if what is unknown cost as in another region; None if nothing is unknown."""
    if comparison.filled is None:
        return None
    filled = comparison.filled
    return (
        _totals(filled.chosen)
        | _verdict(filled.verdict)
        | {"from": comparison.filled_from, "unknown_prices": len(unknown_prices(filled.chosen.estimate))}
    )


def _verdict(verdict: Verdict) -> dict[str, Any]:
    """The saving is None where nobody can say."""
    cents, percent = verdict.saving_cents, verdict.saving_percent
    return {
        "layout": verdict.layout.name,
        "of_layouts_built": verdict.built,
        "is_known": verdict.is_known,
        "moves": verdict.moves,
        "saving_cents": None if cents is None else round(cents, 2),
        "saving_percent": None if percent is None else round(percent, 1),
    }


def _leaving(leaving: Leaving | None) -> dict[str, Any] | None:
    """What it costs in all if the services that had better stay do."""
    if leaving is None:
        return None
    return {
        "services": list(leaving.names),
        "cents": round(leaving.cents, 2),
        "aws_cents": round(leaving.aws_cents, 2),
        "heroku_cents": round(leaving.heroku_cents, 2),
    }


def _side(side: Side) -> dict[str, Any]:
    both = {"heroku_cents": round(side.heroku_cents, 2), "aws_cents": round(side.aws_cents, 2)}
    return {key: value for key, value in asdict(side).items() if isinstance(value, str) and value} | both


def _option(option: Option) -> dict[str, Any]:
    return _totals(option) | {
        "layout": option.layout.name,
        "is": describe(option.layout),
        "missing": list(option.layout.missing),
        "unknown_prices": len(unknown_prices(option.estimate)),
        "more_unknown": list(option.more_unknown),
        "break_even": None if option.break_even is None else asdict(option.break_even),
        "changes": [{"item": change.item, "cents": round(change.cents, 2)} for change in option.changes],
    }


def _safe(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula begins with an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
