"""What Heroku says of one app → records. Pure; origins are the API's own paths, so that a person can ask it again."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from homeport.heroku import records
from homeport.heroku.api import wire

SCHEDULER_DYNO = "scheduler."


@dataclass(frozen=True)
class Known:
    """What the team's lists tell about the apps."""

    aws_regions: Mapping[str, str] = field(default_factory=dict)  # by Heroku's name
    addon_of_attachment: Mapping[str, str] = field(default_factory=dict)  # name by id


def convert_app(app: wire.WireApp, known: Known) -> records.App:
    return records.App(
        origin=f"api: apps/{app.name}",
        app=app.name,
        region=app.region.name,
        aws_region=known.aws_regions.get(app.region.name, ""),
        stack=app.stack.name,
        generation=app.generation,
        team=app.team.name,
        space=app.space.name,
        is_maintained=app.maintenance,
        id=app.id,
        web_url=app.web_url,
    )


def convert_formation(app: str, formation: Iterable[wire.Formation]) -> Iterator[records.Process]:
    for one in formation:
        yield records.Process(
            origin=f"api: apps/{app}/formation/{one.type}",
            app=app,
            type=one.type,
            command=one.command,
            size=one.dyno_size.name or one.size,
            quantity=one.quantity,
        )


def convert_commands(app: str, source: str, commands: Mapping[str, str]) -> Iterator[records.Process]:
    """Process types of the current slug or image: the truth of commands, and the only place of `release`."""
    for kind, command in commands.items():
        yield records.Process(origin=f"api: apps/{app}/{source}/{kind}", app=app, type=kind, command=command)


def convert_settings(app: str, settings: Iterable[wire.Setting], known: Known) -> Iterator[records.ConfigVar]:
    for one in settings:
        yield records.ConfigVar(
            origin=f"api: apps/{app}/config-vars/{one.key}",
            app=app,
            name=one.key,
            addon=known.addon_of_attachment.get(one.attachment.id, ""),
            is_masked=one.masked,
        )


def convert_domains(app: str, domains: Iterable[wire.WireDomain]) -> Iterator[records.Domain]:
    for one in domains:
        yield records.Domain(
            origin=f"api: apps/{app}/domains/{one.hostname}",
            app=app,
            hostname=one.hostname,
            kind=one.kind or "custom",
            acm_status=one.acm_status,
        )


def convert_certificates(app: str, certificates: Iterable[wire.SniEndpoint]) -> Iterator[records.Certificate]:
    for one in certificates:
        yield records.Certificate(
            origin=f"api: apps/{app}/sni-endpoints/{one.name}",
            app=app,
            name=one.display_name or one.name,
            domains=tuple(one.ssl_cert.cert_domains),
            issuer=one.ssl_cert.issuer,
            expires_at=one.ssl_cert.expires_at,
        )


def convert_managed_certificates(app: str, domains: Iterable[wire.WireDomain]) -> Iterator[records.Certificate]:
    """Certificates that Heroku renews (ACM): their domains say all that matters, and no further call is made."""
    by_endpoint: dict[str, list[str]] = {}
    for one in domains:
        if one.acm_status and one.sni_endpoint.name:
            by_endpoint.setdefault(one.sni_endpoint.name, []).append(one.hostname)
    for name, names in by_endpoint.items():
        origin = f"api: apps/{app}/sni-endpoints/{name}"
        yield records.Certificate(origin=origin, app=app, name=name, domains=tuple(names), is_acm=True)


def convert_buildpacks(app: str, installations: Iterable[wire.Installation]) -> Iterator[records.Buildpack]:
    for one in installations:
        yield records.Buildpack(
            origin=f"api: apps/{app}/buildpack-installations/{one.ordinal}",
            app=app,
            ordinal=one.ordinal,
            name=one.buildpack.name or one.buildpack.url,
        )


def find_current(releases: Iterable[wire.WireRelease]) -> wire.WireRelease | None:
    """The release that runs: a newer one may have failed."""
    return next((one for one in sorted(releases, key=lambda one: -one.version) if one.current), None)


def convert_release(app: str, release: wire.WireRelease, commit: str) -> records.Release:
    return records.Release(
        origin=f"api: apps/{app}/releases/{release.version}",
        app=app,
        version=release.version,
        description=release.description,
        slug=release.slug.id or release.oci_image.id,
        commit=commit,
        created_at=release.created_at,
    )


def convert_collaborators(app: str, collaborators: Iterable[wire.WireCollaborator]) -> Iterator[records.Collaborator]:
    for one in collaborators:
        origin = f"api: apps/{app}/collaborators/{one.user.email}"
        yield records.Collaborator(origin=origin, app=app, email=one.user.email, role=one.role)


def convert_log_drains(app: str, drains: Iterable[wire.LogDrain]) -> Iterator[records.Drain]:
    for one in drains:
        origin = f"api: apps/{app}/log-drains/{one.id}"
        yield records.Drain(origin=origin, app=app, host=one.url, addon=one.addon.name)


def convert_telemetry_drains(app: str, drains: Iterable[wire.TelemetryDrain]) -> Iterator[records.Drain]:
    for one in drains:
        yield records.Drain(origin=f"api: apps/{app}/telemetry-drains/{one.id}", app=app, host=one.exporter.endpoint)


def convert_features(app: str, features: Iterable[wire.WireFeature]) -> Iterator[records.Feature]:
    for one in features:
        origin = f"api: apps/{app}/features/{one.name}"
        yield records.Feature(origin=origin, app=app, name=one.name, is_enabled=one.enabled)


def convert_webhooks(app: str, webhooks: Iterable[wire.WireWebhook]) -> Iterator[records.Webhook]:
    for one in webhooks:
        origin = f"api: apps/{app}/webhooks/{one.id}"
        yield records.Webhook(origin=origin, app=app, host=one.url, include=tuple(one.include))


def convert_dynos(app: str, dynos: Iterable[wire.Dyno]) -> Iterator[records.Job]:
    """Jobs that are running right now under Scheduler's name; those that sleep cannot be seen."""
    for one in dynos:
        if one.name.startswith(SCHEDULER_DYNO):
            origin = f"api: apps/{app}/dynos/{one.name}"
            yield records.Job(origin=origin, app=app, command=one.command, size=one.size, is_inferred=True)


def convert_monitors(app: str, monitors: Iterable[wire.Monitor]) -> Iterator[records.Autoscale]:
    for one in monitors:
        if one.action_type == "scale" and one.min_quantity is not None and one.max_quantity is not None:
            yield records.Autoscale(
                origin=f"metrics: apps/{app}/formation/web/monitors",
                app=app,
                type="web",
                min=one.min_quantity,
                max=one.max_quantity,
                p95_ms=round(one.value) if one.value is not None else None,
                is_active=one.is_active,
            )


def convert_links(links: Iterable[wire.AppLink], names: Mapping[str, str]) -> Iterator[records.Repository]:
    """`names` of apps by id; links of other apps are left out."""
    for one in links:
        if one.repo and (app := names.get(one.app.id)):
            yield records.Repository(
                origin=f"github: apps/{app}/github",
                app=app,
                url=f"https://{one.repo_host or 'github.com'}/{one.repo}",
                branch=one.branch,
                is_automatic=one.auto_deploy,
            )
