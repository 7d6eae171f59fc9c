"""Add-ons and attachments → databases and caches, shared exactly as they are attached.

A database of staging and one of production are one database of the platform, if the same service attaches both under
the same name. One that is attached across environments is there in both: accounts share nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from homeport.heroku.convert import sizes
from homeport.heroku.convert.draft import CACHES, DATABASES, ENVIRONMENTS, DataDraft, Member
from homeport.heroku.convert.given import Given, key_of, place_key
from homeport.heroku.convert.records import Records
from homeport.heroku.convert.slugs import Names, name_max, with_end
from homeport.heroku.records import AddOn, Attachment, DatabaseFacts
from homeport.model import names as aws_names

POSTGRES = {"heroku-postgresql"}
REDIS = {"heroku-redis", "rediscloud", "redistogo", "openredis", "upstash-redis", "stackhero-redis"}
DEFAULT_ROLES = {"heroku-postgresql": "DATABASE", "heroku-redis": "REDIS"}
POSTGRES_VERSIONS = ("14", "15", "16", "17", "18")
# https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-extensions.html
EXTENSIONS_OF_RDS = """
    address_standardizer address_standardizer_data_us amcheck aws_commons aws_lambda aws_s3 bloom btree_gin
    btree_gist citext cube dblink dict_int dict_xsyn earthdistance fuzzystrmatch h3-pg hll hstore hstore_plperl
    intagg intarray ip4r isn lo log_fdw ltree mysql_fdw oracle_fdw orafce pg_buffercache pg_cron pg_freespacemap
    pg_hint_plan pg_partman pg_prewarm pg_proctab pg_repack pg_similarity pg_stat_statements pg_tle pg_transport
    pg_trgm pg_visibility pgaudit pgcrypto pglogical pgrouting pgrowlocks pgstattuple pgtap pgvector plcoffee plls
    plperl plprofiler pltcl plv8 postgis postgis_raster postgis_tiger_geocoder postgis_topology postgres_fdw prefix
    rdkit rds_tools refint seg sslinfo tablefunc tcn tds_fdw test_parser tsm_system_rows tsm_system_time unaccent
    uuid-ossp vector"""
RDS_EXTENSIONS = frozenset(EXTENSIONS_OF_RDS.split())
POOLS = ("CONNECTION_POOL", "PGBOUNCER")


@dataclass
class Slot:
    """A database or cache while it is put together."""

    kind: str
    known: str = ""  # the name that an earlier import gave
    addons: dict[str, AddOn] = field(default_factory=dict)
    uses: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))

    def pairs(self) -> set[tuple[str, str]]:
        return {pair for pairs in self.uses.values() for pair in pairs}


def kind_of(addon: AddOn) -> str:
    """`databases`, `caches`, or empty for any other add-on."""
    return DATABASES if addon.service in POSTGRES else CACHES if addon.service in REDIS else ""


def plan_of(addon: AddOn) -> str:
    """The plan alone: captured answers also write `heroku-postgresql:standard-0`, and app.json flags after it."""
    return (addon.plan.rpartition(":")[2].split() or [""])[0].lower()


def default_role(addon: AddOn) -> str:
    """What an add-on is attached as, where nothing else is said: its variables begin with it."""
    return DEFAULT_ROLES.get(addon.service, addon.service.upper().replace("-", "_"))


def followers(records: Records) -> set[str]:
    """Names of the databases that only follow another one."""
    found: set[str] = set()
    for facts in records.of(DatabaseFacts):
        if facts.addon not in found:
            found |= {name for name in facts.followers if name != facts.addon}
    return found


def decide_data(records: Records, members: Mapping[str, Member], names: Names, given: Given) -> tuple[DataDraft, ...]:
    """Every database and cache that moves, by name; one that has a name keeps it."""
    attached = _attached(records)
    following = followers(records)
    homes = {
        addon.origin: home
        for addon in records.of(AddOn)
        if kind_of(addon) and addon.name not in following and (home := _home(addon, members, attached))
    }
    slots: list[Slot] = []
    for environment in ENVIRONMENTS:
        here = [addon for addon in records.of(AddOn) if homes.get(addon.origin) == environment]
        for addon in sorted(here, key=lambda addon: (addon.name, addon.origin)):
            known = _known(addon, attached, given, here)
            _fill_slot(slots, addon, environment, _pairs(addon, attached, members), known)
    slots.sort(key=lambda slot: not slot.known)
    drafts = [_draft(records, slot, members, names) for slot in slots]
    return tuple(sorted(drafts, key=lambda draft: (draft.kind != DATABASES, draft.name)))


def given_data(records: Records, parts: Iterable[DataDraft]) -> dict[str, str]:
    """Names by add-on, and by the places where add-ons are attached."""
    attached = _attached(records)
    addons = {addon.origin: addon for addon in records.of(AddOn)}
    found: dict[str, str] = {}
    for part in parts:
        for origin in part.addons.values():
            found |= {place_key(app, role): part.name for app, role in attached[origin]}
            found[key_of(addons[origin])] = part.name
    return found


def variable_of(attachment: str) -> str:
    """`ANALYTICS` → `ANALYTICS_URL`."""
    return f"{attachment}_URL"


def is_pool(attachment: Attachment) -> bool:
    return any(word in attachment.name.upper() or word in attachment.namespace.upper() for word in POOLS)


def _attached(records: Records) -> dict[str, list[tuple[str, str]]]:
    """App and attachment's name, by the origin of the add-on; without attachments the billed app's default one."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for attachment in records.of(Attachment):
        addon = records.addon(attachment.addon, attachment.app)
        if addon and not is_pool(attachment):
            found[addon.origin].append((attachment.app, attachment.name))
    for addon in records.of(AddOn):
        if addon.origin not in found:
            found[addon.origin].append((addon.app, default_role(addon)))
    return found


def _home(addon: AddOn, members: Mapping[str, Member], attached: Mapping[str, list[tuple[str, str]]]) -> str:
    """The environment that an add-on moves to: its app's, else the first of those that attach it."""
    own = members.get(addon.app, Member(addon.app))
    if own.environment:
        return own.environment
    users = {members[app].environment for app, _ in attached[addon.origin] if app in members}
    return next((name for name in ENVIRONMENTS if name in users), "")


def _pairs(
    addon: AddOn, attached: Mapping[str, list[tuple[str, str]]], members: Mapping[str, Member]
) -> dict[str, set[tuple[str, str]]]:
    """Service and attachment's name, by environment."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for app, role in attached[addon.origin]:
        member = members.get(app)
        if member and member.is_placed:
            found[member.environment].add((member.service, role))
    return found


def _known(addon: AddOn, attached: Mapping[str, list[tuple[str, str]]], given: Given, here: Iterable[AddOn]) -> str:
    """The name that an add-on was given, or that of the one whose place it took."""
    if name := given.part([key_of(addon)]):
        return name
    held = {given.part([key_of(other)]) for other in here}
    name = given.part(place_key(app, role) for app, role in attached[addon.origin])
    return "" if name in held else name


def _fill_slot(
    slots: list[Slot], addon: AddOn, environment: str, pairs: dict[str, set[tuple[str, str]]], known: str
) -> None:
    """Put an add-on into the slot that the same services use in another environment, or into a new one."""
    kind = kind_of(addon)
    own = pairs.get(environment, set())
    free = [slot for slot in slots if slot.kind == kind and environment not in slot.addons]
    same = [slot for slot in free if known and slot.known == known]
    fitting = [slot for slot in free if slot.pairs() & own and (not known or not slot.known)]
    slot = max(same or fitting, key=lambda slot: len(slot.pairs() & own), default=None)
    if slot is None:
        slot = Slot(kind)
        slots.append(slot)
    slot.known = slot.known or known
    slot.addons[environment] = addon
    for where, used in pairs.items():
        slot.uses[where] |= used


def _draft(records: Records, slot: Slot, members: Mapping[str, Member], names: Names) -> DataDraft:
    settings, sources = {}, {}
    extensions: set[str] = set()
    for environment, addon in slot.addons.items():
        settings[environment], more = _settings(records, slot.kind, addon)
        extensions |= more
        sources[environment] = f"{addon.name}, {addon.service}:{addon.plan or 'default plan'}"
        if place := addon.options.get("inferred"):
            sources[environment] = f"not declared; inferred from {place}"
    return DataDraft(
        kind=slot.kind,
        name=names.claim(slot.kind, *_wishes(slot, members, names), known=slot.known),
        addons={environment: addon.origin for environment, addon in slot.addons.items()},
        settings=settings,
        sources=sources,
        extensions=tuple(sorted(extensions)),
        uses={where: tuple(sorted(pairs)) for where, pairs in sorted(slot.uses.items())},
    )


def _wishes(slot: Slot, members: Mapping[str, Member], names: Names) -> list[str]:
    """Names from best to worst: one that makes the very variable that the code reads, else after the service."""
    first = next(slot.addons[name] for name in ENVIRONMENTS if name in slot.addons)
    end = "-db" if slot.kind == DATABASES else "-cache"
    owner = members.get(first.app, Member(first.app))
    users = sorted({service for service, _ in slot.pairs()})
    service = owner.service or (users[0] if users else first.app)
    longest = name_max(slot.kind, names.platform)
    roles = Counter(role for _, role in slot.pairs())
    named = {role: role.lower().replace("_", "-") for role in sorted(roles, key=lambda role: (-roles[role], role))}
    exact = [name for role, name in named.items() if _may_name(slot, role) and gives_variable(name, role)]
    return [*(name for name in exact if len(name) <= longest), with_end(service, end, longest)]


def _may_name(slot: Slot, role: str) -> bool:
    """Whether an attachment's name is good for a database; a colour is only where there is nothing better."""
    has_default = bool({"DATABASE", "REDIS"} & {other for _, other in slot.pairs()})
    return role.isascii() and role not in ("DATABASE", "REDIS") and not (has_default and role.startswith("HEROKU_"))


def gives_variable(name: str, role: str) -> bool:
    """Whether a database or cache of this name sets the variable of this attachment."""
    return aws_names.variable(name, "URL") == variable_of(role)


def _settings(records: Records, kind: str, addon: AddOn) -> tuple[dict[str, str | int], set[str]]:
    if kind == CACHES:
        cached = records.cache_facts(addon.name)
        node, _ = sizes.cache_node(plan_of(addon), cached.memory_bytes if cached else None)
        return {"size": node, "replicas": 1 if sizes.is_standby(plan_of(addon)) else 0}, set()
    facts = records.database_facts(addon.name)
    found: dict[str, str | int] = {"size": sizes.database_class(plan_of(addon))[0]}
    found["storage_gb"] = sizes.storage_gb(facts.size_bytes if facts else None, facts.plan_bytes if facts else None)
    version = raised_version(facts.version if facts else addon.options.get("version", ""))
    if version:
        found["version"] = version
    named = {name.lower() for name in facts.extensions} if facts else set()
    return found, {name for name in named if is_extension(name)}


def raised_version(version: str) -> str:
    """The major version on AWS for one on Heroku: at least the oldest that RDS still supports; empty if unknown."""
    major = version.strip().lstrip("v").partition(".")[0]
    if not major.isascii() or not major.isdigit():
        return ""
    oldest, newest = POSTGRES_VERSIONS[0], POSTGRES_VERSIONS[-1]
    return str(min(max(int(major[:4]), int(oldest)), int(newest)))


def is_extension(name: str) -> bool:
    """Whether RDS has this extension, and it is not there anyway."""
    return name in RDS_EXTENSIONS
