"""Every question that is put to Heroku, and none besides: the whole list of what is read.

Lists of things that have no id, such as config vars and buildpacks, take no `Range`. `version=3.sdk` is asked for
where its newer fields are needed, the stable `version=3` elsewhere.
"""

from datetime import datetime, timedelta

from homeport.heroku.api import wire
from homeport.heroku.api.call import BY_ID, SDK, Call, path

NEWEST_RELEASES = "version ..; order=desc, max=10;"  # a failed one may be newer than the current one
EXPANDED = "addon_service,plan"  # the plan's price, for add-ons without a billed price
STEP = "1h"
TRAFFIC_DAYS = (7, 1)  # the second, where Heroku does not keep as much

# What is missing if a list is refused: its own records, and those of the questions that follow from it.
OF_ADDONS = ("api: addons/*", "data: *", "api: apps/*/dynos/*")
OF_ATTACHMENTS = ("api: apps/*/addon-attachments/*", *OF_ADDONS)
OF_PIPELINES = ("api: pipelines/*", "github: *")

ACCOUNT = Call("api", "/account", wire.Account, "the account")
TEAMS = Call("api", "/teams", wire.Team, "the teams", range=BY_ID)
REGIONS = Call("api", "/regions", wire.WireRegion, "the regions")
DYNO_SIZES = Call("api", "/dyno-sizes", wire.WireDynoSize, "the dyno sizes", version=SDK)
ATTACHMENTS = Call(
    "api", "/addon-attachments", wire.WireAttachment, "attachments of add-ons", range=BY_ID, origins=OF_ATTACHMENTS
)
PIPELINES = Call("api", "/pipelines", wire.WirePipeline, "the pipelines", range=BY_ID, origins=OF_PIPELINES)
ACCOUNT_INVOICES = Call("api", "/account/invoices", wire.WireInvoice, "the account's invoices")


def apps(team: str) -> Call[wire.WireApp]:
    """Of a team, or all that the token sees."""
    where = path("teams", team, "apps") if team else "/apps"
    return Call("api", where, wire.WireApp, "the apps", version=SDK, range=BY_ID)


def app(name: str) -> Call[wire.WireApp]:
    return Call("api", path("apps", name), wire.WireApp, f"app {name}", version=SDK)


def addons(team: str) -> Call[wire.WireAddOn]:
    where = path("teams", team, "addons") if team else "/addons"
    return Call("api", where, wire.WireAddOn, "the add-ons", SDK, EXPANDED, BY_ID, origins=OF_ADDONS)


def couplings(team: str) -> Call[wire.WireCoupling]:
    where = path("teams", team, "pipeline-couplings") if team else "/pipeline-couplings"
    return Call("api", where, wire.WireCoupling, "which app is in which pipeline", range=BY_ID, origins=OF_PIPELINES)


def spaces(team: str) -> Call[wire.WireSpace]:
    where = path("teams", team, "spaces") if team else "/spaces"
    return Call("api", where, wire.WireSpace, "the private spaces", range=BY_ID, origins=("api: spaces/*",))


def space_nat(space: str) -> Call[wire.Nat]:
    what, origins = f"outgoing addresses of space {space}", (f"api: spaces/{space}",)
    return Call("api", path("spaces", space, "nat"), wire.Nat, what, origins=origins)


def invoices(team: str) -> Call[wire.TeamInvoice]:
    return Call("api", path("teams", team, "invoices"), wire.TeamInvoice, f"invoices of team {team}")


def review_config(pipeline: wire.WirePipeline) -> Call[wire.ReviewConfig]:
    where, what = path("pipelines", pipeline.id, "review-app-config"), f"review apps of pipeline {pipeline.name}"
    origins = (f"api: pipelines/{pipeline.name}/review-app-config",)
    return Call("api", where, wire.ReviewConfig, what, may_be_missing=True, origins=origins)


def pipeline_links(pipeline: wire.WirePipeline) -> Call[wire.AppLink]:
    where = path("pipelines", pipeline.id, "github")
    what = f"GitHub branches of pipeline {pipeline.name}"
    return Call("github", where, wire.AppLink, what, may_be_missing=True, origins=("github: *",))


def app_link(one: wire.WireApp) -> Call[wire.AppLink]:
    what, where = f"GitHub repository of {one.name}", path("apps", one.id, "github")
    origins = (f"github: apps/{one.name}/github",)
    return Call("github", where, wire.AppLink, what, may_be_missing=True, origins=origins)


def formation(name: str) -> Call[wire.Formation]:
    where, what = path("apps", name, "formation"), f"formation of {name}"
    origins = (f"api: {where[1:]}/*", f"metrics: apps/{name}/*")
    return Call("api", where, wire.Formation, what, version=SDK, range=BY_ID, origins=origins)


def dynos(name: str) -> Call[wire.Dyno]:
    return Call("api", path("apps", name, "dynos"), wire.Dyno, f"dynos of {name}", range=BY_ID)


def settings(name: str) -> Call[wire.Setting]:
    where, origins = path("apps", name, "config-vars-settings"), (f"api: apps/{name}/config-vars/*",)
    return Call("api", where, wire.Setting, f"config vars of {name}", version=SDK, is_secret=True, origins=origins)


def config_vars(name: str) -> Call[wire.ConfigVars]:
    where = path("apps", name, "config-vars")
    return Call("api", where, wire.ConfigVars, f"values of config vars of {name}", is_secret=True)


def domains(name: str) -> Call[wire.WireDomain]:
    where = path("apps", name, "domains")
    origins = (f"api: {where[1:]}/*", f"api: apps/{name}/sni-endpoints/*")
    return Call("api", where, wire.WireDomain, f"domains of {name}", range=BY_ID, origins=origins)


def certificates(name: str) -> Call[wire.SniEndpoint]:
    return Call("api", path("apps", name, "sni-endpoints"), wire.SniEndpoint, f"certificates of {name}", range=BY_ID)


def buildpacks(name: str) -> Call[wire.Installation]:
    where = path("apps", name, "buildpack-installations")
    return Call("api", where, wire.Installation, f"buildpacks of {name}")


def releases(name: str) -> Call[wire.WireRelease]:
    where, what = path("apps", name, "releases"), f"current release of {name}"
    origins = (f"api: {where[1:]}/*", *_commands(name))
    return Call("api", where, wire.WireRelease, what, SDK, range=NEWEST_RELEASES, pages_max=1, origins=origins)


def slug(name: str, identity: str) -> Call[wire.Slug]:
    where = path("apps", name, "slugs", identity)
    return Call("api", where, wire.Slug, f"slug of {name}", origins=_commands(name))


def oci_image(name: str, identity: str) -> Call[wire.OciImage]:
    where = path("apps", name, "oci-images", identity)
    return Call("api", where, wire.OciImage, f"image of {name}", version=SDK, origins=_commands(name))


def collaborators(name: str) -> Call[wire.WireCollaborator]:
    where = path("apps", name, "collaborators")
    return Call("api", where, wire.WireCollaborator, f"collaborators of {name}", range=BY_ID)


def log_drains(name: str) -> Call[wire.LogDrain]:
    return Call("api", path("apps", name, "log-drains"), wire.LogDrain, f"log drains of {name}", range=BY_ID)


def telemetry_drains(name: str) -> Call[wire.TelemetryDrain]:
    where = path("apps", name, "telemetry-drains")
    return Call("api", where, wire.TelemetryDrain, f"telemetry drains of {name}", version=SDK)


def features(name: str) -> Call[wire.WireFeature]:
    return Call("api", path("apps", name, "features"), wire.WireFeature, f"features of {name}", range=BY_ID)


def webhooks(name: str) -> Call[wire.WireWebhook]:
    return Call("api", path("apps", name, "webhooks"), wire.WireWebhook, f"webhooks of {name}", range=BY_ID)


def monitors(one: wire.WireApp) -> Call[wire.Monitor]:
    where, origins = path("apps", one.id, "formation", "web", "monitors"), (f"metrics: apps/{one.name}/formation/*",)
    return Call("metrics", where, wire.Monitor, f"autoscaling of {one.name}", origins=origins)


def router_metrics(one: wire.WireApp, kind: str, end: datetime, days: int) -> Call[wire.Series]:
    """`latency` or `status`, hour by hour, in the days before `end`."""
    span = {"start_time": end - timedelta(days=days), "end_time": end}
    query = {name: time.strftime("%Y-%m-%dT%H:%M:%SZ") for name, time in span.items()}
    query |= {"step": STEP, "process_type": "web"}
    where, what = path("apps", one.name, "router-metrics", kind), f"router metrics ({kind}) of {one.name}"
    return Call("metrics", where, wire.Series, what, query=query, origins=(f"metrics: apps/{one.name}/router-metrics",))


def postgres(addon: wire.WireAddOn) -> Call[wire.PostgresInfo]:
    where = path("client", "v11", "databases", addon.id)
    return Call("data", where, wire.PostgresInfo, f"details of database {addon.name}", origins=_postgres(addon))


def backup_schedules(addon: wire.WireAddOn) -> Call[wire.BackupSchedule]:
    where = path("client", "v11", "databases", addon.id, "transfer-schedules")
    return Call("data", where, wire.BackupSchedule, f"backup schedules of {addon.name}", origins=_postgres(addon))


def credentials(addon: wire.WireAddOn) -> Call[wire.Credential]:
    where = path("postgres", "v0", "databases", addon.id, "credentials")
    return Call("data", where, wire.Credential, f"names of credentials of {addon.name}", origins=_postgres(addon))


def redis(addon: wire.WireAddOn) -> Call[wire.RedisInfo]:
    where = path("redis", "v0", "databases", addon.name)
    return Call("data", where, wire.RedisInfo, f"details of {addon.name}")


def redis_config(addon: wire.WireAddOn) -> Call[wire.RedisConfig]:
    where = path("redis", "v0", "databases", addon.name, "config")
    origins = (f"data: redis/v0/databases/{addon.name}",)
    return Call("data", where, wire.RedisConfig, f"settings of {addon.name}", origins=origins)


def _commands(name: str) -> tuple[str, str]:
    return f"api: apps/{name}/slugs/*", f"api: apps/{name}/oci-images/*"


def _postgres(addon: wire.WireAddOn) -> tuple[str]:
    return (f"data: client/v11/databases/{addon.name}",)
