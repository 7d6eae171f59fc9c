"""Records → the Draft: every decision in the order in which it depends on the others."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from homeport.errors import HomeportError
from homeport.heroku.convert import config, data, sizes
from homeport.heroku.convert.domains import decide_domains
from homeport.heroku.convert.draft import DATABASES, ENVIRONMENTS, DataDraft, Draft, Member
from homeport.heroku.convert.given import NONE_GIVEN, Given
from homeport.heroku.convert.members import find_members, given_services
from homeport.heroku.convert.records import Records
from homeport.heroku.convert.services import decide_service
from homeport.heroku.convert.slugs import WHOLE, Names, platform_name, slug
from homeport.heroku.records import AddOn, App
from homeport.model.regions import find_region_problem

DEFAULT_REGION, DEFAULT_PYTHON = "eu-west-1", "3.12"
# https://devcenter.heroku.com/articles/regions; `/regions` says the same in `provider.region`
REGIONS = {
    "us": "us-east-1",
    "eu": "eu-west-1",
    "virginia": "us-east-1",
    "oregon": "us-west-2",
    "dublin": "eu-west-1",
    "frankfurt": "eu-central-1",
    "london": "eu-west-2",
    "montreal": "ca-central-1",
    "mumbai": "ap-south-1",
    "singapore": "ap-southeast-1",
    "sydney": "ap-southeast-2",
    "tokyo": "ap-northeast-1",
}
NAME = re.compile(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")


def decide(records: Records, *, name: str | None = None, region: str | None = None, given: Given = NONE_GIVEN) -> Draft:
    """Everything that is written. Raises HomeportError for a name or region that homeport.yml does not allow."""
    _check_options(name, region)
    wish = slug(_platform_wish(records), "platform", WHOLE)
    names = Names(name or platform_name(wish))
    members, titles = find_members(records, names, given)
    services = tuple(
        decide_service(records, service, title, _of_service(members, service))
        for service, title in sorted(titles.items())
    )
    parts = data.decide_data(records, members, names, given)
    used = {member.environment for member in members.values() if member.is_placed}
    used |= {environment for part in parts for environment in part.addons}
    draft = Draft(
        name=names.platform,
        region=region or _region(records, members),
        python=_most_common((service.python for service in services), DEFAULT_PYTHON),
        environments=tuple(environment for environment in ENVIRONMENTS if environment in used),
        high=frozenset(_high(records, parts)),
        members=members,
        services=services,
        data=parts,
        domains=decide_domains(records, services),
        settings={service.name: config.decide_settings(records, service) for service in services},
        sender=config.decide_sender(records),
    )
    services_of, parts_of = given_services(records, members, titles), data.given_data(records, parts)
    return replace(
        draft,
        secrets=config.decide_secrets(records, draft),
        full_names=names.changed,
        full_name=wish if wish != names.platform == platform_name(wish) else "",
        given=Given({**given.services, **services_of}, {**given.data, **parts_of}),
    )


def aws_region(app: App) -> str:
    """The AWS region that an app runs in; empty if it is not known."""
    return app.aws_region or REGIONS.get(app.region.lower(), "")


def _check_options(name: str | None, region: str | None) -> None:
    if name is not None and (not NAME.match(name) or len(name) > 24):
        raise HomeportError(
            f"--name: {name!r} is not a name: lower-case letters, digits, single hyphens, at most 24, a letter first",
            f"--name {slug(name, 'platform')}",
        )
    if region is not None and (problem := find_region_problem(region)):
        raise HomeportError(f"--region: {problem}")


def _platform_wish(records: Records) -> str:
    teams = [app.team for app in records.of(App) if app.team]
    only = records.apps[0] if len(records.apps) == 1 else "platform"
    return _most_common(teams, only)


def _of_service(members: Mapping[str, Member], service: str) -> tuple[Member, ...]:
    mine = [member for member in members.values() if member.service == service]
    return tuple(sorted(mine, key=lambda member: ([*ENVIRONMENTS, ""].index(member.environment), member.app)))


def _region(records: Records, members: Mapping[str, Member]) -> str:
    placed = [app for app in records.of(App) if app.app in members and members[app.app].environment]
    return _most_common((aws_region(app) for app in placed), DEFAULT_REGION)


def _most_common(values: Iterable[str], default: str) -> str:
    """The most frequent of the values that are known; of equals the first by name."""
    counted = Counter(value for value in values if value)
    return min(counted, key=lambda value: (-counted[value], value), default=default)


def _high(records: Records, parts: Iterable[DataDraft]) -> Iterable[str]:
    """Environments in which Heroku kept a standby for a database."""
    addons = {addon.origin: addon for addon in records.of(AddOn)}
    for part in parts:
        for environment, origin in part.addons.items():
            if part.kind == DATABASES and sizes.is_standby(data.plan_of(addons[origin])):
                yield environment
