"""Config vars → what Homeport sets itself, and what goes to the secrets file. Values never leave `split_values`."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from homeport.heroku.convert import data, sizes
from homeport.heroku.convert.draft import DATABASES, Draft, Member, ServiceDraft
from homeport.heroku.convert.records import Records
from homeport.heroku.convert.vendors import MAIL_SERVICES
from homeport.heroku.records import AddOn, Attachment, ConfigVar, Process
from homeport.model import names
from homeport.model.variables import NAME, RESERVED_PREFIXES

SET_ALWAYS = ("ALLOWED_HOSTS", "SITE_ORIGINS", "PORT", "HOST")
SECRET_KEY = "SECRET_KEY"
# https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
STANDARD_BYTES, ADVANCED_BYTES = 4096, 8192
# what Heroku's data add-ons set, wherever nothing says whose a variable is
OF_DATA = re.compile(r"^(HEROKU_(POSTGRESQL|REDIS)_[A-Z]+(_TLS)?_URL|REDIS_TLS_URL|DATABASE_CONNECTION_POOL_URL)$")
# what may be one of theirs, where it could not be read which add-ons there are
MAYBE_OF_DATA = re.compile(
    r"(^|_)(DATABASE|DB|POSTGRES(QL)?|PG|REDIS|REDISCLOUD|REDISTOGO|OPENREDIS)(_[A-Z0-9]+)*_UR[LI]$"
)
SENDERS = ("DEFAULT_FROM_EMAIL", "MAIL_SENDER", "SERVER_EMAIL", "EMAIL_FROM", "FROM_EMAIL")
ADDRESS = re.compile(r"^[^@\s<>]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")


class Secrets(dict[tuple[str, str, str], str]):
    """Values by (environment, service, variable); shows only how many they are."""

    def __repr__(self) -> str:
        return f"<{len(self)} values>"

    __str__ = __repr__


@dataclass(frozen=True)
class ConfigValues:
    """`config` is ready to be set; `other` was read but is not set on AWS, such as old database URLs."""

    config: Secrets = field(default_factory=Secrets)
    other: Secrets = field(default_factory=Secrets)


def owner_of(records: Records, var: ConfigVar) -> AddOn | None:
    """The add-on that a config var belongs to, by what Heroku says of it."""
    if var.addon:
        return records.addon(var.addon, var.app)
    attached = [records.addon(attachment.addon, var.app) for attachment in records.of(Attachment, var.app)]
    for addon in [*records.of(AddOn, var.app), *filter(None, attached)]:
        if var.name in addon.config_vars:
            return addon
    return None


def is_of_data(records: Records, var: ConfigVar) -> bool:
    """Whether a variable tells of a database or cache on Heroku, which has another address on AWS."""
    owner = owner_of(records, var)
    if owner:
        return bool(data.kind_of(owner))
    attached = [(a.name, records.addon(a.addon, var.app)) for a in records.of(Attachment, var.app)]
    attached += [(data.default_role(addon), addon) for addon in records.of(AddOn, var.app)]
    names_of_data = {data.variable_of(name) for name, addon in attached if addon and data.kind_of(addon)}
    if var.name in names_of_data or OF_DATA.match(var.name):
        return True
    return are_addons_hidden(records, var.app) and bool(MAYBE_OF_DATA.search(var.name))


def are_addons_hidden(records: Records, app: str) -> bool:
    """Whether an app may have add-ons that were not read."""
    hidden = ("api: addons/any", f"api: apps/{app}/addon-attachments/ANY")
    return any(records.is_hidden(origin, app) for origin in hidden)


def is_ready(records: Records, draft: Draft, var: ConfigVar) -> bool:
    """Whether a value of this variable is set on AWS as it is."""
    member = draft.member(var.app)
    if not member.is_placed or not NAME.match(var.name) or var.name.startswith(RESERVED_PREFIXES):
        return False
    return not is_of_data(records, var) and var.name not in set_by_homeport(draft, member)


def set_by_homeport(draft: Draft, member: Member) -> set[str]:
    """Variables that Homeport sets for this app's service itself (`model/variables.py`)."""
    found = set(SET_ALWAYS)
    for name in draft.uses(member.service, member.environment):
        if kind := draft.kinds.get(name):
            found |= {names.variable(name, "URL"), "DATABASE_URL" if kind == DATABASES else "REDIS_URL"}
        elif name == "mail":
            found.add("MAIL_SENDER")
    return found


def split_values(records: Records, draft: Draft) -> ConfigValues:
    """Values of placed apps, by where they go. Nothing else of the conversion looks at values."""
    values = ConfigValues()
    for var in records.of(ConfigVar):
        member = draft.member(var.app)
        value = value_of(records, var)
        if value is None or not member.service or not member.environment or var.stage:
            continue
        chosen = values.config if is_ready(records, draft, var) and fits(value) else values.other
        chosen[member.environment, member.service, var.name] = value
    return values


def value_of(records: Records, var: ConfigVar) -> str | None:
    """The value that was read, else the one that a checkout's app.json gives openly."""
    default = var.default if var.app in records.checkouts else None
    return records.values.get((var.app, var.name), default)


def fits(value: str) -> bool:
    """Whether a parameter of SSM can hold this value."""
    return len(value.encode("utf-8", "surrogatepass")) <= ADVANCED_BYTES


def decide_secrets(records: Records, draft: Draft) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Names of the variables to set, by service and environment."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for var in records.of(ConfigVar):
        if not var.stage and is_ready(records, draft, var):
            member = draft.member(var.app)
            found[member.service][member.environment].add(var.name)
    return {
        service: {environment: tuple(sorted(vars_)) for environment, vars_ in by_environment.items()}
        for service, by_environment in found.items()
    }


def decide_sender(records: Records) -> str:
    """The address that mail comes from, if an app.json says it openly and there is mail to send; else empty."""
    if not any(addon.service in MAIL_SERVICES for addon in records.of(AddOn)):
        return ""
    for name in SENDERS:
        for var in records.of(ConfigVar):
            if var.name == name and var.default and ADDRESS.match(var.default):
                return var.default
    return ""


def decide_settings(records: Records, service: ServiceDraft) -> Mapping[str, Mapping[str, str]]:
    """By environment: variables that Heroku's Python buildpack set without being asked, which nobody does on AWS.

    Those that the app's config sets itself are left to it.
    """
    process = service.process("web")
    command = process.command if process else ""
    own = {var.name for member in service.members for var in records.of(ConfigVar, member.app)}
    found = {}
    for environment, app in service.apps().items():
        size = next((p.size for p in records.of(Process, app) if p.type == "web" and p.size), "")
        settings = {}
        if "gunicorn" in command or "uvicorn" in command:
            settings["WEB_CONCURRENCY"] = str(sizes.workers(size))
            settings["FORWARDED_ALLOW_IPS"] = "*"
        if "gunicorn" in command:
            settings["GUNICORN_CMD_ARGS"] = (
                "--access-logfile - --keep-alive 75"  # the load balancer keeps them for 60 s
            )
        found[environment] = {name: value for name, value in settings.items() if name not in own}
    return found
