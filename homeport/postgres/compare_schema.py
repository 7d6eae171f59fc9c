"""Two catalogs → the objects that are not the same on both sides. Pure.

Owners are not compared: a moved database belongs to another role by design. A role that the target lacks is said once,
not at each of its grants. Views, and functions with a body of SQL, are rendered from what the server has parsed, in a
layout that changes from one major to the next: that text is compared only between equal majors, and else what of it
does not change (columns, arguments, results, properties, the source of functions).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from homeport.postgres import objects
from homeport.postgres.catalog import Catalog

MISSING, ONLY_TARGET = "is missing in the target", "is only in the target"
Described = Mapping[str, Mapping[str, Any]]  # object → what is compared of it → value


@dataclass(frozen=True)
class ObjectDifference:
    """An object that one side lacks or has otherwise. A note is to be known, and no difference of the data."""

    kind: str
    name: str
    what: str
    is_note: bool = False
    sql: str = ""  # what makes it in the target, where one statement does and it is known


def compare_schema(source: Catalog, target: Catalog) -> list[ObjectDifference]:
    """Every difference, by kind and name."""
    same_major = source.database.major == target.database.major
    found: list[ObjectDifference] = []
    for kind, describe in KINDS.items():
        left, right = describe(source), describe(target)
        if kind in RENDERED and not same_major:
            left, right = _without_rendered(left), _without_rendered(right)
        found += _compare(kind, left, right)
    found += _note_unmoved("event trigger", source.event_triggers, target.event_triggers)
    found += _note_unmoved("publication", source.publications, target.publications)
    return [*found, *_compare_extensions(source, target), *_compare_privileges(source, target)]


def _compare(kind: str, source: Described, target: Described) -> Iterable[ObjectDifference]:
    for name in sorted(source.keys() | target.keys()):
        if name not in target:
            yield ObjectDifference(kind, name, MISSING, sql=str(source[name]["definition"]) if kind in WHOLE else "")
        elif name not in source:
            yield ObjectDifference(kind, name, ONLY_TARGET)
        else:
            left, right = source[name], target[name]
            for field in left.keys() | right.keys():
                if left.get(field) != right.get(field):
                    what = f"{field} is {right.get(field)!r} in the target, {left.get(field)!r} in the source"
                    yield ObjectDifference(kind, name, what)


def _compare_extensions(source: Catalog, target: Catalog) -> Iterable[ObjectDifference]:
    there = {extension.name: extension for extension in target.extensions}
    for extension in source.extensions:
        found = there.get(extension.name)
        if found is None:
            yield ObjectDifference("extension", extension.name, MISSING)
        elif found.schema != extension.schema and extension.name != "plpgsql":
            what = f"is in schema {found.schema} of the target, in {extension.schema} of the source"
            yield ObjectDifference("extension", extension.name, what)
        elif found.version != extension.version:
            what = f"is {found.version} in the target, {extension.version} in the source"
            yield ObjectDifference("extension", extension.name, what, is_note=True)


def _note_unmoved(kind: str, source: Iterable[Any], target: Iterable[Any]) -> Iterable[ObjectDifference]:
    there = {each.name for each in target}
    for each in source:
        if each.name not in there:
            yield ObjectDifference(kind, each.name, "is not in the target: it is not moved", is_note=True)


def _compare_privileges(source: Catalog, target: Catalog) -> Iterable[ObjectDifference]:
    """What roles that both sides have may do, and PUBLIC; the connected ones own what is moved."""
    known = {role.name for role in target.roles} | {"PUBLIC", ""}
    absent = absent_roles(source, target)
    for role in sorted(absent):
        yield ObjectDifference("role", role, "has grants in the source, and is missing in the target", is_note=True)
    mine = {role.name for role in source.roles} | {"PUBLIC", ""}
    known, mine = known - {source.database.role}, mine - {target.database.role}
    left = {_privilege(p): {"rights": p.rights} for p in source.privileges if p.grantee in known}
    right = {_privilege(p): {"rights": p.rights} for p in target.privileges if p.grantee in mine}
    yield from _compare("privilege", left, right)


def absent_roles(source: Catalog, target: Catalog) -> set[str]:
    """Roles with grants in the source that the target lacks, but for the connected one: another takes its place."""
    known = {role.name for role in target.roles} | {"PUBLIC", "", source.database.role}
    return {privilege.grantee for privilege in source.privileges} - known


def _privilege(privilege: objects.Privilege) -> str:
    name = f"{privilege.schema}.{privilege.name}" if privilege.schema else privilege.name
    return f"{privilege.kind} {name} to {privilege.grantee or 'its owner'}"


def _tables(catalog: Catalog) -> Described:
    return {
        table.full_name: {
            "kind": table.kind,
            "persistence": table.persistence,
            "parent": table.parent,
            "bound": table.bound,
            "partition key": table.partition_key,
            "row security": (table.row_security, table.row_security_forced),
            "replica identity": table.replica_identity,
            "population": table.is_populated,
            "key": table.key,
        }
        | {f"column {column.name}": _column(_own(column, table)) for column in table.columns}
        for table in catalog.tables
    }


def _own(column: objects.Column, table: objects.Table) -> objects.Column:
    """A partition's column without its identity: that is the parent's, and only from 17 on said of partitions too."""
    return replace(column, identity="") if table.is_partition else column


def _column(column: objects.Column) -> str:
    """As in CREATE TABLE."""
    parts = [column.type, f"COLLATE {column.collation}" if column.collation else ""]
    parts += ["NOT NULL" if column.not_null else ""]
    if column.generated:
        parts.append(f"GENERATED {column.generated} {column.default}")
    elif column.identity:
        parts.append(f"IDENTITY {column.identity}")
    elif column.default:
        parts.append(f"DEFAULT {column.default}")
    return " ".join(filter(None, parts))


def _sequences(catalog: Catalog) -> Described:
    fields = ("type", "start", "increment", "minimum", "maximum", "cycles", "cache", "owned_by", "last_value")
    return {f"{s.schema}.{s.name}": {field: getattr(s, field) for field in fields} for s in catalog.sequences}


def _of(name: Callable[[Any], str], kind: str, *fields: str) -> Callable[[Catalog], Described]:
    def describe(catalog: Catalog) -> Described:
        return {name(each): {field: getattr(each, field) for field in fields} for each in getattr(catalog, kind)}

    return describe


def _others(kind: str) -> Callable[[Catalog], Described]:
    return lambda catalog: {o.name: {"definition": o.definition} for o in catalog.others if o.kind == kind}


def _named(each: Any) -> str:
    return f"{each.schema}.{each.name}"


def _on_table(each: Any) -> str:
    return f"{each.schema}.{each.table}.{each.name}"


def _without_rendered(described: Described) -> Described:
    """Without what a server renders in its own layout."""
    return {name: {f: v for f, v in fields.items() if f != "definition"} for name, fields in described.items()}


RENDERED = ("view", "function", "rule")
WHOLE = ("index", "trigger")  # whose definition is the statement that makes it
KINDS: dict[str, Callable[[Catalog], Described]] = {
    "schema": _of(lambda each: str(each.name), "schemas"),
    "table": _tables,
    "index": _of(_named, "indexes", "definition", "is_valid"),
    "constraint": _of(_on_table, "constraints", "kind", "definition", "is_validated", "is_deferrable"),
    "sequence": _sequences,
    "view": _of(_named, "views", "is_materialized", "columns", "definition"),
    "function": _of(
        lambda each: f"{_named(each)}({each.arguments})",
        "functions",
        "kind",
        "language",
        "properties",
        "source",
        "definition",
    ),  # fmt: skip
    "trigger": _of(_on_table, "triggers", "definition", "enabled"),
    "type": _of(_named, "types", "kind", "definition"),
    "policy": _of(_on_table, "policies", "command", "is_permissive", "visible", "writable"),
    **{kind: _others(kind) for kind in ("statistics", "rule", "cast", "operator", "comment")},
}


def _table_of(privilege: objects.Privilege) -> str:
    table = privilege.name.rpartition(".")[0] if privilege.kind == "column" else privilege.name
    return f"{privilege.schema}.{table}"


def only_tables(catalog: Catalog, names: frozenset[str]) -> Catalog:
    """The catalog with these tables (`schema.table`), and of the rest what belongs to them."""
    short = {tuple(name.split(".", 1)) for name in names}
    return replace(
        catalog,
        tables=tuple(table for table in catalog.tables if table.full_name in names),
        indexes=tuple(each for each in catalog.indexes if (each.schema, each.table) in short),
        constraints=tuple(each for each in catalog.constraints if (each.schema, each.table) in short),
        triggers=tuple(each for each in catalog.triggers if (each.schema, each.table) in short),
        policies=tuple(each for each in catalog.policies if (each.schema, each.table) in short),
        sequences=tuple(s for s in catalog.sequences if s.owned_by and s.owned_by.rpartition(".")[0] in names),
        privileges=tuple(p for p in catalog.privileges if _table_of(p) in names),
        schemas=(),
        views=(),
        functions=(),
        types=(),
        extensions=(),
        others=(),
        event_triggers=(),
        publications=(),
    )
