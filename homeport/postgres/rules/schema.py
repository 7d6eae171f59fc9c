"""Rules about everything that is not a table: extensions, views, functions, settings, large objects."""

from collections.abc import Iterator

from homeport.postgres.catalog import Catalog, order_materialized
from homeport.postgres.rules.finding import Finding, counted, listed

HEROKU_SCHEMA = "heroku_ext"
SAFE_PATH_MAJOR = 17  # https://www.postgresql.org/docs/17/release-17.html: maintenance uses a safe search_path
BUILT_IN = {"plpgsql"}


def missing_extensions(source: Catalog, target: Catalog) -> Iterator[Finding]:
    offered = {each.name for each in target.available} | {each.name for each in target.extensions}
    absent = [f"{e.name} {e.version}" for e in source.extensions if e.name not in offered]
    if absent:
        yield Finding(
            "missing-extensions",
            "refuses",
            "the target's server does not offer these extensions",
            "types, functions and indexes that need them cannot be created",
            "install them there, or stop using them: DROP EXTENSION shows what needs one",
            listed(absent),
        )


def untrusted_extensions(source: Catalog, target: Catalog) -> Iterator[Finding]:
    if target.database.is_superuser:
        return
    trusted = {each.name for each in target.available if each.is_trusted} | {e.name for e in target.extensions}
    offered = {each.name for each in target.available}
    names = {e.name for e in source.extensions if e.name in offered - trusted}
    if names:
        yield Finding(
            "untrusted-extensions",
            "warns",
            "the target's server lets only a superuser create these extensions",
            "the schema needs them; a managed server may allow it to its administrator all the same",
            "have its administrator create them before the copy",
            listed(names),
        )


def extension_versions(source: Catalog, target: Catalog) -> Iterator[Finding]:
    offered: dict[str, set[str]] = {}
    for each in target.available:
        offered.setdefault(each.name, set()).add(each.version)
    other = [
        f"{e.name} {e.version} (there: {', '.join(sorted(offered[e.name]))})"
        for e in source.extensions
        if e.name in offered and e.version not in offered[e.name] and e.name not in BUILT_IN
    ]
    if other:
        yield Finding(
            "extension-versions",
            "informs",
            "the target offers other versions of these extensions",
            "a version may rename or drop functions",
            "its default version is created",
            listed(other),
        )


def heroku_extensions(source: Catalog, target: Catalog) -> Iterator[Finding]:
    names = [e.name for e in source.extensions if e.schema == HEROKU_SCHEMA]
    if names:
        yield Finding(
            "heroku-extensions",
            "informs",
            f"extensions live in schema {HEROKU_SCHEMA}, as Heroku demanded from 2022 to 2023",
            "types and functions are named with this schema",
            f"the target gets a schema {HEROKU_SCHEMA}, with the extensions in it",
            listed(names),
        )


def materialized_views(source: Catalog, target: Catalog) -> Iterator[Finding]:
    names = tuple(f"{view.schema}.{view.name}" for view in order_materialized(source))
    if names:
        yield Finding(
            "materialized-views",
            "informs",
            counted(len(names), "materialized view"),
            "each must be filled after those that it reads",
            "they are refreshed in the target, in this order",
            names,
        )


def event_triggers(source: Catalog, target: Catalog) -> Iterator[Finding]:
    names = [f"{each.name} (on {each.event})" for each in source.event_triggers]
    if names:
        yield Finding(
            "event-triggers",
            "warns",
            "the source has event triggers",
            "they fire at Homeport's own schema and triggers; only a superuser can create them",
            "make sure that they let CREATE SCHEMA and CREATE TRIGGER pass; create them in the target yourself",
            listed(names),
        )


def peculiar_triggers(source: Catalog, target: Catalog) -> Iterator[Finding]:
    names = [f"{t.schema}.{t.table}: {t.name}" for t in source.triggers if t.enabled in "AR"]
    if names:
        yield Finding(
            "peculiar-triggers",
            "warns",
            "triggers are ENABLE ALWAYS or REPLICA",
            "they fire in the target while changes are applied, and would do their work twice",
            "they are disabled there until the cutover",
            listed(names),
        )


def foreign_code(source: Catalog, target: Catalog) -> Iterator[Finding]:
    names = [f"{f.schema}.{f.name}" for f in source.functions if f.language == "c"]
    if names:
        yield Finding(
            "foreign-code",
            "refuses",
            "functions are written in C, outside of any extension",
            "their library is a file on the source's server",
            "DROP FUNCTION what is left over of an old extension",
            listed(names),
        )


def unset_paths(source: Catalog, target: Catalog) -> Iterator[Finding]:
    if target.database.major < SAFE_PATH_MAJOR or source.database.major >= SAFE_PATH_MAJOR:
        return
    names = [
        f"{f.schema}.{f.name}({f.arguments})"
        for f in source.functions
        if f.is_maintained and f.language in ("sql", "plpgsql") and f.source and "search_path=" not in f.properties
    ]
    if names:
        yield Finding(
            "search-path",
            "warns",
            "indexes or materialized views are built with functions that have no search_path of their own",
            f"from PostgreSQL {SAFE_PATH_MAJOR} on such a function finds nothing there that it names without a schema",
            "where one does, in the source: ALTER FUNCTION … SET search_path = public, or name its schema in the body",
            listed(names),
        )


def large_objects(source: Catalog, target: Catalog) -> Iterator[Finding]:
    if source.database.large_objects:
        yield Finding(
            "large-objects",
            "warns",
            counted(source.database.large_objects, "large object"),
            "no trigger sees a change of a large object",
            "they are copied with their numbers, and again during the freeze; many of them make it longer",
        )


def settings(source: Catalog, target: Catalog) -> Iterator[Finding]:
    why = "functions and defaults may rely on them, on search_path above all"
    of_database = [f"{s.name} = {s.value}" for s in source.settings if not s.role]
    if of_database:
        what = "the database sets defaults for sessions"
        yield Finding("settings", "informs", what, why, "they are set in the target's database", listed(of_database))
    of_role = [f"{s.name} = {s.value}" for s in source.settings if s.role]
    if of_role:
        what = "the role that is connected sets defaults for its sessions"
        todo = "they are not set in the target, which has a role of its own: ALTER ROLE CURRENT_USER SET … there"
        yield Finding("role-settings", "warns", what, why, todo, listed(of_role))


def publications(source: Catalog, target: Catalog) -> Iterator[Finding]:
    names = [each.name for each in source.publications]
    if names:
        yield Finding(
            "publications",
            "informs",
            "the source publishes changes",
            "its subscribers go on reading from the source",
            "publications are not copied; create them in the target, and move the subscribers",
            listed(names),
        )
