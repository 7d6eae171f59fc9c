"""A team as plain data → the bodies that Heroku gives for it, by link; `shapes` fills in and checks the rest."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.heroku.server.app_payloads import (
    NotFound,
    app_body,
    app_link,
    certificates,
    config_vars,
    domains,
    dynos,
    formation,
    log_drains,
    monitors,
    named,
    oci_image,
    releases,
    router_metrics,
    settings,
    slug,
    team_app_body,
    telemetry_drains,
)
from tests.heroku.server.parts import DYNO_SIZES, OWNER, REGIONS, HerokuTeam, TeamAddOn, TeamApp, identity

Path = dict[str, str]  # the parts of the link, by name


def find_app(team: HerokuTeam, wanted: str) -> TeamApp:
    if wanted not in team.apps_by_key:
        raise NotFound(wanted)
    return team.apps_by_key[wanted]


def find_addon(team: HerokuTeam, wanted: str) -> TeamAddOn:
    if wanted not in team.addons_by_key:
        raise NotFound(wanted)
    return team.addons_by_key[wanted]


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
    "api /apps/{app}/log-drains": _of_app(log_drains),
    "api /apps/{app}/oci-images/{id}": _current(oci_image, "image"),
    "api /apps/{app}/releases": _of_app(releases),
    "api /apps/{app}/slugs/{id}": _current(slug, "slug"),
    "api /apps/{app}/sni-endpoints": _of_app(certificates),
    "api /apps/{app}/telemetry-drains": _of_app(telemetry_drains),
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
