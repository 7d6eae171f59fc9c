"""What belongs to no single app: add-ons and their attachments, pipelines, spaces, invoices."""

from collections.abc import Iterable

from homeport.heroku.api import calls, team_records, wire
from homeport.heroku.api.app_records import convert_links
from homeport.heroku.api.read_lists import Lists
from homeport.heroku.api.reader import Reader, together
from homeport.heroku.api.selection import Selection
from homeport.heroku.records import Doubt, Inventory


async def read_links(reader: Reader, lists: Lists) -> frozenset[str]:
    """Ids of the apps whose GitHub branch, or that there is none, the pipelines tell: it saves a call for each."""
    told: set[str] = set()
    found = await together(reader.items(calls.pipeline_links(one)) for one in lists.pipelines)
    for pipeline, links in zip(lists.pipelines, found, strict=True):
        if links is not None:
            reader.add(convert_links(links, lists.names))
            told |= {one.app.id for one in lists.couplings if one.pipeline.id == pipeline.id}
    return frozenset(told)


async def read_shared(reader: Reader, selection: Selection, lists: Lists) -> Inventory:
    """All of it, with what the reader found before."""
    pipelines = {one.id: one.name for one in lists.pipelines}
    reader.add(team_records.convert_addons(lists.addons))
    reader.add(team_records.convert_attachments(lists.attachments))
    reader.add(team_records.convert_pipelines(lists.pipelines))
    reader.add(
        team_records.convert_couplings(
            (one for one in lists.couplings if one.pipeline.id in pipelines), lists.names, pipelines
        )
    )
    _doubt_unknown(reader, lists, pipelines)
    await together(_read_pipeline(reader, one) for one in lists.pipelines)
    await together(_read_space(reader, one) for one in lists.spaces)
    await _read_invoices(reader, selection, lists)
    return reader.inventory()


def _doubt_unknown(reader: Reader, lists: Lists, pipelines: dict[str, str]) -> None:
    """What is referred to, and was in no list."""
    addons = {one.id for one in lists.addons}
    for attachment in lists.attachments:
        if attachment.addon.id not in addons:
            place = f"api: apps/{attachment.app.name}/addon-attachments/{attachment.name}"
            owner = f"app {attachment.addon.app.name}" if attachment.addon.app.name else "another app"
            text = f"is an add-on of {owner}, which the token does not show: its plan and price are unknown"
            reader.doubts.append(Doubt(place, text))
    for coupling in lists.couplings:
        if coupling.pipeline.id not in pipelines:
            place = f"api: pipelines/{coupling.pipeline.id}"
            app = lists.names[coupling.app.id]
            reader.doubts.append(Doubt(place, f"{app} is in it as {coupling.stage}, and the token does not show it"))


async def _read_pipeline(reader: Reader, pipeline: wire.WirePipeline) -> None:
    for config in await reader.items(calls.review_config(pipeline)) or ():
        reader.add([team_records.convert_review_config(pipeline.name, config)])


async def _read_space(reader: Reader, space: wire.WireSpace) -> None:
    nat = await reader.items(calls.space_nat(space.name)) or (wire.Nat(),)
    reader.add([team_records.convert_space(space, nat[0])])


async def _read_invoices(reader: Reader, selection: Selection, lists: Lists) -> None:
    """Of the team; without one, of every team that owns a selected app, and of the account for its own apps."""
    teams = {selection.team} if selection.team else {one.team.name for one in lists.apps}
    for team in sorted(filter(None, teams)):
        found = await reader.items(calls.invoices(team)) or ()
        _add_invoices(reader, f"teams/{team}", found)
    if "" in teams:
        found_own = await reader.items(calls.ACCOUNT_INVOICES) or ()
        _add_invoices(reader, "account", found_own)
        if found_own:
            text = "the unit of their totals is not in Heroku's schema; they are taken as cents"
            reader.doubts.append(Doubt(calls.ACCOUNT_INVOICES.place, text))


def _add_invoices(reader: Reader, owner: str, found: Iterable[wire.WireInvoice]) -> None:
    for one in team_records.convert_invoices(owner, found):
        if isinstance(one, Doubt):
            reader.doubts.append(one)
        else:
            reader.add([one])
