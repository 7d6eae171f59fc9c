"""One `heroku_*` resource → its records; a function for each type, in `RECORDS`."""

from collections.abc import Callable, Mapping
from typing import Any

from homeport.heroku.files import hcl
from homeport.heroku.files.addons import RETIRED_SIZES, parse_plan, public_options
from homeport.heroku.files.config import keep_variable
from homeport.heroku.files.findings import Findings
from homeport.heroku.files.jobs import read_schedule
from homeport.heroku.files.urls import host_of, without_credentials
from homeport.heroku.records import (
    AddOn,
    App,
    Attachment,
    Buildpack,
    Certificate,
    Collaborator,
    Coupling,
    Domain,
    Drain,
    Feature,
    Job,
    Other,
    Pipeline,
    Process,
    Repository,
    ReviewApps,
    Space,
    Webhook,
)


class Resource:
    """One instance of a resource, its attributes evaluated; what cannot be is doubted once and empty."""

    def __init__(self, instance: hcl.Instance, module: hcl.Module, found: Findings) -> None:
        self.instance, self.module, self.found = instance, module, found
        self.type = instance.block.labels[0]
        self.line = instance.block.line
        self.origin = found.at(self.line, instance.address)

    def value(self, name: str) -> Any:
        """Evaluated; None, with a doubt, if only Terraform could."""
        if name not in self.instance.block.body:
            return None
        try:
            return self.module.value(self.instance.block.body[name], self.instance)
        except hcl.Unknown:
            self.doubt(f"{name} cannot be known without Terraform; it is left open")
            return None

    def text(self, name: str) -> str:
        value = self.value(name)
        return "" if value is None or isinstance(value, list | dict) else _word(value)

    def number(self, name: str) -> int | None:
        text = self.text(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None

    def mapping(self, name: str) -> Mapping[str, Any]:
        """A mapping; of one that is known in part, the known values, and None for the others."""
        try:
            known = self.module.entries(self.instance.block.body.get(name), self.instance)
        except hcl.Unknown:
            self.doubt(f"{name} cannot be known without Terraform; it is left open")
            return {}
        for key in (key for key, value in known.items() if value is None):
            self.doubt(f"{name}: the value of {key[:60]} cannot be known without Terraform")
        return known

    def block(self, name: str) -> Mapping[str, Any]:
        """The first nested block of a name, evaluated as far as it can be."""
        bodies = self.instance.block.body.get(name)
        body = bodies[0] if isinstance(bodies, list) and bodies else bodies
        known = {}
        for key, expression in body.items() if isinstance(body, dict) else ():
            try:
                known[key] = self.module.value(expression, self.instance)
            except hcl.Unknown:
                self.doubt(f"{name}.{key} cannot be known without Terraform; it is left open")
        return known

    @property
    def app(self) -> str:
        """The app that it belongs to: `app_id`, or `app` of the provider's older versions."""
        return self.name_of("app_id" if "app_id" in self.instance.block.body else "app")

    def name_of(self, attribute: str) -> str:
        """The name of the resource that an attribute refers to; its label if Terraform alone knows the name."""
        expression = self.instance.block.body.get(attribute)
        try:
            return _word(self.module.value(expression, self.instance)) if expression is not None else ""
        except hcl.Unknown:
            if referred := self.module.find_referred(expression, self.instance):
                return hcl.resource_name(referred)
            return self.text(attribute)

    def name(self) -> str:
        return self.text("name") or hcl.resource_name(self.instance)

    def doubt(self, text: str) -> None:
        self.found.doubt(self.line, f"{self.instance.address}: {text}")

    def at(self, what: str) -> str:
        return self.found.at(self.line, f"{self.instance.address}.{what}")


def keep_other(resource: Resource) -> None:
    """What Homeport has no record for: it is told."""
    kind = f"terraform resource {resource.type}"
    resource.found.records.append(
        Other(origin=resource.origin, app=resource.app, kind=kind, name=resource.instance.block.labels[1])
    )


def _app(resource: Resource) -> None:
    name = resource.name()
    organization = resource.block("organization")
    if "name" in resource.instance.block.body and not resource.text("name"):
        resource.doubt(f"its name is not known; it is called {name} here")
    resource.found.records.append(
        App(
            origin=resource.origin,
            app=name,
            region=resource.text("region"),
            stack=resource.text("stack"),
            space=resource.name_of("space"),
            team=_word(organization.get("name", "")),
        )
    )
    _buildpacks(resource, name)
    _variables(resource, "config_vars", name)
    _variables(resource, "sensitive_config_vars", name, is_secret=True)


def _build(resource: Resource) -> None:
    keep_other(resource)
    _buildpacks(resource, resource.app)


def _buildpacks(resource: Resource, app: str) -> None:
    urls = resource.value("buildpacks")
    for index, url in enumerate(urls if isinstance(urls, list) else []):
        origin, name = resource.at(f"buildpacks[{index}]"), without_credentials(_word(url))[:300]
        resource.found.records.append(Buildpack(origin=origin, app=app, ordinal=index + 1, name=name))


def _variables(resource: Resource, attribute: str, app: str, *, stage: str = "", is_secret: bool = False) -> None:
    for name, value in resource.mapping(attribute).items():
        written = None if value is None or isinstance(value, list | dict) else _word(value)
        if is_secret and written is not None:
            if not stage:
                resource.found.values[app, name] = written
            written = None
        keep_variable(resource.found, resource.line, name, written, app=app, stage=stage)


def _addon(resource: Resource) -> None:
    plan = parse_plan(resource.found, resource.line, resource.instance.address, resource.text("plan"))
    if not plan:
        keep_other(resource)
        return
    config = resource.mapping("config") or resource.block("config")
    options = plan.options | {key: _word(value) for key, value in config.items() if value is not None}
    resource.found.records.append(
        AddOn(
            origin=resource.origin,
            app=resource.app,
            name=resource.name(),
            service=plan.service,
            plan=plan.plan,
            options=public_options(resource.found, resource.line, plan.service, options),
        )
    )


def _attachment(resource: Resource) -> None:
    addon = resource.name_of("addon_id")
    name = resource.text("name") or addon.upper().replace("-", "_")
    resource.found.records.append(
        Attachment(
            origin=resource.origin, app=resource.app, name=name, addon=addon, namespace=resource.text("namespace")
        )
    )


def _formation(resource: Resource) -> None:
    if resource.text("size").lower() in RETIRED_SIZES:
        resource.doubt("its size is no longer sold; what runs today is unknown")
    resource.found.records.append(
        Process(
            origin=resource.origin,
            app=resource.app,
            type=resource.text("type") or resource.instance.block.labels[1],
            size=resource.text("size"),
            quantity=resource.number("quantity"),
        )
    )


def _domain(resource: Resource) -> None:
    if hostname := resource.text("hostname"):
        resource.found.records.append(Domain(origin=resource.origin, app=resource.app, hostname=hostname))
    else:
        keep_other(resource)


def _drain(resource: Resource) -> None:
    url = resource.text("url") or resource.text("sensitive_url")
    resource.found.records.append(Drain(origin=resource.origin, app=resource.app, host=host_of(url)))


def _pipeline(resource: Resource) -> None:
    resource.found.records.append(Pipeline(origin=resource.origin, name=resource.name()))


def _coupling(resource: Resource) -> None:
    pipeline, stage = resource.name_of("pipeline"), resource.text("stage")
    resource.found.records.append(Coupling(origin=resource.origin, app=resource.app, pipeline=pipeline, stage=stage))


def _pipeline_variables(resource: Resource) -> None:
    stage = resource.text("pipeline_stage") or "test"
    _variables(resource, "vars", "", stage=stage)
    _variables(resource, "sensitive_vars", "", stage=stage, is_secret=True)


def _association(resource: Resource) -> None:
    _variables(resource, "vars", resource.app)
    _variables(resource, "sensitive_vars", resource.app, is_secret=True)


def _config(resource: Resource) -> None:
    """Only variables: they become an app's by an association, which is what makes records."""


def _review_apps(resource: Resource) -> None:
    pipeline = resource.name_of("pipeline_id")
    automatic = resource.text("automatic_review_apps") == "true"
    stale = resource.number("stale_days")
    resource.found.records.append(
        ReviewApps(origin=resource.origin, pipeline=pipeline, automatic=automatic, stale_days=stale)
    )


def _space(resource: Resource) -> None:
    resource.found.records.append(
        Space(
            origin=resource.origin,
            name=resource.name(),
            region=resource.text("region"),
            is_shield=resource.text("shield") == "true",
            cidr=resource.text("cidr"),
        )
    )


def _certificate(resource: Resource) -> None:
    resource.found.records.append(Certificate(origin=resource.origin, app=resource.app, name=resource.name()))


def _feature(resource: Resource) -> None:
    is_enabled = resource.text("enabled") != "false"
    resource.found.records.append(
        Feature(origin=resource.origin, app=resource.app, name=resource.name(), is_enabled=is_enabled)
    )


def _webhook(resource: Resource) -> None:
    include = resource.value("include")
    kinds = tuple(map(_word, include)) if isinstance(include, list) else ()
    resource.found.records.append(
        Webhook(origin=resource.origin, app=resource.app, host=host_of(resource.text("url")), include=kinds)
    )


def _collaborator(resource: Resource) -> None:
    email, role = resource.text("email"), resource.text("role")
    resource.found.records.append(Collaborator(origin=resource.origin, app=resource.app, email=email, role=role))


def _slug(resource: Resource) -> None:
    keep_other(resource)
    for type, command in resource.mapping("process_types").items():
        origin = resource.at(f"process_types.{type}")
        process = Process(origin=origin, app=resource.app, type=type, command=_word(command or ""))
        resource.found.records.append(process)


def _job(resource: Resource) -> None:
    """A job of Scheduler, by the provider herokux: `every_ten_minutes`, `every_hour_at_30`, `every_day_at_3:30`."""
    said = resource.text("frequency").replace("_", " ").replace("ten", "10").replace("hour at ", "hour at :")
    schedule = read_schedule(said)
    if not schedule:
        resource.doubt("its frequency is not known")
    command, size = resource.text("command"), resource.text("dyno_size")
    resource.found.records.append(
        Job(origin=resource.origin, app=resource.app, command=command, schedule=schedule, size=size)
    )


def _github(resource: Resource) -> None:
    repository = resource.text("org_repo")
    resource.found.records.append(
        Repository(
            origin=resource.origin,
            app=resource.app,
            url=f"https://github.com/{repository}" if repository else "",
            branch=resource.text("branch"),
            is_automatic=resource.text("auto_deploy") == "true",
        )
    )


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


RECORDS: dict[str, Callable[[Resource], None]] = {
    "heroku_addon": _addon,
    "heroku_addon_attachment": _attachment,
    "heroku_app": _app,
    "heroku_app_config_association": _association,
    "heroku_app_feature": _feature,
    "heroku_app_webhook": _webhook,
    "heroku_build": _build,
    "heroku_cert": _certificate,
    "heroku_collaborator": _collaborator,
    "heroku_config": _config,
    "heroku_domain": _domain,
    "heroku_drain": _drain,
    "heroku_formation": _formation,
    "heroku_pipeline": _pipeline,
    "heroku_pipeline_config_var": _pipeline_variables,
    "heroku_pipeline_coupling": _coupling,
    "heroku_review_app_config": _review_apps,
    "heroku_slug": _slug,
    "heroku_space": _space,
    "heroku_ssl": _certificate,
    "heroku_team_collaborator": _collaborator,
    "heroku_team_member": _collaborator,
    "herokux_app_github_integration": _github,
    "herokux_pipeline_github_integration": _github,
    "herokux_scheduler_job": _job,
}
