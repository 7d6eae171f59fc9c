"""Each record → its fate, and all fates → the Report. That a record is in exactly one list is so by construction."""

from collections.abc import Callable, Iterator
from typing import Any

from homeport.heroku import records as kinds
from homeport.heroku.convert import config, tell_code, tell_data, tell_team
from homeport.heroku.convert.draft import Draft
from homeport.heroku.convert.fate import Fate, collect, not_moved
from homeport.heroku.convert.records import Records
from homeport.heroku.convert.services import formation_origin
from homeport.heroku.records import Doubt, DynoSize, Inventory, Record
from homeport.heroku.report import CHANGED, MOVED, NOT_MOVED, Report

# The record's own type makes the arguments right: Any stands for it.
TELLERS: dict[type[Record], Callable[[Records, Draft, Any], Fate]] = {
    kinds.App: tell_code.tell_app,
    kinds.Process: tell_code.tell_process,
    kinds.Autoscale: tell_code.tell_autoscale,
    kinds.Traffic: tell_code.tell_traffic,
    kinds.Release: tell_code.tell_release,
    kinds.Pipeline: tell_code.tell_pipeline,
    kinds.Coupling: tell_code.tell_coupling,
    kinds.ReviewApps: tell_code.tell_review_apps,
    kinds.Repository: tell_code.tell_repository,
    kinds.Buildpack: tell_code.tell_buildpack,
    kinds.SystemPackage: tell_code.tell_package,
    kinds.BuildHook: tell_code.tell_hook,
    kinds.DockerImage: tell_code.tell_image,
    kinds.PythonVersion: tell_code.tell_python,
    kinds.Requirements: tell_code.tell_requirements,
    kinds.Job: tell_code.tell_job,
    kinds.AddOn: tell_data.tell_addon,
    kinds.Attachment: tell_data.tell_attachment,
    kinds.DatabaseFacts: tell_data.tell_database,
    kinds.CacheFacts: tell_data.tell_cache,
    kinds.ConfigVar: tell_data.tell_config,
    kinds.Domain: tell_team.tell_domain,
    kinds.Certificate: tell_team.tell_certificate,
    kinds.Collaborator: tell_team.tell_collaborator,
    kinds.Drain: tell_team.tell_drain,
    kinds.Feature: tell_team.tell_feature,
    kinds.Webhook: tell_team.tell_webhook,
    kinds.Space: tell_team.tell_space,
    kinds.Invoice: tell_team.tell_invoice,
    kinds.Other: tell_team.tell_other,
}
# These are told by what they became, even if the app that they belong to does not move.
TOLD_WITHOUT_APP = (kinds.AddOn, kinds.Attachment, kinds.DatabaseFacts, kinds.CacheFacts, kinds.Invoice, kinds.Space)


def tell_all(inventory: Inventory, records: Records, draft: Draft) -> Report:
    """The report of every record but the catalogue of dyno sizes, which is no thing that moves."""
    fates = [(record, tell(records, draft, record)) for record in records.every if not isinstance(record, DynoSize)]
    return Report(
        platform=draft.name,
        moved=collect(fates, MOVED),
        changed=collect(fates, CHANGED),
        not_moved=collect(fates, NOT_MOVED),
        unreadable=tuple(sorted(set(inventory.unreadable), key=lambda item: (item.app, item.what, item.reason))),
        doubts=tuple(sorted({*inventory.doubts, *_doubts(records, draft)}, key=lambda d: (d.place, d.text))),
        next_steps=tuple(_next_steps(draft)),
    )


def tell(records: Records, draft: Draft, record: Record) -> Fate:
    """The fate of one record."""
    member = draft.member(record.app)
    if record.app and not member.service and not isinstance(record, TOLD_WITHOUT_APP):
        return not_moved(f"app {record.app}", member.why, member.advice)
    return TELLERS[type(record)](records, draft, record)


def _doubts(records: Records, draft: Draft) -> list[Doubt]:
    """What is odd about the whole: services and data that are not in every environment, names."""
    found = []
    if draft.full_name:
        text = f"{draft.name} is shortened or changed from {draft.full_name}; choose another with --name before the "
        text += "first apply"
        found.append(Doubt("homeport.yml: name", text))
    for name, full in draft.full_names.items():
        found.append(Doubt(f"homeport.yml: {name}", f"name shortened or changed from {full}, to be legal and free"))
    for service in draft.services:
        absent = [name for name in draft.environments if name not in service.apps()]
        if absent:
            text = f"has no app for {', '.join(absent)}: it is declared there, and no task of it runs"
            found.append(Doubt(f"homeport.yml: services.{service.name}", text))
    for part in draft.data:
        absent = [name for name in draft.environments if name not in part.settings]
        if absent:
            text = f"has nothing on Heroku in {', '.join(absent)}: the smallest size is made there, empty, and paid for"
            found.append(Doubt(f"homeport.yml: {part.kind}.{part.name}", text))
    found += _unread_doubts(records, draft)
    return found


def _unread_doubts(records: Records, draft: Draft) -> Iterator[Doubt]:
    """What homeport.yml cannot say, because it could not be read."""
    for service in draft.services:
        for app in service.apps().values():
            hidden = [p.type for p in service.processes if records.is_hidden(formation_origin(app, p.type), app)]
            if hidden:
                text = f"sizes and numbers of {', '.join(hidden)} could not be read: one small task of each is assumed"
                yield Doubt(f"homeport.yml: services.{service.name}", f"{app}: {text}")
            if config.are_addons_hidden(records, app):
                text = f"add-ons of {app} could not be read: its databases and caches are missing in `uses`"
                yield Doubt(f"homeport.yml: services.{service.name}", text)


def _next_steps(draft: Draft) -> list[str]:
    clones = [
        f"`git clone {service.repository} {service.path}`"
        for service in draft.services
        if service.repository and not any(member.is_checkout for member in service.members)
    ]
    steps = ["look through homeport.yml and the list of what did not move"]
    steps += [f"get the code: {', '.join(clones)}"] if clones else []
    steps += ["`homeport check`", "`homeport estimate`: Heroku's bill beside AWS's"]
    return [*steps, "`homeport up`: rehearse all of it on this machine"] if draft.services else steps
