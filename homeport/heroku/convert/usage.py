"""Records and what became of them → homeport.usage.yml: today's bill line by line, and what was measured."""

from collections.abc import Iterator
from typing import Any

import yaml

from homeport.heroku.convert import data, vendors
from homeport.heroku.convert.draft import Draft
from homeport.heroku.convert.records import Records
from homeport.heroku.convert.sizes import dyno_key
from homeport.heroku.records import AddOn, DatabaseFacts, DynoSize, Invoice, Process, Space, Traffic
from homeport.model.usage import (
    TAIL,
    Charge,
    DataUsage,
    EnvironmentUsage,
    HerokuBill,
    HerokuInvoice,
    Quantity,
    ServiceUsage,
    Usage,
    mean_of,
)

ECO = "one subscription of the account, whatever the number of Eco dynos"
LEAST_MS = 0.1  # no request is quicker: what says so is no measurement
MONTH_SECONDS = 730 * 3600  # as AWS counts
HEADER = """\
# What the platform costs on Heroku and uses, as `homeport import` found it; `homeport estimate` reads it. Correct what
# you know better: importing again keeps your numbers. A plain number is one that you measured. Months have 730 hours.
"""


def decide_usage(records: Records, draft: Draft) -> Usage:
    charges = [*_dynos(records, draft), *_addons(records, draft), *_spaces(records)]
    invoices = {
        invoice.month: HerokuInvoice(month=invoice.month, total_cents=max(0, invoice.total_cents))
        for invoice in records.of(Invoice)
        if _is_month(invoice.month)
    }
    bill = HerokuBill(
        charges=tuple(sorted(charges, key=lambda charge: (charge.app, charge.item, charge.source))),
        invoices=tuple(invoice for _, invoice in sorted(invoices.items(), reverse=True)),
    )
    return Usage(
        heroku=bill,
        environments={name: _environment(records, draft, name) for name in sorted(draft.environments)},
    )


def render_usage(usage: Usage) -> str:
    """Text of homeport.usage.yml."""
    document = usage.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    text: str = yaml.safe_dump(document or {"environments": {}}, sort_keys=False, allow_unicode=False, width=120)
    return HEADER + text


def _is_month(text: str) -> bool:
    year, _, month = text.partition("-")
    return text.isascii() and len(year) == 4 and len(month) == 2 and (year + month).isdigit()


def _dynos(records: Records, draft: Draft) -> Iterator[Charge]:
    """Eco dynos have no price each: the estimate counts their subscription once."""
    prices = {size.name.lower(): size.cents for size in records.of(DynoSize)}
    for process in records.of(Process):
        if not process.quantity or process.quantity < 0 or not process.size:
            continue
        member = draft.member(process.app)
        if member.is_checkout and not member.environment:
            continue
        is_eco = dyno_key(process.size) == "eco"
        price = None if is_eco else prices.get(process.size.lower())
        yield Charge(
            app=process.app,
            environment=member.environment if member.service else "",
            part=member.service,
            item=f"{process.type}: {process.quantity} x {process.size}",
            cents=max(0, price) * process.quantity if price is not None else None,
            moves=not member.stays,
            source=ECO if is_eco else "dyno-sizes" if price is not None else "",
        )


def _addons(records: Records, draft: Draft) -> Iterator[Charge]:
    for addon in records.of(AddOn):
        member = draft.member(addon.app)
        if addon.app in records.checkouts and not member.environment:
            continue
        part = draft.part_of(addon.origin)
        environment = next((name for name, origin in part.addons.items() if origin == addon.origin), "") if part else ""
        is_ours = bool(data.kind_of(addon)) or not vendors.find_vendor(addon.service).is_paid_on
        moves = is_ours and (part is not None or not member.stays)
        yield Charge(
            app=addon.app,
            environment=environment or member.environment,
            part=part.name if part else "",
            item=f"{addon.service}:{data.plan_of(addon) or 'default'}",
            cents=max(0, addon.cents) if addon.cents is not None and not addon.is_metered else None,
            source=f"billed_price of {addon.name}" if addon.cents is not None else f"not known, of {addon.name}",
            moves=moves,
        )


def _spaces(records: Records) -> Iterator[Charge]:
    for space in records.of(Space):
        yield Charge(item=f"{'shield' if space.is_shield else 'private'} space: {space.name}", cents=None)


def _environment(records: Records, draft: Draft, environment: str) -> EnvironmentUsage:
    services = {}
    for service in draft.services:
        app = service.apps().get(environment)
        tasks = {
            process.name: Quantity(typical=size.average, source=f"formation of {app}")
            for process in service.processes
            if (size := process.sizes.get(environment)) and size.average is not None
        }
        measured = _traffic(records, app) if app else ServiceUsage()
        if tasks or measured.requests:
            services[service.name] = measured.model_copy(update={"tasks": tasks})
    found = {part.name: usage for part in draft.data if (usage := _size(records, part.addons.get(environment)))}
    return EnvironmentUsage(services=services, data=found)


def _traffic(records: Records, app: str) -> ServiceUsage:
    """Requests a month and how long they take, from the router's metrics of the web process.

    The router tells percentiles, no average: with both, the average is that of the lognormal that has them.
    """
    for traffic in records.of(Traffic, app):
        seconds = traffic.step_seconds * len(traffic.requests)
        if traffic.type == "web" and seconds > 0 and min(traffic.requests) >= 0:
            source = f"router metrics of {app}, {seconds / 86400:.1f} days from {traffic.start:%Y-%m-%d}"
            month = round(sum(traffic.requests) / seconds * MONTH_SECONDS)
            return ServiceUsage(
                requests=Quantity(typical=month, source=source), **_durations(traffic.p50_ms, traffic.p95_ms, source)
            )
    return ServiceUsage()


def _durations(p50_ms: float | None, p95_ms: float | None, source: str) -> dict[str, Any]:
    """Nothing without a median that can be one; without a p95 above it, the spread is assumed."""
    if not p50_ms or p50_ms < LEAST_MS:
        return {}
    if p95_ms is None or p95_ms < p50_ms:
        mean = Quantity(
            typical=round(mean_of(p50_ms, TAIL * p50_ms), 1),
            basis="assumed",
            source=f"{source}: median, spread assumed",
        )
        return {"p50_ms": p50_ms, "duration_ms": mean}
    mean = Quantity(typical=round(mean_of(p50_ms, p95_ms), 1), source=f"{source}: from p50 and p95")
    return {"p50_ms": p50_ms, "p95_ms": p95_ms, "duration_ms": mean}


def _size(records: Records, origin: str | None) -> DataUsage | None:
    addon: Any = next((addon for addon in records.of(AddOn) if addon.origin == origin), None) if origin else None
    facts: DatabaseFacts | None = records.database_facts(addon.name) if addon else None
    if facts is None or facts.size_bytes is None or facts.size_bytes < 0:
        return None
    gigabytes = round(facts.size_bytes / 1e9, 2)
    return DataUsage(storage_gb=Quantity(typical=gigabytes, source=f"size of {addon.name} on Heroku"))
