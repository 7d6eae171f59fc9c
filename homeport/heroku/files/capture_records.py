"""One answer of `heroku … --json` → its records; a function for each command.

Fields are those of the Platform API (https://devcenter.heroku.com/articles/platform-api-reference). What is missing
or of another type is empty; sizes and quantities are those seen, never assumed.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from homeport.heroku.files.config import NAME
from homeport.heroku.files.findings import Findings
from homeport.heroku.files.urls import host_of
from homeport.heroku.records import (
    AddOn,
    App,
    Attachment,
    Collaborator,
    ConfigVar,
    Coupling,
    Domain,
    Drain,
    Feature,
    Job,
    Pipeline,
    Process,
    Record,
    Release,
    Space,
    Webhook,
)

ONE_OFF = {"run", "scheduler", "release"}


def identity(record: Record) -> object:
    """What two records of one thing share; None for kinds that are never told twice."""
    match record:
        case App():
            return App, record.app
        case AddOn():
            return AddOn, record.app, record.name
        case Process():
            return Process, record.app, record.type
        case Coupling():
            return Coupling, record.app, record.pipeline
        case Pipeline():
            return Pipeline, record.name
        case Domain():
            return Domain, record.app, record.hostname
        case ConfigVar():
            return ConfigVar, record.app, record.name
        case Collaborator():
            return Collaborator, record.app, record.email
    return None


def keep_apps(answer: Any, found: Findings) -> None:
    for entry in _entries(answer, found):
        _app(entry, found)


def keep_app(answer: Any, found: Findings) -> None:
    """`heroku apps:info --json`: the app, its add-ons, dynos and collaborators."""
    if not isinstance(answer, dict):
        found.doubt(0, "is no answer of apps:info; it is left out")
        return
    entry = answer.get("app")
    _app(entry if isinstance(entry, dict) else answer, found)
    for part, keep in (("addons", keep_addons), ("dynos", keep_dynos), ("collaborators", keep_collaborators)):
        if isinstance(answer.get(part), list):
            keep(answer[part], found)


def _app(entry: dict[str, Any], found: Findings) -> None:
    name = _text(entry, "name") or found.app
    if not name:
        found.doubt(0, "tells of an app without a name; it is left out")
        return
    found.records.append(
        App(
            origin=found.named(name),
            app=name,
            region=_text(entry, "region"),
            stack=_text(entry, "stack"),
            generation=_text(entry, "generation"),
            team=_text(entry, "team"),
            space=_text(entry, "space"),
            is_maintained=entry.get("maintenance") is True,
            web_url=_text(entry, "web_url"),
        )
    )


def keep_addons(answer: Any, found: Findings) -> None:
    for entry in _entries(answer, found):
        plan = _text(entry, "plan")
        service = _text(entry, "addon_service") or plan.partition(":")[0]
        name = _text(entry, "name")
        if not service or not name:
            found.doubt(0, "tells of an add-on without name or service; it is left out")
            continue
        billed, listed = entry.get("billed_price"), entry.get("plan")
        price = billed or (listed.get("price") if isinstance(listed, dict) else None)
        cents = price.get("cents") if isinstance(price, dict) else None
        names = entry.get("config_vars")
        found.records.append(
            AddOn(
                origin=found.named(name),
                app=_text(entry, "app") or found.app,
                name=name,
                service=service,
                plan=plan.removeprefix(f"{service}:"),
                cents=cents if isinstance(cents, int) and not isinstance(cents, bool) and cents >= 0 else None,
                is_metered=isinstance(price, dict) and price.get("metered") is True,
                state=_text(entry, "state") or "provisioned",
                config_vars=tuple(str(name) for name in names) if isinstance(names, list) else (),
            )
        )


def keep_attachments(answer: Any, found: Findings) -> None:
    for entry in _entries(answer, found):
        if (name := _text(entry, "name")) and (addon := _text(entry, "addon")):
            app = _text(entry, "app") or found.app
            origin = found.named(f"{app}/{name}")
            namespace = _text(entry, "namespace")
            found.records.append(Attachment(origin=origin, app=app, name=name, addon=addon, namespace=namespace))


def keep_formation(answer: Any, found: Findings) -> None:
    for entry in _entries(answer, found):
        if type_ := _text(entry, "type"):
            quantity = entry.get("quantity")
            found.records.append(
                Process(
                    origin=found.named(type_),
                    app=_text(entry, "app") or found.app,
                    type=type_,
                    command=_text(entry, "command"),
                    size=_text(entry, "dyno_size") or _text(entry, "size"),
                    quantity=quantity if isinstance(quantity, int) and quantity >= 0 else None,
                )
            )


def keep_dynos(answer: Any, found: Findings) -> None:
    """`heroku ps --json`: dynos that ran at that time, counted by type; one-off dynos only hint at jobs."""
    dynos = [entry for entry in _entries(answer, found) if _text(entry, "name") or _text(entry, "type")]
    types = Counter(_type(entry) for entry in dynos)
    first = {_type(entry): entry for entry in reversed(dynos)}
    for type_, quantity in types.items():
        entry = first[type_]
        command, size = _text(entry, "command"), _text(entry, "size") or _text(entry, "dyno_size")
        app = _text(entry, "app") or found.app
        if type_ == "scheduler" and command:
            origin = found.named(_text(entry, "name"))
            found.records.append(Job(origin=origin, app=app, command=command, size=size, is_inferred=True))
        if type_ in ONE_OFF:
            continue
        if len({_text(other, "size") for other in dynos if _type(other) == type_}) > 1:
            found.doubt(0, f"{type_}: dynos of several sizes; the first was taken")
        origin = found.named(type_)
        found.records.append(Process(origin=origin, app=app, type=type_, command=command, size=size, quantity=quantity))


def keep_domains(answer: Any, found: Findings) -> None:
    for entry in _entries(answer, found):
        if hostname := _text(entry, "hostname"):
            kind = "heroku" if entry.get("kind") == "heroku" else "custom"
            status, app = _text(entry, "acm_status"), _text(entry, "app") or found.app
            found.records.append(
                Domain(origin=found.named(hostname), app=app, hostname=hostname, kind=kind, acm_status=status)
            )


def keep_config(answer: Any, found: Findings) -> None:
    """`heroku config --json`, or only its names as a list."""
    if not isinstance(answer, dict | list):
        found.doubt(0, "is no answer of config; it is left out")
        return
    for name in answer:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            found.doubt(0, "tells of a config var whose name Heroku does not take; it is left out")
            continue
        found.records.append(ConfigVar(origin=found.named(name), app=found.app, name=name))
        if isinstance(answer, dict) and isinstance(answer[name], str):
            found.values[found.app, name] = answer[name]


def keep_pipelines(answer: Any, found: Findings) -> None:
    for entry in _entries(answer, found):
        if name := _text(entry, "name"):
            found.records.append(Pipeline(origin=found.named(name), name=name))


def keep_pipeline(answer: Any, found: Findings) -> None:
    """`heroku pipelines:info --json`: a pipeline and its apps. The rest of the file's name is the pipeline's."""
    if not isinstance(answer, dict):
        found.doubt(0, "is no answer of pipelines:info; it is left out")
        return
    name = _text(answer, "pipeline") or found.app
    found.records.append(Pipeline(origin=found.named(name), name=name))
    apps = answer.get("apps")
    for entry in _entries(apps if isinstance(apps, list) else [], found):
        coupling = entry.get("coupling")
        stage = _text(coupling if isinstance(coupling, dict) else {}, "stage") or _text(entry, "stage")
        app = _text(entry, "name") or _text(entry, "app")
        if app and stage:
            found.records.append(Coupling(origin=found.named(app), app=app, pipeline=name, stage=stage))


def keep_releases(answer: Any, found: Findings) -> None:
    """The newest release that is current, or else the newest."""
    entries = [entry for entry in _entries(answer, found) if isinstance(entry.get("version"), int)]
    for entry in sorted(entries, key=lambda entry: (entry.get("current") is True, entry["version"]))[-1:]:
        found.records.append(
            Release(
                origin=found.named(f"v{entry['version']}"),
                app=found.app,
                version=entry["version"],
                slug=_text(entry, "slug", "id"),
                created_at=_text(entry, "created_at"),
            )
        )  # not its description, which may quote a config var


def keep_collaborators(answer: Any, found: Findings) -> None:
    for entry in _entries(answer, found):
        if email := _text(entry, "email") or _text(entry, "user", "email"):
            role, app = _text(entry, "role"), _text(entry, "app") or found.app
            found.records.append(Collaborator(origin=found.named(f"{app}/{email}"), app=app, email=email, role=role))


def keep_drains(answer: Any, found: Findings) -> None:
    for entry in _entries(answer, found):
        host = host_of(_text(entry, "url"))
        addon = _text(entry, "addon")
        found.records.append(Drain(origin=found.named(host or "drain"), app=found.app, host=host, addon=addon))


def keep_features(answer: Any, found: Findings) -> None:
    """`heroku features --json`, and `labs --json` with its parts `app` and `user`."""
    entries = answer.get("app", []) if isinstance(answer, dict) else answer
    for entry in _entries(entries, found):
        if name := _text(entry, "name"):
            origin, is_enabled = found.named(name), entry.get("enabled") is True
            found.records.append(Feature(origin=origin, app=found.app, name=name, is_enabled=is_enabled))


def keep_spaces(answer: Any, found: Findings) -> None:
    for entry in _entries(answer, found):
        if name := _text(entry, "name"):
            origin, region = found.named(name), _text(entry, "region")
            is_shield, cidr = entry.get("shield") is True, _text(entry, "cidr")
            found.records.append(Space(origin=origin, name=name, region=region, is_shield=is_shield, cidr=cidr))


def keep_webhooks(answer: Any, found: Findings) -> None:
    for entry in _entries(answer, found):
        host, include = host_of(_text(entry, "url")), entry.get("include")
        kinds = tuple(map(str, include)) if isinstance(include, list) else ()
        found.records.append(Webhook(origin=found.named(host or "webhook"), app=found.app, host=host, include=kinds))


def _entries(answer: Any, found: Findings) -> Iterator[dict[str, Any]]:
    """The mappings of a list; something else is doubted."""
    if not isinstance(answer, list):
        found.doubt(0, "is no list, as the command answers; it is left out")
        return
    for entry in answer:
        if isinstance(entry, dict):
            yield entry
        else:
            found.doubt(0, "holds something that is no mapping; it is left out")


def _text(entry: dict[str, Any], name: str, of: str = "name") -> str:
    """A text, or the name of the thing that stands there."""
    value = entry.get(name)
    if isinstance(value, dict):
        value = value.get(of)
    return value if isinstance(value, str) else ""


def _type(entry: dict[str, Any]) -> str:
    return _text(entry, "type") or _text(entry, "name").partition(".")[0]
