"""Fates of what concerns data and config: add-ons, attachments, databases, caches, config vars."""

import re

from homeport.heroku.convert import config, sizes, vendors
from homeport.heroku.convert.data import (
    RDS_EXTENSIONS,
    followers,
    gives_variable,
    is_pool,
    kind_of,
    plan_of,
    raised_version,
    variable_of,
)
from homeport.heroku.convert.draft import CACHES, DATABASES, DataDraft, Draft
from homeport.heroku.convert.fate import Fate, changed, moved, not_moved
from homeport.heroku.convert.records import Records
from homeport.heroku.records import AddOn, Attachment, CacheFacts, ConfigVar, DatabaseFacts
from homeport.model import names
from homeport.model.variables import NAME, RESERVED_PREFIXES

EVICTION = "volatile-lru"  # of ElastiCache's default parameter groups
FOLLOWS = "follows another database; Homeport makes no read replicas"
FOLLOWER_ADVICE = "read from the main database; `availability: high` keeps a standby of it"
KEYS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
DEBUGGING = re.compile(r"(^|_)DEBUG$")
WISH = "a checkout asks for it, but what was read of Heroku counts"


def tell_addon(records: Records, draft: Draft, addon: AddOn) -> Fate:
    title = f"add-on {addon.name} ({addon.service})"
    if _is_wish(records, draft, addon.app):
        return _tell_wish(records, draft, addon, title)
    if addon.name in followers(records) and kind_of(addon):
        return not_moved(title, FOLLOWS, FOLLOWER_ADVICE)
    part = draft.part_of(addon.origin)
    if part:
        return _tell_part(records, part, addon, title)
    if kind_of(addon):
        return not_moved(title, "no app that moves uses it", "delete it, or dump what is in it first")
    vendor = vendors.find_vendor(addon.service)
    if addon.service in vendors.MAIL_SERVICES and not draft.sender:
        advice = "add `mail: {sender: …}` to homeport.yml and `mail` to `uses`; the sender is not known"
        return changed(title, vendor.why, f"{advice}. Then {vendor.advice}")
    return (not_moved if vendor.fate == "gone" else changed)(title, vendor.why, vendor.advice)


def tell_attachment(records: Records, draft: Draft, attachment: Attachment) -> Fate:
    title = f"{attachment.name} of {attachment.app}: add-on {attachment.addon}"
    addon = records.addon(attachment.addon, attachment.app)
    if addon is None:
        return not_moved(title, "the add-on itself was not read", "look at it on Heroku: `heroku addons:info`")
    if is_pool(attachment) and kind_of(addon):
        why = "is a connection pool; there is none on RDS, and its variable is not set"
        return not_moved(title, why, "read DATABASE_URL; if connections run short, lower CONN_MAX_AGE")
    if addon.name in followers(records) and kind_of(addon):
        return not_moved(title, FOLLOWS, FOLLOWER_ADVICE)
    part = draft.part_of(addon.origin)
    if part:
        return _tell_use(records, draft, attachment, part, title)
    if kind_of(addon) and not _is_wish(records, draft, addon.app):
        return not_moved(title, "its add-on does not move")
    if kind_of(addon):
        return moved(title, WISH)
    if vendors.find_vendor(addon.service).fate == "gone":
        return not_moved(title, "its add-on does not move", "see the add-on")
    return changed(
        title, "its variables are in the secrets file, and a deploy gives them to the service", "see the add-on"
    )


def tell_database(records: Records, draft: Draft, facts: DatabaseFacts) -> Fate:
    title = f"database {facts.addon}"
    if facts.addon in followers(records):
        return not_moved(title, FOLLOWS, FOLLOWER_ADVICE)
    addon = records.addon(facts.addon, facts.app)
    part = draft.part_of(addon.origin) if addon else None
    if part is None:
        return not_moved(title, "no app that moves uses it")
    reasons, todo = _version_change(facts)
    missing = sorted({name.lower() for name in facts.extensions} - RDS_EXTENSIONS - {"plpgsql"})
    if missing:
        reasons.append(f"RDS has no extension {', '.join(missing)}")
        todo.append("find out what uses it before the copy")
    if facts.size_bytes is None:
        reasons.append("its size is not known")
        todo.append("check storage_gb")
    for many, why in ((facts.followers, "followers"), (facts.credentials[1:], "further credentials")):
        if many:
            reasons.append(f"has {why} ({', '.join(many)}), which are not made on RDS")
    if facts.backup_schedules:
        reasons.append("scheduled backups become RDS's own: every day, kept for 7 days")
        todo.append("set backup_days if they must be kept for longer")
    return changed(title, "; ".join(reasons), "; ".join(todo)) if reasons else moved(title, f"is {part.name}")


def _version_change(facts: DatabaseFacts) -> tuple[list[str], list[str]]:
    wanted = raised_version(facts.version)
    if not wanted:
        return ["its version is not known"], ["check `version`"]
    major = facts.version.strip().lstrip("v").partition(".")[0]
    if major == wanted:
        return [], []
    if int(wanted) > int(major):
        why = f"PostgreSQL {major} is raised to {wanted}: RDS charges Extended Support for it, by vCPU and hour"
        return [why], [f"test the code with {wanted} before the copy; `homeport up` runs it"]
    return [f"PostgreSQL {major} is not offered; {wanted} is taken"], ["ask whether its dump can be read by it"]


def tell_cache(records: Records, draft: Draft, facts: CacheFacts) -> Fate:
    title = f"cache {facts.addon}"
    addon = records.addon(facts.addon, facts.app)
    part = draft.part_of(addon.origin) if addon else None
    if part is None:
        return not_moved(title, "no app that moves uses it")
    if facts.eviction and facts.eviction != EVICTION:
        why = f"evicts by {facts.eviction} on Heroku, and by {EVICTION} on AWS: homeport.yml has no word for it"
        advice = "nothing, if what must stay has no expiry, like Celery's queues: only keys with one are evicted"
        if facts.eviction.startswith("allkeys"):
            advice = "give every key an expiry: those without one are never evicted, and fill the cache"
        return changed(title, why, advice)
    return moved(title, f"is {part.name}")


def tell_config(records: Records, draft: Draft, var: ConfigVar) -> Fate:
    if var.stage:
        return not_moved(f"config of the stage {var.stage}", "is for review apps or CI", "set it where the tests run")
    member = draft.member(var.app)
    title = f"config of {member.service} in {member.environment}" if member.environment else f"config of {var.app}"
    if not member.environment:
        return _tell_asked(records, draft, var, title)
    if config.is_of_data(records, var):
        return _tell_replaced(draft, var, title)
    if var.name in config.set_by_homeport(draft, member):
        why = "Homeport sets it itself"
        return changed(
            f"config {var.name}",
            why,
            "see that the code takes Homeport's value; yours stands under `other` in the file",
        )
    if not NAME.match(var.name) or var.name.startswith(RESERVED_PREFIXES):
        return _tell_refused(var)
    return _tell_value(records, var, title)


def _tell_refused(var: ConfigVar) -> Fate:
    title, stands = f"config {var.name!r}", "its value stands under `other` in the file"
    if not NAME.match(var.name):
        return changed(title, "is not the name of a variable", f"rename it in the code; {stands}")
    if var.name in KEYS:
        return changed(title, "a task has its role and needs no keys", f"see that the code does without; {stands}")
    why = "Homeport sets no variables that begin so: they would come between the task and its role or region"
    advice = "read another name in the code"
    if "BUCKET" in var.name:
        advice += ", such as MEDIA_BUCKET, which a service has that uses the bucket `media`"
    return changed(title, why, f"{advice}; {stands}")


def _tell_value(records: Records, var: ConfigVar, title: str) -> Fate:
    """Config that is copied: what is to be done depends on its value's length only."""
    value = config.value_of(records, var)
    setting = "enter them in the secrets file"
    if value is not None and (var.app, var.name) not in records.values:
        if DEBUGGING.search(var.name) and value.lower() in ("1", "true", "on", "yes"):
            why = "app.json's default turns it on, and is in the secrets file; with it, errors show settings and code"
            return changed(f"config {var.name}", why, "turn it off there before the first deploy")
        return changed(title, "app.json's defaults are in the secrets file", "see that they are what runs today")
    if value is None and (var.app, var.name) in records.valued:
        return changed(title, "an earlier import has put its value into the secrets file", "see that it is still right")
    if var.is_masked or value is None:
        why = "masked on Heroku: values cannot be read" if var.is_masked else "values were not read"
        return changed(title, "Heroku generated the values" if var.is_generated else why, setting)
    if not config.fits(value):
        why = f"has {len(value.encode('utf-8', 'surrogatepass'))} bytes; a parameter holds {config.ADVANCED_BYTES}"
        return not_moved(f"{title}: {var.name}", why, "put it into a file of a bucket, and read it at the start")
    if len(value.encode("utf-8", "surrogatepass")) > config.STANDARD_BYTES:
        why = f"is longer than {config.STANDARD_BYTES} bytes, so that it needs an advanced parameter, which costs"
        return changed(f"{title}: {var.name}", why, "shorten it if you can")
    if var.name == config.SECRET_KEY:
        why = "Homeport makes a SECRET_KEY of its own; with yours sessions and signed links stay valid"
        return changed(f"config {var.name}", why, "set it before the first deploy")
    why = "values are in the secrets file, outside of the repository; a deploy puts them into SSM for the service"
    return changed(title, why, "keep the file; write what this machine must not use, such as live keys, under `local`")


def _tell_replaced(draft: Draft, var: ConfigVar, title: str) -> Fate:
    member = draft.member(var.app)
    if var.name in config.set_by_homeport(draft, member):
        return moved(title, f"{var.name} is set by Homeport, for the new database or cache")
    ours = [name for name in draft.uses(member.service, member.environment) if name in draft.kinds]
    offered = ", ".join(dict.fromkeys(names.variable(name, "URL") for name in ours))
    advice = f"read another variable in the code: {offered}, DATABASE_URL or REDIS_URL" if ours else "see its add-on"
    return changed(title, f"{var.name} belongs to an add-on that is replaced, and is not set", advice)


def _tell_asked(records: Records, draft: Draft, var: ConfigVar, title: str) -> Fate:
    """Config that a checkout asks for, beside apps of which the config was read."""
    service = draft.service(draft.member(var.app).service)
    apps = service.apps().values() if service else ()
    if any(known.name == var.name for app in apps for known in records.of(ConfigVar, app)):
        return moved(title, "the apps on Heroku have it")
    return not_moved(title, "app.json asks for it, and no app on Heroku has it", "set it if the code needs it")


def _is_wish(records: Records, draft: Draft, app: str) -> bool:
    member = draft.member(app)
    return member.is_checkout and not member.environment


def _tell_wish(records: Records, draft: Draft, addon: AddOn, title: str) -> Fate:
    service = draft.service(draft.member(addon.app).service)
    apps = set(service.apps().values()) if service else set()
    has = any(
        other.service == addon.service for app in apps for other in [*records.of(AddOn, app), *_attached(records, app)]
    )
    if has:
        return moved(title, "the app on Heroku has it")
    if place := addon.options.get("inferred"):
        return not_moved(title, f"{place} needs it, but no app on Heroku has it", "add it if the code uses it")
    return not_moved(title, "app.json asks for it, but no app on Heroku has it", "add it if the code needs it")


def _attached(records: Records, app: str) -> list[AddOn]:
    found = [records.addon(attachment.addon, app) for attachment in records.of(Attachment, app)]
    return [addon for addon in found if addon]


def _tell_part(records: Records, part: DataDraft, addon: AddOn, title: str) -> Fate:
    reasons = [f"is not declared, but {place} needs it"] if (place := addon.options.get("inferred")) else []
    environment = next(name for name, origin in part.addons.items() if origin == addon.origin)
    if part.kind == CACHES:
        cached = records.cache_facts(addon.name)
        told = sizes.cache_node(plan_of(addon), cached.memory_bytes if cached else None)[1]
    else:
        told = sizes.database_class(plan_of(addon))[1]
        if not part.settings[environment].get("version"):
            reasons.append("its version is not known")
    reasons += [told] if told else []
    if addon.state not in ("", "provisioned"):
        reasons.append(f"is {addon.state} on Heroku")
    if reasons:
        return changed(title, f"is {part.name} in {environment}; {'; '.join(reasons)}", "check it in homeport.yml")
    return moved(title, f"is {part.name} in {environment}")


def _tell_use(records: Records, draft: Draft, attachment: Attachment, part: DataDraft, title: str) -> Fate:
    member = draft.member(attachment.app)
    if not member.is_placed:
        return moved(title, WISH) if member.service else not_moved(title, f"app {member.app} {member.why}")
    addon = records.addon(attachment.addon, attachment.app)
    reasons, todo = [], []
    if addon and part.addons.get(member.environment) != addon.origin:
        reasons.append(
            f"is a database of another environment; accounts share nothing, so {member.environment} has its own"
        )
        todo.append(f"fill {part.name} of {member.environment}, or do without it")
    if attachment.namespace:
        reasons.append(f"has credentials of its own ({attachment.namespace}); on RDS it is one user")
    if not _is_set(draft, attachment, part):
        reasons.append(f"{variable_of(attachment.name)} is not set")
        todo.append(f"read {names.variable(part.name, 'URL')} in the code")
    why = "; ".join(reasons)
    return changed(title, why, "; ".join(todo)) if reasons else moved(title, f"uses {part.name}")


def _is_set(draft: Draft, attachment: Attachment, part: DataDraft) -> bool:
    """Whether the variable of an attachment is set, and for this very database or cache."""
    if gives_variable(part.name, attachment.name):
        return True
    member = draft.member(attachment.app)
    uses = draft.uses(member.service, member.environment)
    same = [name for name in uses if draft.kinds.get(name) == part.kind]
    default = "DATABASE" if part.kind == DATABASES else "REDIS"
    return attachment.name == default and same[:1] == [part.name]
