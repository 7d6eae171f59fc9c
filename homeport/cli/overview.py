"""What is live on this machine, as one value: `homeport status` prints it, and `homeport up` ends with it."""

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import click

from homeport.cli.local import ENVIRONMENT, Local
from homeport.cli.output import print_table
from homeport.local.demo import DemoUser, find_demo_user
from homeport.local.inventory import StackState, read_live, read_problem, read_stack_state
from homeport.local.mail import read_mail
from homeport.model import names

STACKS = ("foundation", "apps")


@dataclass(frozen=True)
class Overview:
    """Addresses, routes and the state of each live thing."""

    platform: str
    command: str  # what to type for `homeport` on this platform
    home: str
    api: str | None
    domains: tuple[str, ...]  # that lead to it
    apis: tuple[dict[str, Any], ...]  # service, url, domains: those of services with an API of their own
    routes: tuple[dict[str, Any], ...]  # route, answered_by, auth, url: of its API
    sites: Mapping[str, str]
    things: tuple[dict[str, Any], ...]  # type, name, live, address, detail
    demo: DemoUser | None
    mails: int
    problem: str | None  # why the account's state cannot be saved

    def as_json(self) -> str:
        demo = None if self.demo is None else {"email": self.demo.email, "password": self.demo.password}
        fields = {**vars(self), "demo": demo, "sites": dict(self.sites)}
        return json.dumps(fields, indent=2)


def read_overview(local: Local) -> Overview:
    """Ask the running account. Raises HomeportError if it does not run."""
    things = read_live(local.home)
    foundation = read_states(local)["foundation"].outputs
    shared = foundation.get("api", {}).get("endpoint")
    own = {service: api["endpoint"] for service, api in foundation.get("apis", {}).items()}
    return Overview(
        platform=local.platform.name,
        command=_command(local),
        home=str(local.home.path),
        api=shared,
        domains=local.platform.api.domains,
        apis=tuple(_apis(local, own)),
        routes=tuple(_routes(local, shared, own)),
        sites={name: _here(site["url"]) for name, site in foundation.get("sites", {}).items()},
        things=tuple({key: thing[key] for key in ("type", "name", "live", "address", "detail")} for thing in things),
        demo=find_demo_user(local.home),
        mails=len(read_mail(local.home)),
        problem=read_problem(local.home),
    )


def read_states(local: Local) -> dict[str, StackState]:
    """Terraform's state of each stack, as the account keeps it."""
    bucket = names.state_bucket(local.platform.name, ENVIRONMENT, names.LOCAL_ACCOUNT)
    s3 = local.client("s3")
    return {stack: read_stack_state(s3, bucket, names.state_key(stack)) for stack in STACKS}


def print_overview(view: Overview) -> None:
    """The table that a person wants to see: what is where, and what to try."""
    click.echo()
    if view.api and (any(route["url"] == view.api for route in view.routes) or not view.apis):
        click.echo(f"API      {view.api}" + (f"   ({', '.join(view.domains)})" if view.domains else ""))
    for api in view.apis:
        click.echo(f"API      {api['url']}   ({', '.join([api['service'], *api['domains']])})")
    for name, url in view.sites.items():
        click.echo(f"site     {url}   ({name})")
    if view.mails:
        click.echo(f"mail     {view.mails} sent: {view.command} mail")
    if view.routes:
        click.echo()
        rows = [(r["route"], r["answered_by"], "token" if r["auth"] else "open") for r in view.routes]
        print_table(("route", "answered by", "access"), rows)
    click.echo()
    things = [
        (
            _short(t["name"], view.platform),
            t["type"],
            "live" if t["live"] else "NOT LIVE",
            "  ".join(filter(None, [t["address"], t["detail"]])),
        )
        for t in view.things
    ]
    print_table(("name", "what", "state", "where"), things, optional=("what",))
    _print_trials(view)
    if view.problem:
        click.echo(f"\nwarning: {view.problem}; what would change is refused until there is space")


def _short(name: str, platform: str) -> str:
    """A name in AWS without what all of this platform's begin with."""
    return name.replace(f"{names.prefix(platform, ENVIRONMENT)}-", "")


def _print_trials(view: Overview) -> None:
    open_get = next((r for r in view.routes if not r["auth"] and r["route"].startswith(("GET ", "ANY "))), None)
    if not open_get or not open_get["url"]:
        return
    click.echo(f"\ntry      curl {open_get['url']}{_path(open_get['route'])}")
    own = ((api["domains"], api["url"]) for api in view.apis)
    if named := next(((domains[0], url) for domains, url in [*own, (view.domains, view.api)] if domains), None):
        click.echo(f"domain   curl -H 'Host: {named[0].replace('*', 'any')}' {named[1]}/")
    if view.demo is not None:
        click.echo(f"sign in  {view.demo.email}   password {view.demo.password}   (exists on this machine only)")
        if guarded := next((r for r in view.routes if r["auth"]), None):
            url = f"{guarded['url']}{_path(guarded['route'])}"
            click.echo(f'         curl -H "Authorization: Bearer $({view.command} token)" {url}')
    click.echo(f"logs     {view.command} logs SERVICE --tail")


def _apis(local: Local, own: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for service, url in own.items():
        declared = local.platform.services.get(service)
        yield {"service": service, "url": url, "domains": list(declared.domains or ()) if declared else []}


def _routes(local: Local, shared: str | None, own: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for kind, name, part in local.platform.with_code():
        owner, url = f"{kind.removesuffix('s')} {name}", own.get(name, shared)
        for route in part.routes:
            yield {"route": route.route, "answered_by": owner, "auth": route.auth, "url": url}


def _command(local: Local) -> str:
    started = "python -m homeport" if sys.argv[0].endswith("__main__.py") else os.path.relpath(sys.argv[0])
    program = "homeport" if shutil.which("homeport") else started
    return program if str(local.file) == "homeport.yml" else f"{program} --file {local.file}"


def _path(route: str) -> str:
    return route.partition(" ")[2].replace("/{proxy+}", "/")


def _here(url: str) -> str:
    """CloudFront's URLs say https; on this machine there is no TLS in front."""
    return url.replace("https://127.0.0.1", "http://127.0.0.1")
