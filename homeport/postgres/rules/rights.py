"""Rules about rights: what the connected roles may not do, and who else has rights."""

from collections.abc import Iterator

from homeport.postgres.catalog import Catalog
from homeport.postgres.compare_schema import absent_roles
from homeport.postgres.rules.finding import Finding, counted, listed


def owners(source: Catalog, target: Catalog) -> Iterator[Finding]:
    others = [f"{t.full_name} ({t.owner})" for t in source.tables if not t.is_ours]
    if others:
        yield Finding(
            "owners",
            "refuses",
            f"{counted(len(others), 'table')} of the source owned by a role that {source.database.role} is not in",
            "only an owner may capture a table's changes, and reading needs a grant",
            f"have each owner run: REASSIGN OWNED BY CURRENT_USER TO {source.database.role}",
            listed(others),
        )


def source_rights(source: Catalog, target: Catalog) -> Iterator[Finding]:
    if not source.database.may_create:
        yield Finding(
            "source-rights",
            "refuses",
            f"{source.database.role} may not create a schema in the source",
            "changes are captured by functions in a schema of Homeport's",
            "connect as the database's owner",
        )
    if not source.database.may_signal:
        yield Finding(
            "source-rights",
            "warns",
            f"{source.database.role} is not in pg_signal_backend",
            "sessions of other roles cannot be ended at the cutover, only waited for",
            "stop the application before the cutover, or GRANT pg_signal_backend",
        )


def target_rights(source: Catalog, target: Catalog) -> Iterator[Finding]:
    if not target.database.may_create:
        yield Finding(
            "target-rights",
            "refuses",
            f"{target.database.role} may not create schemas in the target",
            "the schema cannot be restored",
            f"connect as {target.database.owner}, its owner",
        )


def roles(source: Catalog, target: Catalog) -> Iterator[Finding]:
    if absent := absent_roles(source, target):
        yield Finding(
            "roles",
            "warns",
            "roles have grants in the source and do not exist in the target",
            "grants to a role that is missing cannot be restored",
            "create them in the target, or say which role stands for each; without that these grants are left out",
            listed(absent),
        )


def large_object_owners(source: Catalog, target: Catalog) -> Iterator[Finding]:
    others = source.database.large_objects_of_others
    if others:
        yield Finding(
            "large-object-owners",
            "refuses",
            f"{counted(others, 'large object')} owned by another role",
            "they can neither be read nor given grants",
            f"have their owner run: REASSIGN OWNED BY CURRENT_USER TO {source.database.role}",
        )
