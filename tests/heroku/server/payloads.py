"""A team as plain data → the bodies that Heroku gives for it, by link; `shapes` fills in and checks the rest."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.heroku.server.team import DYNO_SIZES, OWNER, REGIONS, HerokuTeam, TeamAddOn, TeamApp, identity

Path = dict[str, str]  # the parts of the link, by name


class NotFound(Exception):
    """There is none: 404."""


def named(kind: str, name: str) -> dict[str, str]:
    return {"id": identity(kind, name), "name": name}


def find_app(team: HerokuTeam, wanted: str) -> TeamApp:
    if wanted not in team.apps_by_key:
        raise NotFound(wanted)
    return team.apps_by_key[wanted]


def find_addon(team: HerokuTeam, wanted: str) -> TeamAddOn:
    if wanted not in team.addons_by_key:
        raise NotFound(wanted)
    return team.addons_by_key[wanted]


def app_body(team: HerokuTeam, app: TeamApp) -> dict[str, Any]:
    """As `/apps` has it; a team's own list lacks two fields of it."""
    return {
        **named("app", app.name),
        "acm": any(acm for _, acm in app.domains),
        "generation": app.generation,
        "region": named("region", app.region),
        "space": {**named("space", app.space), "shield": False} if app.space else None,
        "stack": named("stack", app.stack),
        "build_stack": named("stack", app.stack),
        "team": named("team", team.name),
        "web_url": f"https://{app.name}-0123456789ab.herokuapp.com/",
        "git_url": f"https://git.heroku.com/{app.name}.git",
        "owner": {"id": identity("account", OWNER), "email": f"{team.name}@herokumanager.com"},
    }


def team_app_body(team: HerokuTeam, app: TeamApp) -> dict[str, Any]:
    body = {key: one for key, one in app_body(team, app).items() if key != "acm"}
    space = named("space", app.space) if app.space else None
    return {**body, "team": {"name": team.name}, "joined": True, "locked": False, "space": space}


def formation(app: TeamApp) -> list[dict[str, Any]]:
    return [
        {
            "id": identity("formation", app.name, kind),
            "app": named("app", app.name),
            "type": kind,
            "command": process.command,
            "quantity": process.quantity,
            "size": process.size,
            "dyno_size": named("dyno-size", process.size),
        }
        for kind, process in app.formation.items()
    ]


def dynos(app: TeamApp) -> list[dict[str, Any]]:
    running = [
        {"name": f"{kind}.{number + 1}", "type": kind, "command": process.command, "size": process.size}
        for kind, process in app.formation.items()
        for number in range(process.quantity)
    ]
    running += [
        {"name": f"scheduler.{4821 + number}", "type": "scheduler", "command": command, "size": "Standard-1X"}
        for number, command in enumerate(app.scheduled)
    ]
    secret = "rendezvous://rendezvous.example:5000/dyno-password-1"
    return [
        {**one, "id": identity("dyno", app.name, one["name"]), "app": named("app", app.name), "attach_url": secret}
        for one in running
    ]


def owned_variables(team: HerokuTeam, app: TeamApp) -> dict[str, tuple[str, str]]:
    """Config vars that add-ons set on an app: value and attachment id."""
    return {
        f"{name}_{suffix}": (value, identity("attachment", app.name, name))
        for name, addon in team.attached.get(app.name, [])
        for suffix, value in addon.variables.items()
    }


def config_vars(team: HerokuTeam, app: TeamApp) -> dict[str, str | None]:
    own = {name: None if name in app.masked else value for name, value in app.config.items()}
    return own | {name: value for name, (value, _) in owned_variables(team, app).items()}


def settings(team: HerokuTeam, app: TeamApp) -> list[dict[str, Any]]:
    owners = owned_variables(team, app)
    return [
        {
            "key": name,
            "value": value,
            "masked": name in app.masked,
            "masking_supported": name not in owners,
            "attachment": {"id": owners[name][1]} if name in owners else None,
        }
        for name, value in config_vars(team, app).items()
    ]


def domains(app: TeamApp) -> list[dict[str, Any]]:
    default = {"hostname": f"{app.name}-0123456789ab.herokuapp.com", "kind": "heroku", "sni_endpoint": None}
    own = [
        {
            "hostname": hostname,
            "kind": "custom",
            "acm_status": "cert issued" if is_managed else None,
            "cname": f"{hostname}.herokudns.com",
            "sni_endpoint": named("sni", f"{app.name}-{'acm' if is_managed else 'own'}"),
        }
        for hostname, is_managed in app.domains
    ]
    return [
        {**one, "id": identity("domain", one["hostname"]), "app": named("app", app.name), "status": "succeeded"}
        for one in [default, *own]
    ]


def certificates(app: TeamApp) -> list[dict[str, Any]]:
    return [
        {
            **named("sni", f"{app.name}-{kind}"),
            "display_name": kind,
            "app": named("app", app.name),
            "domains": [identity("domain", hostname) for hostname, is_managed in app.domains if is_managed == wanted],
            "ssl_cert": {
                "cert_domains": [hostname for hostname, is_managed in app.domains if is_managed == wanted],
                "issuer": "/C=US/O=Let's Encrypt/CN=R11",
                "expires_at": "2027-01-20T00:00:00Z",
            },
        }
        for kind, wanted in (("acm", True), ("own", False))
        if any(is_managed == wanted for _, is_managed in app.domains)
    ]


def releases(app: TeamApp) -> list[dict[str, Any]]:
    """The newest has failed; the one before it runs; older ones follow."""
    is_fir = app.generation == "fir"
    return [
        {
            "id": identity("release", app.name, str(version)),
            "app": named("app", app.name),
            "version": version,
            "current": version == app.release,
            "status": "failed" if version > app.release else "succeeded",
            "description": f"Deploy {version:08x}",
            "created_at": "2026-11-02T09:30:00Z",
            "slug": None if is_fir else {"id": identity("slug", app.name, str(version))},
            "oci_image": {"id": identity("image", app.name, str(version))} if is_fir else None,
            "addon_plan_names": [],
            "user": {"id": identity("account", OWNER), "email": OWNER},
        }
        for version in range(max(1, app.release - 40), app.release + 2)
    ]


def slug(app: TeamApp) -> dict[str, Any]:
    commands = {kind: process.command for kind, process in app.formation.items()}
    return {
        "id": identity("slug", app.name, str(app.release)),
        "commit": identity("commit", app.name).replace("-", ""),
        "process_types": commands | ({"release": app.release_command} if app.release_command else {}),
        "stack": named("stack", app.stack),
        "blob": {"method": "get", "url": "https://slugs.example/slug.tgz?Signature=slug-password-1"},
    }


def oci_image(app: TeamApp) -> dict[str, Any]:
    return {
        "id": identity("image", app.name, str(app.release)),
        "process_types": {
            kind: {"name": kind, "display_cmd": process.command, "command": f"/cnb/process/{kind}"}
            for kind, process in app.formation.items()
        },
        "buildpacks": [],
    }


def addons(team: HerokuTeam, is_expanded: bool) -> list[dict[str, Any]]:
    return [
        {
            **named("addon", addon.name),
            "app": named("app", addon.app),
            "addon_service": named("service", addon.plan.partition(":")[0]),
            "billed_price": {"cents": addon.cents, "contract": False, "metered": False, "unit": "month"},
            "billing_entity": {**named("app", addon.app), "type": "app"},
            "config_vars": [f"{addon.attachments[0][1]}_{suffix}" for suffix in addon.variables],
            "plan": named("plan", addon.plan) | ({"price": {"cents": addon.cents}} if is_expanded else {}),
            "state": "provisioned",
        }
        for addon in team.addons
    ]


def attachments(team: HerokuTeam) -> list[dict[str, Any]]:
    return [
        {
            "id": identity("attachment", app, name),
            "name": name,
            "app": named("app", app),
            "addon": {**named("addon", addon.name), "app": named("app", addon.app)},
            "namespace": None,
        }
        for addon in team.addons
        for app, name in addon.attachments
    ]


def invoices(team: HerokuTeam) -> list[dict[str, Any]]:
    return [
        {
            "id": identity("invoice", one.period_start),
            "number": 1001 + number,
            "period_start": one.period_start,
            "platform_total": one.platform,
            "database_total": one.database,
            "addons_total": one.addons,
            "charges_total": one.platform + one.database + one.addons,
            "total": one.platform + one.database + one.addons,
            "weighted_dyno_hours": one.weighted_dyno_hours,
        }
        for number, one in enumerate(team.invoices)
    ]


def postgres(addon: TeamAddOn) -> dict[str, Any]:
    return {
        "addon_id": identity("addon", addon.name),
        "name": addon.name,
        "plan": addon.plan.partition(":")[2],
        "info": [{"name": name, "values": list(values)} for name, values in addon.info.items()],
        "num_bytes": addon.num_bytes,
        "credentials": len(addon.credentials),
        "resource_url": addon.variables["URL"],
        "database_password": "pg-password-0",
    }


def backup_schedules(addon: TeamAddOn) -> list[dict[str, Any]]:
    one = {"name": "DATABASE_URL", "hour": addon.backup_hour, "timezone": "Europe/Berlin"}
    return [one] if addon.backup_hour is not None else []


def redis(addon: TeamAddOn) -> dict[str, Any]:
    return {
        "addon_id": identity("addon", addon.name),
        "name": addon.name,
        "plan": addon.plan.partition(":")[2],
        "resource_url": addon.variables["URL"],
        "version": addon.info["Version"][0],
        "info": [{"name": name, "values": list(values)} for name, values in addon.info.items()],
    }


def monitors(app: TeamApp) -> list[dict[str, Any]]:
    if app.autoscale is None:
        return []
    found = {"min_quantity": app.autoscale.min, "max_quantity": app.autoscale.max, "value": app.autoscale.p95_ms}
    return [{"id": identity("monitor", app.name), "action_type": "scale", "is_active": True, **found}]


def router_metrics(app: TeamApp, kind: str, start: datetime, end: datetime) -> dict[str, Any]:
    """Hour by hour: quiet nights, busy evenings, and an hour that was not measured."""
    hours = int((end - start) / timedelta(hours=1))
    load = [
        0.55 - 0.45 * math.cos(((start + timedelta(hours=hour)).hour - 5) / 24 * 2 * math.pi) for hour in range(hours)
    ]
    served = [round(app.requests_an_hour * one) for one in load]
    series: dict[str, list[float | None]]
    if kind == "status":
        series = {"status_2xx": [*served], "status_4xx": [round(one * 0.02) for one in served]}
        series["status_5xx"] = [None, *(round(one * 0.001) for one in served[1:])]
    else:
        series = {
            "latency.ms.p50": [app.p50_ms * (0.8 + 0.4 * one) for one in load],
            "latency.ms.p95": [app.p95_ms * (0.8 + 0.4 * one) for one in load],
        }
    times = {"start_time": start.isoformat(), "end_time": end.isoformat()}
    return {**times, "step": 60, "data": series}


def app_link(app: TeamApp) -> dict[str, Any]:
    if not app.repository:
        raise NotFound(app.name)
    return {
        "app": {"id": identity("app", app.name)},
        "app_id": identity("app", app.name),
        "repo": app.repository,
        "branch": "main",
        "auto_deploy": True,
    }


def _pipeline(team: HerokuTeam, wanted: str) -> Any:
    for one in team.pipelines:
        if wanted in (one.name, identity("pipeline", one.name)):
            return one
    raise NotFound(wanted)


def _couplings(team: HerokuTeam) -> list[dict[str, Any]]:
    return [
        {
            "id": identity("coupling", one.name, app),
            "app": {"id": identity("app", app)},
            "pipeline": {"id": identity("pipeline", one.name)},
            "stage": stage,
        }
        for one in team.pipelines
        for app, stage in one.couplings.items()
    ]


def _review(team: HerokuTeam, wanted: str) -> dict[str, Any]:
    pipeline = _pipeline(team, wanted)
    if pipeline.review is None:
        raise NotFound(wanted)
    return {**pipeline.review, "pipeline_id": identity("pipeline", pipeline.name), "repo": {"id": 1}}


def _links(team: HerokuTeam, wanted: str) -> list[dict[str, Any]]:
    apps = [find_app(team, app) for app in _pipeline(team, wanted).couplings]
    return [app_link(app) for app in apps if app.repository]


def _drains(app: TeamApp) -> list[dict[str, Any]]:
    return [
        {
            "id": identity("drain", url),
            "app": named("app", app.name),
            "addon": None,
            "url": url,
            "token": "d.drain-token-password",
        }
        for url in app.drains
    ]


def _telemetry(app: TeamApp) -> list[dict[str, Any]]:
    owner = {"id": identity("app", app.name), "type": "app"}
    headers = {"x-key": "telemetry-password-1"}
    return [
        {
            "id": identity("drain", url),
            "owner": owner,
            "exporter": {"type": "otlphttp", "endpoint": url, "headers": headers},
            "signals": ["logs"],
        }
        for url in app.drains
    ]


def _team(team: HerokuTeam, wanted: str) -> HerokuTeam:
    if wanted not in (team.name, identity("team", team.name)):
        raise NotFound(wanted)
    return team


def _space(team: HerokuTeam, name: str) -> dict[str, Any]:
    return {
        **named("space", name),
        "team": named("team", team.name),
        "organization": {"name": team.name},
        "region": named("region", "frankfurt"),
        "shield": False,
        "cidr": "10.0.0.0/16",
    }


def _spaces(team: HerokuTeam) -> list[dict[str, Any]]:
    return [_space(team, name) for name in team.spaces]


def _nat(team: HerokuTeam, space: str) -> dict[str, Any]:
    if space not in team.spaces:
        raise NotFound(space)
    return {"sources": list(team.spaces[space]), "state": "enabled"}


def _dyno_sizes(_: HerokuTeam, __: Path) -> list[dict[str, Any]]:
    return [
        {
            **named("dyno-size", name),
            "memory": memory,
            "compute": compute,
            "cost": {"cents": cents, "unit": "month"},
            "generation": named("generation", "cedar"),
        }
        for name, (memory, compute, cents) in DYNO_SIZES.items()
    ]


def _regions(_: HerokuTeam, __: Path) -> list[dict[str, Any]]:
    provider = "amazon-web-services"
    return [{**named("region", name), "provider": {"name": provider, "region": aws}} for name, aws in REGIONS.items()]


def _of_app(body: Callable[[TeamApp], Any]) -> Callable[[HerokuTeam, Path], Any]:
    return lambda team, path: body(find_app(team, path["app"]))


def _of_addon(body: Callable[[TeamAddOn], Any]) -> Callable[[HerokuTeam, Path], Any]:
    return lambda team, path: body(find_addon(team, path["addon"]))


def _current(body: Callable[[TeamApp], Any], kind: str) -> Callable[[HerokuTeam, Path], Any]:
    def answer(team: HerokuTeam, path: Path) -> Any:
        app = find_app(team, path["app"])
        if path["id"] != identity(kind, app.name, str(app.release)):
            raise NotFound(path["id"])
        return body(app)

    return answer


def _metrics(kind: str) -> Callable[[HerokuTeam, Path], Any]:
    def answer(team: HerokuTeam, path: Path) -> Any:
        times = [datetime.fromisoformat(path[key]).astimezone(UTC) for key in ("start_time", "end_time")]
        return router_metrics(find_app(team, path["app"]), kind, *times)

    return answer


def _list_of_team(body: Callable[[HerokuTeam], Any]) -> Callable[[HerokuTeam, Path], Any]:
    return lambda team, path: body(_team(team, path["team"]))


def _expanded(team: HerokuTeam, path: Path) -> Any:
    return addons(team, "plan" in path.get("expansion", ""))


BODIES: dict[str, Callable[[HerokuTeam, Path], Any]] = {
    "api /account": lambda team, _: {"id": identity("account", OWNER), "email": OWNER},
    "api /account/invoices": lambda team, _: [],
    "api /addon-attachments": lambda team, _: attachments(team),
    "api /addons": _expanded,
    "api /apps": lambda team, _: [app_body(team, app) for app in team.apps],
    "api /apps/{app}": lambda team, path: app_body(team, find_app(team, path["app"])),
    "api /apps/{app}/buildpack-installations": _of_app(
        lambda app: [
            {"ordinal": number, "buildpack": {"name": "" if "://" in one else one, "url": one}}
            for number, one in enumerate(app.buildpacks)
        ]
    ),
    "api /apps/{app}/collaborators": _of_app(
        lambda app: [
            {
                "id": identity("collaborator", app.name, email),
                "app": named("app", app.name),
                "role": "admin" if email == OWNER else "member",
                "user": {"id": identity("account", email), "email": email},
                "permissions": [],
            }
            for email in app.collaborators
        ]
    ),
    "api /apps/{app}/config-vars": lambda team, path: config_vars(team, find_app(team, path["app"])),
    "api /apps/{app}/config-vars-settings": lambda team, path: settings(team, find_app(team, path["app"])),
    "api /apps/{app}/domains": _of_app(domains),
    "api /apps/{app}/dynos": _of_app(dynos),
    "api /apps/{app}/features": _of_app(
        lambda app: [{**named("feature", name), "enabled": enabled} for name, enabled in app.features.items()]
    ),
    "api /apps/{app}/formation": _of_app(formation),
    "api /apps/{app}/log-drains": _of_app(_drains),
    "api /apps/{app}/oci-images/{id}": _current(oci_image, "image"),
    "api /apps/{app}/releases": _of_app(releases),
    "api /apps/{app}/slugs/{id}": _current(slug, "slug"),
    "api /apps/{app}/sni-endpoints": _of_app(certificates),
    "api /apps/{app}/telemetry-drains": _of_app(_telemetry),
    "api /apps/{app}/webhooks": _of_app(
        lambda app: [
            {"id": identity("webhook", url), "app": named("app", app.name), "url": url, "include": ["api:release"]}
            for url in app.webhooks
        ]
    ),
    "api /dyno-sizes": _dyno_sizes,
    "api /pipeline-couplings": lambda team, _: _couplings(team),
    "api /pipelines": lambda team, _: [named("pipeline", one.name) for one in team.pipelines],
    "api /pipelines/{pipeline}/review-app-config": lambda team, path: _review(team, path["pipeline"]),
    "api /regions": _regions,
    "api /spaces": lambda team, _: _spaces(team),
    "api /spaces/{space}/nat": lambda team, path: _nat(team, path["space"]),
    "api /teams": lambda team, _: [{**named("team", team.name), "type": "team", "role": "admin"}],
    "api /teams/{team}/addons": lambda team, path: _expanded(_team(team, path["team"]), path),
    "api /teams/{team}/apps": _list_of_team(lambda team: [team_app_body(team, app) for app in team.apps]),
    "api /teams/{team}/invoices": _list_of_team(invoices),
    "api /teams/{team}/pipeline-couplings": _list_of_team(_couplings),
    "api /teams/{team}/spaces": _list_of_team(_spaces),
    "data /client/v11/databases/{addon}": _of_addon(postgres),
    "data /client/v11/databases/{addon}/transfer-schedules": _of_addon(backup_schedules),
    "data /postgres/v0/databases/{addon}/credentials": _of_addon(
        lambda addon: [{"uuid": identity("credential", addon.name, name), "name": name} for name in addon.credentials]
    ),
    "data /redis/v0/databases/{addon}": _of_addon(redis),
    "data /redis/v0/databases/{addon}/config": _of_addon(lambda addon: {"maxmemory_policy": {"value": addon.eviction}}),
    "metrics /apps/{app}/formation/web/monitors": _of_app(monitors),
    "metrics /apps/{app}/router-metrics/latency": _metrics("latency"),
    "metrics /apps/{app}/router-metrics/status": _metrics("status"),
    "github /apps/{app}/github": _of_app(app_link),
    "github /pipelines/{pipeline}/github": lambda team, path: _links(team, path["pipeline"]),
}
