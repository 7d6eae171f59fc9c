"""The lists that hold all apps at once: each saves a call for every app."""

import asyncio
from dataclasses import dataclass, field

from homeport.heroku.api import calls, errors, wire
from homeport.heroku.api.call import Call, Refusal
from homeport.heroku.api.reader import MISSING, Reader, W, together
from homeport.heroku.api.selection import Selection
from homeport.heroku.api.team_records import convert_dyno_sizes


@dataclass(frozen=True)
class Lists:
    """The lists of the team, as far as they concern the selected apps."""

    apps: tuple[wire.WireApp, ...]
    addons: tuple[wire.WireAddOn, ...] = ()
    attachments: tuple[wire.WireAttachment, ...] = ()
    couplings: tuple[wire.WireCoupling, ...] = ()
    pipelines: tuple[wire.WirePipeline, ...] = ()
    spaces: tuple[wire.WireSpace, ...] = ()
    aws_regions: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> dict[str, str]:
        """Names of apps by id."""
        return {one.id: one.name for one in self.apps}


async def find_apps(reader: Reader, selection: Selection) -> tuple[wire.WireApp, ...]:
    """The apps of the selection. Raises HomeportError with the likeliest meant, if a name is unknown."""
    call = calls.apps(selection.team or "")
    answer = await reader.ask(call)
    if isinstance(answer, Refusal):
        if selection.team and answer.status == MISSING:
            raise errors.unknown("team", [selection.team], (one.name for one in await reader.items(calls.TEAMS) or ()))
        raise errors.refused(call.what, answer)
    by_name = {name: one for one in answer.items for name in (one.id, one.name)}
    missing = [name for name in selection.apps if name not in by_name]
    if missing and not selection.team:
        missing = [name for name in missing if not await _add_app(reader, name, by_name)]
    if missing:
        raise errors.unknown("app", missing, {one.name for one in answer.items})
    if selection.apps:
        return tuple({by_name[name].id: by_name[name] for name in selection.apps}.values())
    return tuple({one.id: one for one in answer.items}.values())


async def _add_app(reader: Reader, name: str, by_name: dict[str, wire.WireApp]) -> bool:
    """Ask for an app that no list shows: whoever may see all apps of a team does not see them listed."""
    answer = await reader.client.read(calls.app(name))
    if isinstance(answer, Refusal) and answer.status != MISSING:
        raise errors.refused(f"app {name}", answer)
    if isinstance(answer, Refusal) or not answer.items:
        return False
    by_name[name] = answer.items[0]
    return True


async def read_lists(reader: Reader, selection: Selection, apps: tuple[wire.WireApp, ...]) -> Lists:
    """What can be asked for all apps at once."""
    team = (selection.team or "") if not selection.apps else ""
    addons, attachments = _ask(reader, calls.addons(team)), _ask(reader, calls.ATTACHMENTS)
    couplings, pipelines = _ask(reader, calls.couplings(team)), _ask(reader, calls.PIPELINES)
    regions, sizes = _ask(reader, calls.REGIONS), _ask(reader, calls.DYNO_SIZES)
    await together((addons, attachments, couplings, pipelines, regions, sizes))
    reader.add(convert_dyno_sizes(sizes.result()))
    spaces = await reader.items(calls.spaces(team)) if any(one.space.name for one in apps) else None
    names, ids = {one.name for one in apps}, {one.id for one in apps}
    attached = tuple(one for one in attachments.result() if one.app.name in names)
    used = {one.addon.id for one in attached}
    coupled = tuple(one for one in couplings.result() if one.app.id in ids)
    in_use = {one.pipeline.id for one in coupled}
    inside = {one.space.name for one in apps}
    return Lists(
        apps,
        tuple(one for one in addons.result() if one.app.name in names or one.id in used),
        attached,
        coupled,
        tuple(one for one in pipelines.result() if one.id in in_use),
        tuple(one for one in spaces or () if team or one.name in inside),
        {one.name: one.provider.region for one in regions.result()},
    )


def _ask(reader: Reader, call: Call[W]) -> asyncio.Task[tuple[W, ...]]:
    async def ask() -> tuple[W, ...]:
        return await reader.items(call) or ()

    return asyncio.create_task(ask())
