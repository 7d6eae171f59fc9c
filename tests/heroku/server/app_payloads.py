"""The bodies that Heroku gives for one app; `payloads` has those of the team, and the table of all links."""

import math
from datetime import datetime, timedelta
from typing import Any

from tests.heroku.server.parts import OWNER, HerokuTeam, TeamApp, identity


class NotFound(Exception):
    """There is none: 404."""


def named(kind: str, name: str) -> dict[str, str]:
    return {"id": identity(kind, name), "name": name}


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


def log_drains(app: TeamApp) -> list[dict[str, Any]]:
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


def telemetry_drains(app: TeamApp) -> list[dict[str, Any]]:
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
