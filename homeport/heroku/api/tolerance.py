"""A body as it came → typed items, and a Doubt for each field that is not what Heroku's schema states.

A wrong field counts as absent; an item without what names it is left out. Nothing of a value is in a Doubt.
"""

from typing import Any, TypeVar

from pydantic import ValidationError

from homeport.heroku.api.wire import EXPECTED, ConfigVars, Wire
from homeport.heroku.records import Doubt

W = TypeVar("W", bound=Wire)


def read_items(kind: type[W], body: object, place: str) -> tuple[tuple[W, ...], tuple[Doubt, ...]]:
    """The items of a list, or the one of an object."""
    items: list[W] = []
    doubts: list[Doubt] = []
    if kind is ConfigVars:
        body = {"vars": body}
    for index, one in enumerate(body if isinstance(body, list) else [body]):
        where = f"{place}[{_name(one) or index}]" if isinstance(body, list) else place
        item, found = read_item(kind, one, where)
        items += [item] if item is not None else []
        doubts += found
    return tuple(items), tuple(doubts)


def read_item(kind: type[W], value: object, place: str) -> tuple[W | None, list[Doubt]]:
    """The item without its wrong fields; None if nothing can be made of it."""
    if not isinstance(value, dict):
        return None, [Doubt(place, f"{_kind_of(value)} stands where an object is expected; it is left out")]
    try:
        return kind.model_validate(value), []
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False, include_context=False)
    paths = {_path(one, value): one["type"] for one in wrong}
    doubts = [Doubt(place, _describe(path, kind_of_error, value)) for path, kind_of_error in paths.items()]
    for depth in (None, 1):  # first without the wrong values, then without the fields that hold them
        rest: Any = value
        for path in paths:
            rest = _without(rest, path[:depth])
        try:
            return kind.model_validate(rest), doubts
        except ValidationError:
            continue
    return None, [*doubts, Doubt(place, "it is left out: what names it is missing")]


def _path(error: Any, value: Any) -> tuple[int | str, ...]:
    """The part of pydantic's location that is in the value: it may go on with names of types."""
    path: list[int | str] = []
    for step in error["loc"]:
        keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
        if step not in keys:
            return (*path, step) if error["type"] == "missing" else tuple(path)
        value = value[step]
        path.append(step)
    return tuple(path)


def _without(value: Any, path: tuple[int | str, ...]) -> Any:
    """A copy with null at the path."""
    if not path:
        return None
    step, rest = path[0], path[1:]
    if isinstance(value, dict) and step in value:
        return {**value, step: _without(value[step], rest)}
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return [_without(one, rest) if index == step else one for index, one in enumerate(value)]
    return value


def _describe(path: tuple[int | str, ...], kind: str, value: Any) -> str:
    where = ".".join(str(step) for step in path)
    if kind == "missing":
        return f"{where}: is missing"
    for step in path:
        value = value[step]
    return f"{where}: {_kind_of(value)} stands where {EXPECTED.get(kind, 'something else')} is expected"


def _kind_of(value: object) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "null")


def _name(value: object) -> str:
    """What names an item, if it is a plain name."""
    keys = ("name", "key", "hostname", "type", "id")
    found = next((value[key] for key in keys if value.get(key)), "") if isinstance(value, dict) else ""
    return found if isinstance(found, str) and len(found) <= 80 and found.isprintable() else ""
