"""What Heroku says of a team as a whole → records. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from homeport.heroku import records
from homeport.heroku.api import wire

INVOICES_MAX = 12


def convert_dyno_sizes(sizes: Iterable[wire.WireDynoSize]) -> Iterator[records.DynoSize]:
    for one in sizes:
        yield records.DynoSize(
            origin=f"api: dyno-sizes/{one.name}",
            name=one.name,
            memory_gb=one.memory,
            compute=one.compute,
            cents=one.cost.cents if one.cost.unit in ("", "month") else None,
        )


def convert_addons(addons: Iterable[wire.WireAddOn]) -> Iterator[records.AddOn]:
    for one in addons:
        price = one.billed_price or one.plan.price  # what is billed may be an old price; the plan's is today's
        is_known = price.unit in ("", "month") and not price.contract and not price.metered
        service = one.addon_service.name or one.plan.name.partition(":")[0]
        yield records.AddOn(
            origin=f"api: addons/{one.name}",
            app=one.app.name,
            name=one.name,
            service=service,
            plan=one.plan.name.removeprefix(f"{service}:"),
            cents=price.cents if is_known else None,
            is_metered=price.metered,
            state=one.state or "provisioned",
            id=one.id,
            config_vars=tuple(one.config_vars),
        )


def convert_attachments(attachments: Iterable[wire.WireAttachment]) -> Iterator[records.Attachment]:
    for one in attachments:
        yield records.Attachment(
            origin=f"api: apps/{one.app.name}/addon-attachments/{one.name}",
            app=one.app.name,
            name=one.name,
            addon=one.addon.name,
            namespace=one.namespace,
        )


def convert_pipelines(pipelines: Iterable[wire.WirePipeline]) -> Iterator[records.Pipeline]:
    for one in pipelines:
        yield records.Pipeline(origin=f"api: pipelines/{one.name}", name=one.name)


def convert_couplings(
    couplings: Iterable[wire.WireCoupling], apps: Mapping[str, str], pipelines: Mapping[str, str]
) -> Iterator[records.Coupling]:
    """`apps` and `pipelines` are names by id."""
    for one in couplings:
        app, pipeline = apps[one.app.id], pipelines[one.pipeline.id]
        origin = f"api: pipelines/{pipeline}/pipeline-couplings/{app}"
        yield records.Coupling(origin=origin, app=app, pipeline=pipeline, stage=one.stage)


def convert_review_config(pipeline: str, config: wire.ReviewConfig) -> records.ReviewApps:
    return records.ReviewApps(
        origin=f"api: pipelines/{pipeline}/review-app-config",
        pipeline=pipeline,
        automatic=config.automatic_review_apps,
        stale_days=config.stale_days if config.destroy_stale_apps else None,
    )


def convert_space(space: wire.WireSpace, nat: wire.Nat) -> records.Space:
    return records.Space(
        origin=f"api: spaces/{space.name}",
        name=space.name,
        region=space.region.name,
        is_shield=space.shield,
        cidr=space.cidr,
        egress_ips=tuple(nat.sources),
    )


def convert_invoices(owner: str, invoices: Iterable[wire.WireInvoice]) -> Iterator[records.Invoice | records.Doubt]:
    """The newest twelve. `owner` is `teams/NAME` or `account`."""
    by_month = {}
    for one in invoices:
        month = _month(one.period_start)
        place = f"api: {owner}/invoices/{one.number or month or one.period_start}"
        if not month or one.total is None or one.total < 0:
            yield records.Doubt(place, "has no month or no total; it is left out")
            continue
        parts = one if isinstance(one, wire.TeamInvoice) else wire.TeamInvoice()
        by_month[month, place] = records.Invoice(
            origin=place,
            month=month,
            total_cents=round(one.total),
            addons_cents=parts.addons_total,
            database_cents=parts.database_total,
            platform_cents=parts.platform_total,
            weighted_dyno_hours=parts.weighted_dyno_hours,
        )
    yield from (by_month[key] for key in sorted(by_month)[-INVOICES_MAX:])


def _month(date: str) -> str:
    """`2026-10`; Heroku's schema shows dates as 10/01/2026."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}.*", date, re.ASCII):
        return date[:7]
    try:
        return datetime.strptime(date, "%m/%d/%Y").strftime("%Y-%m")
    except ValueError:
        return ""
