"""One app, in about a dozen calls: those that can say nothing for this app are not made."""

from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from homeport.heroku.api import app_records as convert
from homeport.heroku.api import calls, data_records, wire
from homeport.heroku.api.app_records import Known
from homeport.heroku.api.call import Call, Refusal
from homeport.heroku.api.reader import MISSING, Reader, together
from homeport.heroku.records import Doubt, Inventory, Record, Unreadable

W = TypeVar("W", bound=wire.Wire)

FORBIDDEN = 403
BAD_REQUESTS = (400, 422)
FIR = "fir"
SCHEDULER = "scheduler"
AUTOSCALED = ("performance", "private", "shield")  # sizes that Heroku can autoscale


@dataclass(frozen=True)
class AppContext:
    """What is known of an app before it is asked. `end` is that of the metrics."""

    app: wire.WireApp
    known: Known
    end: datetime
    services: frozenset[str] = field(default_factory=frozenset)  # of its add-ons
    is_linked: bool = False  # its GitHub repository is known from its pipeline


async def read_app(reader: Reader, context: AppContext) -> Inventory:
    """Everything of the app; one line that says why, if it may not be read or is gone."""
    app = context.app
    answer = await reader.ask(calls.formation(app.name))
    if isinstance(answer, Refusal) and answer.status == FORBIDDEN:
        reader.add([convert.convert_app(app, context.known)])
        reader.note_hidden(f"everything of app {app.name} but its name", everything_of(app.name), answer)
        return reader.inventory()
    if isinstance(answer, Refusal):
        reader.note(calls.formation(app.name), answer)
    formation = () if isinstance(answer, Refusal) else answer.items
    reader.add([convert.convert_app(app, context.known)])
    reader.add(convert.convert_formation(app.name, formation))
    await together(part for part in _parts(reader, context, formation))
    if MISSING in reader.statuses and (gone := await _find_gone(reader, app)):
        return Inventory(unreadable=(gone,))
    return reader.inventory()


def everything_of(app: str) -> tuple[str, ...]:
    """Patterns of the origins of all that is asked for one app."""
    return tuple(f"{host}: apps/{app}/*" for host in ("api", "metrics", "github"))


def _parts(
    reader: Reader, context: AppContext, formation: tuple[wire.Formation, ...]
) -> Iterator[Coroutine[Any, Any, None]]:
    """What is asked besides the formation."""
    app, name = context.app, context.app.name
    yield _config(reader, context)
    yield _domains(reader, app)
    yield _release(reader, app)
    yield _simple(reader, calls.buildpacks(name), convert.convert_buildpacks)
    yield _simple(reader, calls.collaborators(name), convert.convert_collaborators)
    yield _simple(reader, calls.features(name), convert.convert_features)
    yield _simple(reader, calls.webhooks(name), convert.convert_webhooks)
    if app.generation == FIR:
        yield _simple(reader, calls.telemetry_drains(name), convert.convert_telemetry_drains)
    else:
        yield _simple(reader, calls.log_drains(name), convert.convert_log_drains)
    if SCHEDULER in context.services:
        yield _scheduler(reader, name)
    if not context.is_linked:
        yield _link(reader, app)
    web = next((one for one in formation if one.type == "web" and one.quantity), None)
    if web:
        yield _traffic(reader, context)
    if web and app.generation != FIR and (web.dyno_size.name or web.size).lower().startswith(AUTOSCALED):
        yield _simple(reader, calls.monitors(app), convert.convert_monitors)


async def _simple(reader: Reader, call: Call[W], convert_all: Callable[[str, Iterable[W]], Iterable[Record]]) -> None:
    """A list that becomes records, item by item."""
    reader.add(convert_all(reader.app, await reader.items(call) or ()))


async def _config(reader: Reader, context: AppContext) -> None:
    """Names with their owners, and values; in the plain form where Heroku does not give the long one."""
    name = reader.app
    call = calls.settings(name)
    answer = await reader.ask(call)
    if isinstance(answer, Refusal) and answer.status == FORBIDDEN:
        reader.note(call, answer)
        return
    if isinstance(answer, Refusal):  # the long form is not offered for every app
        plain = await reader.items(calls.config_vars(name)) or ()
        settings = tuple(wire.Setting(key=key, value=value) for one in plain for key, value in one.vars.items())
    else:
        settings = answer.items
        if any(one.value is None and not one.masked for one in settings):
            plain = await reader.items(calls.config_vars(name)) or ()
            reader.values |= {
                (name, key): value for one in plain for key, value in one.vars.items() if value is not None
            }
    reader.add(convert.convert_settings(name, settings, context.known))
    reader.values |= {(name, one.key): one.value for one in settings if one.value is not None}
    for one in settings:
        if one.masked:
            reader.values.pop((name, one.key), None)
            what = f"value of config var {one.key} of {name}"
            reader.unreadable.append(Unreadable(what, "it is masked: Heroku shows its value to nobody", name))


async def _domains(reader: Reader, app: wire.WireApp) -> None:
    """Domains; a call for certificates only where somebody brought one."""
    domains = await reader.items(calls.domains(app.name)) or ()
    reader.add(convert.convert_domains(app.name, domains))
    reader.add(convert.convert_managed_certificates(app.name, domains))
    if any(one.sni_endpoint.name and not one.acm_status for one in domains):
        managed = {one.sni_endpoint.name for one in domains if one.acm_status}
        certificates = await reader.items(calls.certificates(app.name)) or ()
        reader.add(convert.convert_certificates(app.name, (one for one in certificates if one.name not in managed)))


async def _release(reader: Reader, app: wire.WireApp) -> None:
    """The current release, and the commands of its slug or image."""
    releases = await reader.items(calls.releases(app.name))
    current = convert.find_current(releases or ())
    if current is None:
        if releases:
            place = calls.releases(app.name).place
            reader.doubts.append(Doubt(place, "none of the ten newest is current; no release is taken"))
        return
    commit = ""
    if current.slug.id:
        for slug in await reader.items(calls.slug(app.name, current.slug.id)) or ():
            commit = slug.commit
            reader.add(convert.convert_commands(app.name, "slugs/current", slug.process_types))
    elif current.oci_image.id:
        for image in await reader.items(calls.oci_image(app.name, current.oci_image.id)) or ():
            commit = image.commit
            commands = {kind: one.display_cmd or one.command for kind, one in image.process_types.items()}
            reader.add(convert.convert_commands(app.name, "oci-images/current", commands))
    reader.add([convert.convert_release(app.name, current, commit)])


async def _scheduler(reader: Reader, name: str) -> None:
    """Its jobs are in no API: what runs just now is seen, the rest must be told."""
    await _simple(reader, calls.dynos(name), convert.convert_dynos)
    reason = "Heroku Scheduler has no API: only jobs that were running were seen"
    reader.unreadable.append(Unreadable(f"jobs of Heroku Scheduler of {name}", reason, name))


async def _link(reader: Reader, app: wire.WireApp) -> None:
    links = await reader.items(calls.app_link(app)) or ()
    itself = wire.Named(id=app.id, name=app.name)
    own = [one.model_copy(update={"app": itself}) for one in links]
    reader.add(convert.convert_links(own, {app.id: app.name}))


async def _traffic(reader: Reader, context: AppContext) -> None:
    """Seven days hour by hour; one day, where Heroku does not keep more."""
    app = context.app
    for days in calls.TRAFFIC_DAYS:
        call = calls.router_metrics(app, "status", context.end, days)
        status = await reader.ask(call)
        if isinstance(status, Refusal) and status.status in BAD_REQUESTS and days != calls.TRAFFIC_DAYS[-1]:
            continue
        break
    if isinstance(status, Refusal):
        reader.note(call, status)
        return
    latency = await reader.items(calls.router_metrics(app, "latency", context.end, days)) or (wire.Series(),)
    for one in status.items:
        found = data_records.convert_traffic(app.name, one, latency[0])
        if isinstance(found, Doubt):
            reader.doubts.append(found)
        elif found:
            reader.add([found])


async def _find_gone(reader: Reader, app: wire.WireApp) -> Unreadable | None:
    """Whether a 404 meant that the app itself is gone."""
    answer = await reader.client.read(calls.app(app.name))
    if isinstance(answer, Refusal) and answer.status == MISSING:
        reason = "it was there when the reading began, and is gone (404)"
        return Unreadable(f"app {app.name}", reason, app.name, answer.request_id)
    return None
