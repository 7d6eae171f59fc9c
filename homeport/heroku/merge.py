"""Three-way merge of a generated YAML file: what a person edited stays, what only Heroku changed comes in.

`base` is the file as it was generated last, `edited` what stands there now, `generated` what would be written today.
Comments and order of the edited file are kept, and a file in which nothing changes is not touched.
"""

import copy
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.tokens import CommentToken

from homeport.errors import HomeportError

# Items of lists that are mappings are the same item if these keys of theirs are equal.
IDENTITIES = (("app", "item", "source"), ("month",), ("route",))
HELD = ("environments", "services", "databases", "caches")
WIDTH = 4096
ABSENT = object()


@dataclass(frozen=True)
class Difference:
    """`path` is like `services.shop.processes.web.cpu`; `text` says what differs."""

    path: str
    text: str


@dataclass(frozen=True)
class Merged:
    """`applied` came from Heroku; `kept` is what a person had edited, and Heroku says otherwise today.

    `held` would be removed. `base` is what the next merge has to take for generated.
    """

    text: str
    base: str
    applied: tuple[Difference, ...] = ()
    kept: tuple[Difference, ...] = ()
    held: tuple[Difference, ...] = ()


@dataclass
class _Notes:
    applied: list[Difference] = field(default_factory=list)
    kept: list[Difference] = field(default_factory=list)


def merge(
    base: str | None, edited: str | None, generated: str, *, name: str = "homeport.yml", prune: bool = True
) -> Merged:
    """The file to write. Without `base` everything in `edited` is taken as a person's; without `edited` nothing is.

    Without `prune`, services, databases, caches and environments that stand in the file stay there.
    Raises HomeportError with `name` and line if `edited` is not YAML.
    """
    if edited is None or not edited.strip():
        return Merged(generated, generated)
    document, wanted = _load(edited, name), _load(generated, name)
    before = _load(base, f"the last generated {name}") if base else CommentedMap()
    held = () if prune else tuple(_hold(before, document, wanted))
    is_generated = not held and (base == edited or generated == edited)
    notes = _Notes()
    _merge_mapping(_load(edited, name) if is_generated else before, document, wanted, (), notes)
    if is_generated:
        return Merged(generated, generated, tuple(notes.applied))
    text = _dump(document) if notes.applied else edited
    return Merged(text, _dump(wanted) if held else generated, tuple(notes.applied), tuple(notes.kept), held)


def _hold(base: CommentedMap, edited: CommentedMap, generated: CommentedMap) -> Iterator[Difference]:
    """Put what would be removed into the generated document again, with its overrides in each environment."""
    for kind in HELD:
        for name in [*(base.get(kind) or ())]:
            if name not in (edited.get(kind) or ()) or name in (generated.get(kind) or ()):
                continue
            _restore(base, generated, (kind, name))
            for environment in generated.get("environments") or ():
                _restore(base, generated, ("environments", environment, kind, name))
            yield Difference(f"{kind}.{name}", "is not there on Heroku any more; `homeport import --prune` removes it")


def _restore(base: Any, generated: Any, path: tuple[str, ...]) -> None:
    for step in path[:-1]:
        base = base.get(step)
        if not isinstance(base, CommentedMap):
            return
    if path[-1] not in base:
        return
    for step in path[:-1]:
        if not isinstance(generated.get(step), CommentedMap):
            generated[step] = CommentedMap()
        generated = generated[step]
    _put(generated, base, path[-1], None)
    generated[path[-1]] = copy.deepcopy(base[path[-1]])
    if path[-1] in base.ca.items:  # with its comments, which are no person's
        generated.ca.items[path[-1]] = base.ca.items[path[-1]]


def _load(text: str, what: str) -> CommentedMap:
    try:
        document = _yaml().load(text)
    except MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise HomeportError(f"{what}{line}: is not YAML: {error.problem}", "homeport check") from None
    except (YAMLError, ValueError) as error:
        raise HomeportError(f"{what}: is not YAML: {str(error).splitlines()[0]}", "homeport check") from None
    if document is None:
        return CommentedMap()
    if not isinstance(document, CommentedMap):
        raise HomeportError(f"{what}:1: a {type(document).__name__} stands where a mapping is expected")
    return document


def _dump(document: CommentedMap) -> str:
    stream = io.StringIO()
    _yaml().dump(document, stream)
    return stream.getvalue()


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _merge_mapping(base: Any, edited: Any, generated: Any, path: tuple[str, ...], notes: _Notes) -> None:
    """Change `edited` in place."""
    keys = list(dict.fromkeys([*generated, *base]))
    for key in keys:
        values = (base.get(key, ABSENT), edited.get(key, ABSENT), generated.get(key, ABSENT))
        if values[2] is ABSENT and _comments(edited, key) - _comments(base, key):
            text = f"has a comment of yours; Heroku says {_show(ABSENT)}"
            notes.kept.append(Difference(".".join((*path, str(key))), text))
            continue
        merged = _merged(*values, (*path, str(key)), notes)
        if merged is ABSENT:
            edited.pop(key, None)
        elif merged is not values[1]:
            _put(edited, generated, key, merged)


def _comments(mapping: Any, key: Any) -> set[str]:
    """Comments that would go if a key went: beside it, in its value, and before what follows it."""
    if not isinstance(mapping, CommentedMap) or key not in mapping:
        return set()
    return set(_lines([mapping.ca.items.get(key), mapping[key]]))


def _lines(node: Any) -> Iterator[str]:
    """Lines of comments anywhere in a node of ruamel.yaml, or in its lists of tokens."""
    if isinstance(node, CommentToken):
        yield from (line.strip() for line in node.value.splitlines() if line.strip())
        return
    if isinstance(node, CommentedMap | CommentedSeq):
        yield from _lines([node.ca.comment, node.ca.end, *node.ca.items.values()])
    if isinstance(node, Mapping):
        node = list(node.values())
    if isinstance(node, list | tuple):
        for item in node:
            yield from _lines(item)


def _merged(base: Any, edited: Any, generated: Any, path: tuple[str, ...], notes: _Notes) -> Any:
    """The value to have; `edited` itself where it stays."""
    if _equal(edited, generated) or _equal(base, generated):
        return edited
    if isinstance(edited, Mapping) and isinstance(generated, Mapping):
        _merge_mapping(base if isinstance(base, Mapping) else {}, edited, generated, path, notes)
        return edited
    if isinstance(edited, list) and isinstance(generated, list):
        return _merge_list(base if isinstance(base, list) else [], edited, generated, path, notes)
    if _equal(edited, base):
        notes.applied.append(Difference(".".join(path), f"{_show(edited)} → {_show(generated)}"))
        return generated
    notes.kept.append(Difference(".".join(path), f"yours is {_show(edited)}; Heroku says {_show(generated)}"))
    return edited


def _merge_list(base: list[Any], edited: list[Any], generated: list[Any], path: tuple[str, ...], notes: _Notes) -> Any:
    """Item by item, where items can be told from each other; else as a whole."""
    keyed = [_by_identity(items) for items in (base, edited, generated)]
    if any(items is None for items in keyed):
        if _equal(edited, base):
            notes.applied.append(Difference(".".join(path), f"{_show(edited)} → {_show(generated)}"))
            return generated
        notes.kept.append(Difference(".".join(path), f"yours is {_show(edited)}; Heroku says {_show(generated)}"))
        return edited
    before, mine, theirs = (items or {} for items in keyed)
    result = [item for _, item in _merge_items(before, mine, theirs, path, notes) if item is not ABSENT]
    if len(result) != len(edited) or any(new is not old for new, old in zip(result, edited, strict=True)):
        _replace_items(edited, result)
    return edited


def _merge_items(
    base: Mapping[Any, Any],
    edited: Mapping[Any, Any],
    generated: Mapping[Any, Any],
    path: tuple[str, ...],
    notes: _Notes,
) -> Iterator[tuple[Any, Any]]:
    for key in dict.fromkeys([*edited, *generated, *base]):
        values = (base.get(key, ABSENT), edited.get(key, ABSENT), generated.get(key, ABSENT))
        yield key, _merged(*values, (*path, _label(key)), notes)


def _by_identity(items: list[Any]) -> dict[Any, Any] | None:
    """Items by what makes them the same; None if two could not be told apart."""
    found: dict[Any, Any] = {}
    for item in items:
        key = _identity(item)
        if key is None or key in found:
            return None
        found[key] = item
    return found


def _identity(item: Any) -> Any:
    if isinstance(item, Mapping):
        for keys in IDENTITIES:
            if keys[-1] in item or (len(keys) > 1 and keys[1] in item):
                return tuple(str(item.get(key, "")) for key in keys)
        return None
    return None if isinstance(item, list) else (str(item),)


def _replace_items(edited: list[Any], result: list[Any]) -> None:
    """Put items into a list of the file without losing the comments of those that stay."""
    for index in range(len(edited) - 1, -1, -1):
        if not any(edited[index] is item for item in result):
            del edited[index]
    for index, item in enumerate(result):
        if index >= len(edited) or edited[index] is not item:
            edited.insert(index, item)


def _put(edited: Any, generated: Any, key: Any, value: Any) -> None:
    """Set a key; a new one comes after the one that is before it in the generated file."""
    if key in edited or not isinstance(edited, CommentedMap):
        edited[key] = value
        return
    order = list(generated)
    before = [name for name in order[: order.index(key)] if name in edited]
    position = list(edited).index(before[-1]) + 1 if before else 0
    edited.insert(position, key, _without_trailing_comment(value))


def _without_trailing_comment(value: Any) -> Any:
    """A copy without comments: those at its end belong to what follows it in the generated file."""
    if isinstance(value, Mapping):
        copy = CommentedMap((key, _without_trailing_comment(item)) for key, item in value.items())
        if isinstance(value, CommentedMap) and value.fa.flow_style():
            copy.fa.set_flow_style()
        return copy
    if isinstance(value, list):
        items = CommentedSeq(_without_trailing_comment(item) for item in value)
        if isinstance(value, CommentedSeq) and value.fa.flow_style():
            items.fa.set_flow_style()
        return items
    return value


def _equal(one: Any, other: Any) -> bool:
    """Equal as YAML means it; `16` and `"16"` are not told apart, as in homeport.yml."""
    if one is ABSENT or other is ABSENT:
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_equal(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, Mapping | list) or isinstance(other, Mapping | list):
        return False
    return bool(one == other) or str(one) == str(other)


def _label(key: Any) -> str:
    return " ".join(part for part in key if part)


def _show(value: Any) -> str:
    if value is ABSENT:
        return "nothing"
    text = "nothing" if value is None else str(_plain(value))
    return text if len(text) <= 60 else f"{text[:59]}…"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
