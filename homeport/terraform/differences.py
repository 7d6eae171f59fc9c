"""A plan in full: what would change in each resource, attribute by attribute.

Read from `terraform show -json`; sensitive values are never shown.
https://developer.hashicorp.com/terraform/internals/json-format#change-representation
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

OUTPUT = "output"
# Destroying one of these destroys what somebody put there.
HOLDS_DATA = ("aws_db_instance", "aws_s3_bucket", "aws_cognito_user_pool")
UNKNOWN, SENSITIVE = "(known after apply)", "(sensitive)"
_ACTIONS = {
    ("create",): "create",
    ("update",): "update",
    ("delete",): "destroy",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("read",): "read",
}


@dataclass(frozen=True)
class Attribute:
    """One attribute of an update or a replacement; `forces` a replacement or not."""

    name: str
    before: str
    after: str
    forces: bool


@dataclass(frozen=True)
class Difference:
    """What a plan would do to one resource, or to one output of the root (its type is `output`)."""

    address: str
    type: str
    action: str  # create, update, replace or destroy
    attributes: tuple[Attribute, ...] = ()

    @property
    def module(self) -> str:
        """Name of the root's module call that the resource belongs to; empty for one of the root's own."""
        parts = self.address.split(".")
        return parts[1] if parts[0] == "module" else ""

    @property
    def is_output(self) -> bool:
        return self.type == OUTPUT

    @property
    def destroys_data(self) -> bool:
        return self.action in ("destroy", "replace") and self.type in HOLDS_DATA


def read_differences(shown: Mapping[str, Any]) -> list[Difference]:
    """Differences of a plan, from the document of `terraform show -json`; reads are left out, outputs come last."""
    found = []
    for resource in shown.get("resource_changes", ()):
        change = resource["change"]
        action = _ACTIONS.get(tuple(change["actions"]), "")
        if action in ("", "read") or resource.get("mode") != "managed":
            continue
        attributes = tuple(_attributes(change)) if action in ("update", "replace") else ()
        found.append(Difference(resource["address"], resource["type"], action, attributes))
    return [*found, *_outputs(shown.get("output_changes", {}))]


def summarise(differences: list[Difference]) -> str:
    """`3 to create, 1 to update, 2 outputs to change`; `no changes`."""
    counts = {action: 0 for action in ("create", "update", "replace", "destroy")}
    outputs = 0
    for difference in differences:
        if difference.is_output:
            outputs += 1
        else:
            counts[difference.action] += 1
    parts = [f"{count} to {action}" for action, count in counts.items() if count]
    if outputs:
        parts.append(f"{outputs} output{'s' if outputs > 1 else ''} to change")
    return ", ".join(parts) or "no changes"


def _outputs(changes: Mapping[str, Any]) -> Iterator[Difference]:
    for name, change in changes.items():
        if action := _ACTIONS.get(tuple(change["actions"])):
            secret = _has_true(change.get("before_sensitive")) or _has_true(change.get("after_sensitive"))
            values = (change.get("before"), change.get("after"), change.get("after_unknown"))
            parts = tuple(_parts((), *values, secret=secret)) if action == "update" else ()
            yield Difference(f"{OUTPUT}.{name}", OUTPUT, action, parts)


def _parts(path: tuple[str, ...], before: Any, after: Any, unknown: Any, *, secret: bool) -> Iterator[Attribute]:
    """What changes within an output, as deep as it is a map: one output tells of many things."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        deeper = unknown if isinstance(unknown, Mapping) else {}
        for key in sorted({*before, *after, *deeper}):
            values = (before.get(key), after.get(key), deeper.get(key))
            yield from _parts((*path, key), *values, secret=secret)
    elif _has_true(unknown) or before != after:
        new = UNKNOWN if _has_true(unknown) else _show(after, secret)
        yield Attribute(".".join(path) or "value", _show(before, secret), new, forces=False)


def _attributes(change: Mapping[str, Any]) -> Iterator[Attribute]:
    before, after = change.get("before") or {}, change.get("after") or {}
    unknown = change.get("after_unknown") or {}
    forcing = {path[0] for path in change.get("replace_paths", ()) if path}
    for name in sorted({*before, *after, *(key for key, value in unknown.items() if value is True)}):
        if unknown.get(name) is True:
            new = UNKNOWN
        elif before.get(name) == after.get(name):
            continue
        else:
            new = _show(after.get(name), _is_sensitive(change, "after_sensitive", name))
        yield Attribute(
            name, _show(before.get(name), _is_sensitive(change, "before_sensitive", name)), new, name in forcing
        )


def _is_sensitive(change: Mapping[str, Any], side: str, name: str) -> bool:
    marked = change.get(side)
    return marked is True or (isinstance(marked, Mapping) and _has_true(marked.get(name)))


def _has_true(marked: Any) -> bool:
    """Whether any part of a value is marked: then none of it is shown."""
    if isinstance(marked, Mapping):
        return any(_has_true(item) for item in marked.values())
    if isinstance(marked, list):
        return any(_has_true(item) for item in marked)
    return marked is True


def _show(value: Any, sensitive: bool) -> str:
    text = SENSITIVE if sensitive else ("none" if value is None else str(value).replace("\n", " "))
    return text if len(text) <= 70 else f"{text[:50]} … {text[-16:]}"
